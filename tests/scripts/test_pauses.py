"""A pause 、 of a ci stands within its line, whoever counts the lines; in other verse it is a comma."""

import json

import pytest
from conftest import run

from check import check as check_script
from poetry import Composer, check
from poetry.base.folders import BUNDLED
from poetry.composing.card import report_card
from poetry.learning import checkpoint
from poetry.text.nearest import make_index
from poetry.verse.form import verse_lines
from poetry.web.checked import checked, read

RIVER = (
    "对潇潇、暮雨洒江天，一番洗清秋。渐霜风凄紧，关河冷落，残照当楼。是处红衰翠减，苒苒物华休。惟有长江水，"
    "无语东流。不忍登高临远，望故乡渺邈，归思难收。叹年来踪迹，何事苦淹留。想佳人、妆楼颙望，误几回、天际识归舟。"
    "争知我、倚阑干处，正恁凝愁。"
)
TUNE = "八声甘州"
FIRST = "对潇潇、暮雨洒江天"
LINES = [line.replace("、", "") for line in verse_lines(RIVER)]
DAWN = "春眠不觉晓、处处闻啼鸟。夜来风雨声、花落知多少。"


@pytest.fixture(scope="module")
def composer():
    return Composer(checkpoint.load_model(checkpoint.newest_model([BUNDLED])))


@pytest.mark.parametrize("form", [TUNE, None])
def test_a_report_counts_the_lines_as_the_poem_has_them(form):
    report = check(RIVER, form)
    assert report.tune.name == TUNE and [line.text for line in report.lines] == LINES
    (fault,) = check(RIVER.replace("暮雨", "暮山"), TUNE).faults
    assert (fault.name, fault.line, fault.position) == ("失律", 1, 5)
    card = report_card(report, RIVER)
    assert [line["text"] + line["mark"] for line in card["lines"]] == RIVER.replace("，", "，\n").replace(
        "。", "。\n"
    ).split()
    assert [each["character"] for each in card["lines"][0]["characters"] if each["pause"]] == ["潇"]


def test_in_other_verse_and_in_a_text_without_commas_it_is_one():
    assert [line.text for line in check(RIVER.replace("、", "").replace("，", "、"), TUNE).lines] == LINES
    assert [line.text for line in check(DAWN, "五绝").lines] == verse_lines(DAWN.replace("、", "，"))
    assert json.loads(run(check_script, "--json", DAWN).stdout)["form"] == "wujue"
    card = checked(*read(DAWN, None))
    assert [line["text"] + line["mark"] for line in card["lines"][:2]] == ["春眠不觉晓，", "处处闻啼鸟。"]


def test_the_lines_that_stay_are_those_of_the_poem(composer):
    kept = composer.compose(1, form=TUNE, revise=RIVER, keep="1 3", candidates=2)
    assert kept.lines[0] == FIRST and kept.lines[2] == "渐霜风凄紧"
    assert kept.lines[1] != "一番洗清秋" and kept.lines[3] != "关河冷落"
    poem = composer.compose(1, revise=DAWN, keep="2", form="free", candidates=1)
    assert poem.lines[1] == "处处闻啼鸟" and len(poem.lines) == 4


def test_a_place_is_counted_without_pauses(composer):
    found = composer.why(RIVER, 1, 4, form=TUNE)
    assert found.character == "暮"
    assert composer.why(RIVER, 2, 1, form=TUNE).character == "一"


def test_surprise_is_that_of_the_text_with_its_pauses(composer):
    nats = composer.surprise(RIVER, form=TUNE)
    assert list(map(len, nats)) == list(map(len, LINES))
    other = composer.surprise(RIVER.replace("、", "，"), form=TUNE)
    assert nats[0][3] != pytest.approx(other[1][0], abs=1e-3)
    assert composer.surprise(DAWN) == composer.surprise(DAWN.replace("、", "，"))


def test_a_line_with_a_pause_is_known_and_has_near_ones(composer, tmp_path):
    assert composer.knows(FIRST) and composer.knows(FIRST + "，")
    assert not composer.knows("春潇潇、暮雨洒江天")
    poem = {"title": "八聲甘州", "author": "柳永", "paragraphs": ["对潇潇暮雨洒江天，一番洗清秋。"]}
    (tmp_path / "poet.tang.0.json").write_text(json.dumps([poem]), encoding="utf-8")
    (near,) = make_index(tmp_path / "index.npz", tmp_path).nearest(FIRST)
    assert near.distance == 0


def test_heads_are_of_lines_and_not_of_what_follows_a_pause(composer):
    heads = "对一渐关残是苒惟无不望归叹何想误争正"
    poem = composer.compose(1, form=TUNE, start=FIRST + "，", acrostic=heads, candidates=1)
    assert poem.lines[0] == FIRST and "".join(line[0] for line in poem.lines) == heads

"""A pause 、 of a ci stands within its line, whoever counts the lines; in other verse it is a comma."""

import json

import pytest
from conftest import run

from check import check as check_script
from poetry import Composer, check
from poetry.base.errors import PoetryError
from poetry.base.folders import BUNDLED
from poetry.composing.card import report_card
from poetry.composing.verses import verses_of, whole_poems
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


def test_a_comma_is_meant_where_a_line_ends():
    assert [line.text for line in check(RIVER.replace("、", "").replace("，", "、"), TUNE).lines] == LINES
    assert [line.text for line in check(RIVER.replace("，", "、"), TUNE).lines] == LINES
    assert [
        line.text for line in check(RIVER.replace("，", "，、").replace("。", "、。、、"), TUNE).lines
    ] == LINES
    assert [line.text for line in check(DAWN, "五绝").lines] == verse_lines(DAWN.replace("、", "，"))
    assert json.loads(run(check_script, "--json", DAWN).stdout)["form"] == "wujue"
    lines = DAWN[:11], DAWN[12:-1]
    card = checked(*read("\n".join(lines), None))
    assert [line["text"] + line["mark"] for line in card["lines"][:2]] == ["春眠不觉晓，", "处处闻啼鸟。"]


def test_a_comma_is_meant_where_a_character_is_missing_or_too_many():
    plain = RIVER.replace("、", "")
    for old, new, size, wanted in (
        ("洒江天", "洒江", 7, 8),
        ("洒江天", "洒江天了", 9, 8),
        ("清秋", "清", 4, 5),
    ):
        changed = plain.replace(old, new)
        reports = [check(text, TUNE) for text in (changed, changed.replace("，", "、"))]
        assert [line.text for line in reports[1].lines] == [line.text for line in reports[0].lines]
        for report in reports:
            assert [fault.detail for fault in report.faults] == [f"{size} characters, {wanted} wanted"]
    assert len(check(RIVER.replace("渐霜", "霜"), TUNE).lines) == len(LINES)  # a pause elsewhere stays one


def test_all_read_the_comma_that_is_meant(composer):
    meant = RIVER.replace("，", "、")
    assert composer.surprise(meant, form=TUNE) == composer.surprise(RIVER, form=TUNE)
    shown = checked(*read(meant + "、", TUNE))["lines"]
    assert "".join(line["text"] + line["mark"] for line in shown) == RIVER
    assert checked(*read(meant, TUNE))["lines"] == checked(*read(RIVER, TUNE))["lines"]


def test_line_ends_and_stanzas_are_counted_with_every_comma():
    odes = "关关雎鸠、在河之洲\n窈窕淑女、君子好逑\n参差荇菜、左右流之\n窈窕淑女、寤寐求之"
    marks = [line["mark"] for line in checked(*read(odes, None))["lines"]]
    assert "".join(marks[:6]) == "，。，。，。"
    first, second = WIDOW.split("雕栏")
    (poem,) = whole_poems(verses_of(f"{first[:-1]}、\n\n雕栏{second}", "x"), None)
    assert check(poem.text).faults == [] and len(check(poem.text).lines) == 8


def test_a_first_line_of_verse_with_a_pause_is_no_title():
    text = "长相思、在长安\n络纬秋啼金井阑，微霜凄凄簟色寒。"
    assert "".join(line.text for line in check(text).lines).startswith("长相思在长安")


def test_a_ci_without_marks_is_read_with_those_of_its_tune(composer):
    bare = WIDOW.replace("、", "").replace("。", "")
    for form in ("free", "虞美人"):
        assert composer.surprise(bare, form=form) == composer.surprise(WIDOW, form=form)
    assert composer.why(bare, 5, 1) == composer.why(WIDOW, 5, 1)
    short = bare.replace("春水向", "水向")
    sizes = [len(line.text) for line in check(short, "虞美人").lines]
    assert list(map(len, composer.surprise(short, form="虞美人"))) == sizes == [7, 5, 7, 9, 7, 5, 7, 8]
    shown = checked(*read(bare, None))["lines"]
    assert "".join(line["text"] + line["mark"] for line in shown) == WIDOW
    kept = composer.compose(1, form="虞美人", revise=bare, keep="1 2", candidates=1)
    assert kept.text.replace("\n", "").startswith("春花秋月何时了。往事知多少。")
    for open_end in ("？？？", "？？？？", "？？？。"):
        filled = composer.compose(1, form="虞美人", revise=bare[:-3] + open_end, candidates=1)
        assert filled.text.replace("\n", "")[:-4] == WIDOW[:-4]
    assert list(map(len, composer.surprise("春眠不觉晓处处闻啼鸟夜来风雨声花落知多少"))) == [5] * 4


def test_surprise_needs_no_whole_ci(composer):
    assert list(map(len, composer.surprise("对潇潇、暮雨洒江天，一番洗清秋。", form=TUNE))) == [8, 5]
    assert list(map(len, composer.surprise("春眠不觉晓、处处闻啼鸟\n夜来风雨声、花落知多少"))) == [5] * 4


def test_a_misplaced_pause_is_told(composer):
    (fault,) = check(RIVER.replace("清秋", "清、秋"), TUNE).faults
    assert (fault.name, fault.line, fault.position) == ("断句", 2, 4) and "has a pause" in fault.detail
    with pytest.raises(PoetryError, match=r"where 八声甘州 has no pause \(line 2, after character 4\)"):
        composer.compose(1, form=TUNE, start="对潇潇、暮雨洒江天，一番洗清、秋。")


WIDOW = (  # every line ends with a rhyme, so that it has no comma
    "春花秋月何时了。往事知多少。小楼昨夜又东风。故国不堪回首、月明中。"
    "雕栏玉砌应犹在。只是朱颜改。问君能有几多愁。恰似一江春水、向东流。"
)


def test_a_ci_of_rhymes_alone_keeps_its_pauses(composer):
    assert len(check(WIDOW, "虞美人").lines) == 8
    assert composer.why(WIDOW, 5, 1, form="虞美人").character == "雕"
    kept = composer.compose(1, form="虞美人", revise=WIDOW, keep="4 8", candidates=1)
    assert (kept.lines[3], kept.lines[7], len(kept.lines)) == (
        "故国不堪回首、月明中",
        "恰似一江春水、向东流",
        8,
    )
    assert list(map(len, composer.surprise(WIDOW, form="虞美人"))) == [7, 5, 7, 9] * 2
    poem = composer.compose(3, form="虞美人", candidates=1)
    assert len(poem.lines) == len(poem.report.lines) == 8


def test_the_lines_that_stay_are_those_of_the_poem(composer):
    kept = composer.compose(1, form=TUNE, revise=RIVER, keep="1 3", candidates=2)
    assert kept.lines[0] == FIRST and kept.lines[2] == "渐霜风凄紧"
    assert kept.lines[1] != "一番洗清秋" and kept.lines[3] != "关河冷落"
    end = composer.compose(1, form=TUNE, revise=RIVER, keep="17 18", candidates=1)
    assert end.lines[16:] == ["争知我、倚阑干处", "正恁凝愁"]
    wrong = composer.compose(1, form=TUNE, revise=RIVER.replace("正恁", "正明"), keep="18", candidates=1)
    assert "失律 in line 18, character 2" in wrong.notes[0]
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
    with pytest.raises(PoetryError, match="is not one line"):
        make_index(tmp_path / "index.npz", tmp_path).nearest("春眠不觉晓、处处闻啼鸟")


def test_heads_are_of_lines_and_not_of_what_follows_a_pause(composer):
    heads = "对一渐关残是苒惟无不望归叹何想误争正"
    poem = composer.compose(1, form=TUNE, start=FIRST + "，", acrostic=heads, candidates=1)
    assert poem.lines[0] == FIRST and "".join(line[0] for line in poem.lines) == heads

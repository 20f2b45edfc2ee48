"""Checking what people type."""

import pytest

from poetry.base.errors import PoetryError
from poetry.composing.card import report_card
from poetry.composing.checking import check, read
from poetry.verse.couplet import COUPLET
from poetry.verse.form import FREE, find_form
from poetry.verse.tunes import find_tune

SOUND = "塞雪迷征馬，孤旗出漢關。將軍看劍老，猶自夢燕山。"  # of tests/data
CI = "一春幽事无人问，独自凭阑看。"


def test_forms_by_name_by_title_and_by_shape():
    assert check(SOUND).form is check(SOUND, "五绝").form is check(f"五言绝句\n{SOUND}").form
    assert check(SOUND, "free").form is FREE
    assert read(f"浣溪沙・春\n{CI}") == read(f"浣溪沙·春\n{CI}") == (CI, find_tune("浣溪沙"))
    assert read(f"浣溪沙\n{CI}", "七绝") == (CI, find_form("qijue"))


@pytest.mark.parametrize("name", ["couplet", "对联", COUPLET])
def test_couplets(name):
    report = check("春风又绿江南岸，夜雨还红渭北楼。", name)
    assert report.form is COUPLET and not report.faults


@pytest.mark.parametrize(
    ("text", "form", "says"),
    [
        ("", None, "text is empty"),
        ("，。", None, "text is empty"),
        ("春a", None, "text: a .* at position 2 is not a Chinese character"),
        ("春", "haiku", "'haiku' is no form or tune"),
        ("春江", "浣溪沙", "a text of 2 characters is no 浣溪沙"),
    ],
)
def test_what_cannot_be_checked(text, form, says):
    with pytest.raises(PoetryError, match=says):
        check(text, form)


def test_the_card_of_a_regulated_poem():
    broken = SOUND.replace("猶自夢", "猶自明")
    text = broken.replace("。", "。\n")
    card = report_card(check(broken), text, {0, 2})
    assert (card["form"], card["form_name"], card["rhyme"], card["stanzas"]) == ("wujue", "五绝", "删", [4])
    assert [line["text"] + line["mark"] for line in card["lines"]] == text.replace("，", "，\n").split()
    assert card["faults"] == [
        {"name": "三平尾", "line": 4, "position": 3, "detail": "明 is level 平, oblique 仄 wanted"}
    ]
    first, last = card["lines"][0]["characters"], card["lines"][3]["characters"]
    assert [character["given"] for character in first] == [True, False, True, False, False]
    assert "".join(character["tones"] for character in first) == "ZZP*Z"
    assert "".join(character["wanted"] for character in first) == ".Z.PZ"
    assert [character["rhymes"] for character in last] == [False] * 4 + [True]
    assert last[4] == {
        "character": "山", "pause": False, "tones": "P", "wanted": "P", "rhymes": True, "group": "删",
        "given": False, "surprise": None,
    }  # fmt: skip


def test_faults_of_all_of_a_poem_have_no_place():
    (fault,) = report_card(check(SOUND, "七绝"), SOUND)["faults"]
    assert (fault["name"], fault["line"], fault["position"]) == ("体裁", None, None)


def test_the_rhymes_of_free_verse_are_those_that_are_heard():
    text = "塞雪迷征馬，孤旗出漢月。將軍看劍雪，猶自夢燕雪。塞雪迷征馬，孤旗出漢缺。"  # 雪 and 缺 are of 屑
    lines = report_card(check(text, "free"), text)["lines"]
    assert [ix for ix, line in enumerate(lines, 1) if line["characters"][-1]["rhymes"]] == [4, 6]


def test_the_card_of_a_ci():
    upper, lower = (
        "一曲新词酒一杯，去年天气旧亭台。夕阳西下几时回。",
        "无可奈何花落去，似曾相识燕归来。小园香径独徘徊。",
    )
    card = report_card(check(upper + lower), f"{upper}\n\n{lower}")  # by 晏殊
    assert (card["form"], card["form_name"], card["rhyme"]) == ("浣溪沙", "浣溪沙", None)
    assert card["stanzas"] == [3, 3] and card["faults"] == []
    rhyming = [line["characters"][-1]["rhymes"] for line in card["lines"]]
    assert rhyming == [True, True, True, False, True, True]
    assert "".join(line["text"] + line["mark"] for line in card["lines"]) == upper + lower

"""How much a text has of its theme words."""

import pytest

from poetry.composing.associates import bearing

CHONGYANG = "满城风雨近黄昏，独把茱萸对菊樽。"
NOTHING = "东风吹水绿差差，行客归来日正迟。"


@pytest.mark.parametrize("word", ["重阳", "重陽"])
def test_a_poem_about_a_word_has_its_associates(word):
    assert bearing(CHONGYANG, [word]) == 1 > 0.3 > bearing(NOTHING, [word])
    assert bearing("滿城風雨近黃昏，獨把茱萸對菊樽。", [word]) == bearing(CHONGYANG, [word])


def test_the_word_itself_counts_and_every_word_of_a_theme():
    assert bearing("无鸥鹭。", ["鸥鹭"]) == 1 > bearing("无。", ["鸥鹭"]) == 0
    assert bearing(CHONGYANG, ["重阳", "罕用词"]) == pytest.approx(bearing(CHONGYANG, ["重阳"]) / 2)
    assert bearing("有罕用词。", ["罕用词"]) == 1
    assert bearing(CHONGYANG, []) == 0


@pytest.mark.parametrize(("word", "part"), [("王昭君", "昭君"), ("元宵夜饮", "元宵")])
def test_a_word_without_associates_has_those_of_its_parts(word, part):
    text = "一曲琵琶出汉宫，灯火满长街。"
    assert bearing(text, [word]) >= bearing(text, [part]) > 0

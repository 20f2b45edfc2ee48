"""The table of words of seasons and hours."""

import pytest
from test_tools import tool


@pytest.fixture
def season():
    make_scene = tool("make_scene")
    return lambda poems: make_scene.log_odds(poems, make_scene.SIDES["season"])


def test_words_have_the_odds_of_poems_that_name_one_side(season):
    of_one = ["春桃一。"] * 70 + ["秋砧一。"] * 60 + ["秋桃红。"] * 10
    odds = season([*of_one, *["春秋桃砧。"] * 500, *["春" + "砧" * 70] * 500])  # of both, and too long
    assert odds["桃"] > 1 and odds["砧"] < -2 and "一" not in odds
    assert (odds["春"], odds["秋"], odds["千秋"]) == (2, -2, 0)


def test_a_pair_is_listed_where_it_says_more_than_its_characters(season):
    of_pairs = ["春梨花。"] * 90 + ["秋花。"] * 90 + ["秋梨。"] * 10 + ["秋桃花。"] * 5 + ["春桃花。"] * 70
    odds = season([*of_pairs, *["春桃。"] * 40])
    assert odds["梨花"] > odds["梨"] and "桃花" not in odds and odds["桃"] > 1


def test_poems_are_sorted_by_the_side_that_they_name():
    hour = tool("make_scene").SIDES["hour"]
    texts = ("残阳如血。", "夜来风雨。", "岁月无多，夕阳。", "三月三日。", "夕阳西下，月上。", "山水。")
    assert list(map(hour.side, texts)) == [0, 1, 0, None, None, None]

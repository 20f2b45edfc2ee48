"""The table of words of spring and autumn."""

from test_tools import tool


def test_words_have_the_odds_of_poems_that_name_one_season():
    poems = (
        ["春桃一。"] * 70
        + ["秋砧一。"] * 60
        + ["秋桃红。"] * 10
        + ["春秋桃砧。"] * 500
        + ["春" + "砧" * 70] * 500
    )
    odds = tool("make_seasons").log_odds(poems)
    assert odds["桃"] > 0.7 and odds["砧"] < -2 and "一" not in odds
    assert (odds["春"], odds["秋"], odds["千秋"]) == (2, -2, 0)


def test_a_pair_is_listed_where_it_says_more_than_its_characters():
    poems = (
        ["春梨花。"] * 90
        + ["秋花。"] * 90
        + ["秋梨。"] * 10
        + ["秋桃花。"] * 5
        + ["春桃花。"] * 70
        + ["春桃。"] * 40
    )
    odds = tool("make_seasons").log_odds(poems)
    assert odds["梨花"] > odds["梨"] and "桃花" not in odds and odds["桃"] > 0.7

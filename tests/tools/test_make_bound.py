"""The table of bound characters."""

from test_tools import tool


def test_a_character_is_bound_where_few_words_hold_nearly_all_its_places(monkeypatch):
    make_bound = tool("make_bound")
    monkeypatch.setattr(make_bound, "MIN_PLACES", 20)
    lines = ["芙蓉"] * 10 + ["芙蕖"] * 4 + ["花芙"] + ["采蓉"] * 5
    lines += ["看芙蓉"] * 5
    lines += [f"春{other}" for other in "风花雪月山水云" for _ in range(4)]  # 春 has too many words
    assert make_bound.bound(lines) == {"芙": ["芙蓉", "芙蕖"], "蓉": ["芙蓉", "采蓉"]}

"""The table of bound characters."""

from test_tools import tool


def test_a_character_is_bound_where_few_words_hold_nearly_all_its_places(monkeypatch):
    make_bound = tool("make_bound")
    monkeypatch.setattr(make_bound, "MIN_PLACES", 20)
    lines = ["芙蓉"] * 10 + ["芙蕖"] * 4 + ["花芙"] + ["采蓉"] * 5
    lines += ["看芙蓉"] * 5
    lines += [f"春{other}" for other in "风花雪月山水云" for _ in range(4)]  # 春 has too many words
    assert make_bound.bound(lines) == {"芙": ["芙蓉", "芙蕖"], "蓉": ["芙蓉", "采蓉"]}


def test_a_doubling_holds_two_places_and_what_is_beside_it_is_no_word():
    make_bound = tool("make_bound")
    assert make_bound.bound([f"{one}皑皑" for one in "山水风花" * 6]) == {"皑": ["皑皑"]}


def test_a_misprint_is_no_word(monkeypatch):
    make_bound = tool("make_bound")
    lines = ["芙蓉"] * 400 + ["芙容"] * 4 + ["芙渠"] * 4
    assert make_bound.bound(lines)["芙"] == ["芙蓉", "芙渠"]  # 容 rhymes with 蓉, 渠 does not

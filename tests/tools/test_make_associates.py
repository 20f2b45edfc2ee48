"""The table of associates."""

from test_tools import tool


def test_associates_are_what_the_poems_of_a_word_have_more_often(monkeypatch):
    make_associates = tool("make_associates")
    monkeypatch.setattr(make_associates, "TITLES", {1: 20, 2: 10})
    monkeypatch.setattr(make_associates, "POEMS", 12)
    poems = (
        [("九月重阳", "菊花开重阳，山水。")] * 12
        + [("山行", "山水春风。")] * 12
        + [("重阳", "阳菊，风雨。")] * 8
    )
    assert make_associates.chosen(poems) == ["重", "重阳", "阳"]
    found = make_associates.associates(poems, ["山", "重阳"])
    assert found["重阳"][0] == "菊" and not set("山重春") & set(found["重阳"])  # 重 stands in the word alone
    assert found["山"][0] == "春"

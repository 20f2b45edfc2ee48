"""The table of characters that verse doubles."""

from test_tools import tool


def test_characters_that_some_poems_double_within_a_line(monkeypatch):
    make_doublings = tool("make_doublings")
    monkeypatch.setattr(make_doublings, "MIN_POEMS", 2)
    poems = ["萧萧风，年年花。", "年年岁岁，鲈鲈鲈鲈。", "萧萧雨，岁月。", "年年月，月。"]
    assert make_doublings.doubled(poems) == "年萧"

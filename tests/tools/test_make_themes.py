"""Words that poems may be about, and their companions."""

import numpy as np
import pytest
from test_tools import tool


@pytest.fixture(scope="module")
def make_themes():
    return tool("make_themes")


def test_theme_words_are_words_of_two_characters(make_themes):
    words = make_themes.theme_words()
    assert "孤舟" in words and {len(word) for word in words} == {2}


def test_pairs_are_counted_by_poems(make_themes, monkeypatch):
    monkeypatch.setattr(make_themes, "POEMS", range(2, 4))
    poems = [{"孤舟", "江湖", "不知"}, {"孤舟", "江湖"}, {"孤舟"}, *[{"明月"}] * 4, {"落花"}]
    words, shared = make_themes.counted(poems, {"孤舟", "江湖", "明月", "落花"})
    assert words == ["孤舟", "江湖"]  # 明月 is in too many, 落花 in too few, 不知 is no theme
    np.testing.assert_array_equal(shared, [[3, 2], [2, 2]])


def test_companions_share_more_poems_than_chance_gives_and_no_character(make_themes):
    words = [
        f"{first}{second}"
        for first, second in zip("春夏秋冬风花雪月山水", "甲乙丙丁戊己庚辛壬癸", strict=True)
    ]
    words.append("春日")
    shared = np.full((len(words), len(words)), 10.0)
    np.fill_diagonal(shared, 100.0)
    shared[0, 1:3] = shared[1:3, 0] = 40, 60
    shared[0, -1] = shared[-1, 0] = 90  # of one character with it
    shared[3, 3] = 1000  # and so chance gives more of it
    found = make_themes.companions(words, shared, 1000)
    assert found["春甲"][:2] == ["秋丙", "夏乙"] and found["春甲"][-1] != "冬丁"
    assert "春日" not in found["春甲"] and "冬丁" not in found["春甲"]
    assert all(len(others) == make_themes.COMPANIONS for others in found.values())

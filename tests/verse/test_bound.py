"""Characters that stand in words of two alone."""

import pytest

from poetry.verse.bound import broken_words


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["芙蓉秋水鸳鸯浦", "惆怅琵琶蝴蝶飞"], 0),
        (["不见芙鸿", "春风起"], 1),
        (["春风芙", "蓉花落"], 2),  # words do not go over the end of a line
        (["鸯飞"], 1),
        (["芙容花"], 1),  # a misprint of the corpus
        (["白雪皑皑", "潺湲流水潺潺"], 0),
        (["山皑白", "潺水"], 2),
        ([], 0),
    ],
)
def test_a_bound_character_stands_in_one_of_its_words(lines, count):
    assert broken_words(lines) == count

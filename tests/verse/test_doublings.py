"""Characters that verse doubles."""

import pytest

from poetry.verse.doublings import false_doublings


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["萧萧班马鸣", "年年岁岁花相似"], 0),
        (["江上钓钓船", "鲈鲈香"], 2),
        (["春江鲈", "鲈鱼美"], 0),  # they do not go over the end of a line
    ],
)
def test_what_verse_does_not_double_is_counted(lines, count):
    assert false_doublings(lines) == count

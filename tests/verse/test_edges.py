"""Characters that hardly ever open or end a line."""

import pytest

from poetry.verse.edges import misplaced


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["不知何处是他乡", "玉人何处教吹箫"], 0),
        (["春风来去自不", "江上月"], 1),
        (["者边风月好"], 1),
        (["兮山水且", "虽"], 3),
        ([""], 0),
    ],
)
def test_characters_that_verse_hardly_has_at_an_edge(lines, count):
    assert misplaced(lines) == count

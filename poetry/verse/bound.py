"""Characters that have a meaning only in a two-character word: 芙 in 芙蓉, 鸯 in 鸳鸯.

Source: ``poetry/verse/tables/bound.tsv`` (tools/make_bound.py), counted in simplified verse.
"""

import functools
from collections.abc import Sequence
from importlib.resources import files

from poetry.base.tables import table_rows


def broken_words(lines: Sequence[str]) -> int:
    """Count the bound characters in verse ``lines`` that are outside every word they are bound to."""
    words = _words()
    return sum(
        character in words and words[character].isdisjoint((line[max(0, ix - 1) : ix + 1], line[ix : ix + 2]))
        for line in lines
        for ix, character in enumerate(line)
    )


@functools.cache
def _words() -> dict[str, frozenset[str]]:
    """Return the words of each bound character."""
    rows = table_rows(files("poetry.verse.tables") / "bound.tsv")
    return {character: frozenset(words.split()) for character, words in rows}

"""Characters that hardly ever end a line of verse, such as 不, or hardly ever open one, such as 者.

Source: ``poetry/verse/tables/edges.tsv`` (tools/make_edges.py), counted in simplified verse.
"""

import functools
from collections.abc import Sequence
from importlib.resources import files

from poetry.base.tables import table_rows


def misplaced(lines: Sequence[str]) -> int:
    """Count the first and last characters of verse ``lines`` that verse hardly ever has there."""
    opening, ending = _characters()
    return sum((line[:1] in opening) + (line[-1:] in ending) for line in lines)


@functools.cache
def _characters() -> tuple[frozenset[str], frozenset[str]]:
    """Return (the characters that hardly open a line, those that hardly end one)."""
    table = dict(table_rows(files("poetry.verse.tables") / "edges.tsv"))
    return frozenset(table["open"]), frozenset(table["end"])

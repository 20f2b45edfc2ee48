"""Characters that occur doubled in verse: 萧萧, 年年, but not 钓钓.

Source: ``poetry/verse/tables/doublings.txt`` (tools/make_doublings.py), counted in simplified verse.
"""

import functools
import itertools
from collections.abc import Iterable
from importlib.resources import files

from poetry.base.tables import table_lines


@functools.cache
def doublings() -> frozenset[str]:
    """Return the characters that occur doubled in verse."""
    return frozenset("".join(table_lines(files("poetry.verse.tables") / "doublings.txt")))


def false_doublings(lines: Iterable[str]) -> int:
    """Count the doubled characters in ``lines`` that do not occur doubled in verse."""
    pairs = itertools.chain.from_iterable(map(itertools.pairwise, lines))
    return sum(one == other and one not in doublings() for one, other in pairs)

"""Register: how much a text uses the characters of court hymns, gathas and alchemy, which few readers want.

Source: ``poetry/composing/tables/register.tsv`` (tools/make_register.py), counted in simplified poems.
"""

import functools
from importlib.resources import files

from poetry.base.tables import table_rows
from poetry.text import script
from poetry.verse.form import characters

USUAL = 0.1  # nats; nine in ten other poems have less


def doctrine(text: str) -> float:
    """By how much the mean over ``text`` of the log odds of its characters, in nats, is above USUAL, else 0.

    A character that the table lacks counts 0, as it stands about as often in other poems.
    """
    odds, read = _table(), characters(script.to_simplified(text))
    return max(0.0, sum(odds.get(character, 0.0) for character in read) / max(1, len(read)) - USUAL)


@functools.cache
def _table() -> dict[str, float]:
    """Return the log odds of each character."""
    rows = table_rows(files("poetry.composing.tables") / "register.tsv")
    return {character: float(odds) for character, odds in rows}

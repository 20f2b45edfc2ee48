"""Seasons: whether a text mixes the words of spring and autumn, as verse of one scene does not.

Source: ``poetry/composing/tables/seasons.tsv`` (tools/make_seasons.py), counted in simplified poems.
"""

import functools
import itertools
from importlib.resources import files

from poetry.base.tables import table_rows
from poetry.text import script
from poetry.verse.form import verse_lines

USUAL = 1.0  # nats; nine in ten other poems have less


def clash(text: str) -> float:
    """By how much both the log odds of the word most of spring and of that most of autumn are above USUAL.

    The smaller of both counts, in nats; 0 where ``text`` has words of one season alone. A pair of characters
    that the table has counts instead of its characters (梨花, 千秋).
    """
    odds = [0.0, *itertools.chain.from_iterable(map(_odds, verse_lines(script.to_simplified(text))))]
    return max(0.0, min(max(odds), -min(odds)) - USUAL)


def _odds(line: str) -> list[float]:
    """The log odds of spring rather than autumn of the words of a line."""
    known = _table()
    pairs = {ix: known[line[ix : ix + 2]] for ix in range(len(line) - 1) if line[ix : ix + 2] in known}
    alone = (word for ix, word in enumerate(line) if not pairs.keys() & {ix, ix - 1})
    return [*pairs.values(), *(known.get(word, 0.0) for word in alone)]


@functools.cache
def _table() -> dict[str, float]:
    """Return the log odds of each word."""
    rows = table_rows(files("poetry.composing.tables") / "seasons.tsv")
    return {word: float(odds) for word, odds in rows}

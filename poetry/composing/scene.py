"""Scenes: whether a text mixes the words of spring and autumn, or of sunset and night, as one scene does not.

Source: ``poetry/composing/tables/scene.tsv`` (tools/make_scene.py), counted in simplified poems.
"""

import functools
import itertools
from collections.abc import Mapping
from importlib.resources import files

from poetry.base.tables import table_rows
from poetry.text import script
from poetry.verse.form import verse_lines

USUAL = 1.0  # nats


def clash(text: str) -> float:
    """By how much ``text`` has words of both seasons, and of both hours, in nats; 0 where it has one scene.

    For the seasons, and again for the hours, the log odds of the word most of one side and of the word most
    of the other side are taken; the smaller of both counts as far as it is above USUAL.
    """
    lines = verse_lines(script.to_simplified(text))
    return sum(_clash(lines, known) for known in _tables().values())


def _clash(lines: list[str], known: Mapping[str, float]) -> float:
    """The clash of ``lines`` by one table of log odds."""
    odds = [0.0, *itertools.chain.from_iterable(_odds(line, known) for line in lines)]
    return max(0.0, min(max(odds), -min(odds)) - USUAL)


def _odds(line: str, known: Mapping[str, float]) -> list[float]:
    """The log odds of the words of a line; a pair of characters that is known counts instead of them."""
    pairs = {ix: known[line[ix : ix + 2]] for ix in range(len(line) - 1) if line[ix : ix + 2] in known}
    alone = (word for ix, word in enumerate(line) if not pairs.keys() & {ix, ix - 1})
    return [*pairs.values(), *(known.get(word, 0.0) for word in alone)]


@functools.cache
def _tables() -> dict[str, dict[str, float]]:
    """Return the log odds of each word, by name of the table: "season" and "hour"."""
    tables: dict[str, dict[str, float]] = {}
    for name, word, odds in table_rows(files("poetry.composing.tables") / "scene.tsv"):
        tables.setdefault(name, {})[word] = float(odds)
    return tables

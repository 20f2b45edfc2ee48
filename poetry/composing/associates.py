"""Associates of a word: the characters that poems about it have far more often than others.

Source: ``poetry/composing/tables/associates.tsv`` (tools/make_associates.py), counted in simplified poems.
"""

import functools
import itertools
from collections.abc import Collection
from importlib.resources import files

from poetry.base.tables import table_rows
from poetry.text import script

_HALF = 8  # places down a row after which an associate counts half as much as the first


def bearing(text: str, words: Collection[str]) -> float:
    """How much ``text`` has of the theme ``words``, from 0 to 1: the mean over them; 0 without words.

    A word in the text counts 1, and each of its associates its weight, up to 1 for each word: a text that has
    enough of a word is as good as one that has more. Both scripts are read.
    """
    text = script.to_simplified(text)
    found = [_found(text, _simplified(word)) for word in words]
    return sum(found) / max(1, len(found))


def _found(text: str, word: str) -> float:
    """How much ``text`` has of one word, from 0 to 1."""
    if word in text:
        return 1.0
    sums = (sum(weight for associate, weight in row.items() if associate in text) for row in associates(word))
    return min(1.0, max(sums, default=0.0))


@functools.lru_cache(maxsize=1024)
def associates(word: str) -> tuple[dict[str, float], ...]:
    """The associates of a word, each with its weight: 1 for the first, less down the row.

    A word that has none gets a row for each of its pairs of characters, or for each of its characters, that
    has some.
    """
    rows = _rows(_simplified(word))
    return tuple({sign: 1 / (1 + rank / _HALF) for rank, sign in enumerate(row)} for row in rows)


def _simplified(word: str) -> str:
    return script.to_simplified(script.fold_variants(word))


def _rows(word: str) -> list[str]:
    """The rows of the table for a simplified word or its parts."""
    known = _table()
    pairs = list(map("".join, itertools.pairwise(word)))
    for parts in ([word], pairs, list(word)):
        rows = [known[part] for part in parts if part in known]
        if rows:
            return rows
    return []


@functools.cache
def _table() -> dict[str, str]:
    """Return the associates of each word, those with the largest odds first."""
    return dict(table_rows(files("poetry.composing.tables") / "associates.tsv"))

"""Corrections to the scores of characters that the bundled model uses more or less often than poets do.

A low temperature makes common words still more frequent: 何处, 江南. For each character, and for pairs that
are too frequent, a table has the amount that brings it back to its share in poems. The amounts are counted on
what one model composes (tools/make_calibration.py) and hold for that model alone; others are not corrected.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from poetry.base.tables import table_rows
from poetry.composing.choices import Choices, History
from poetry.text.poem_vocabulary import PoemVocabulary

MODEL = "model"  # the key of the row with the SHA-256 of the checkpoint
TEMPERATURE = 0.45  # of the poems that the table was counted on
MOST = 0.3  # nats; larger amounts of characters are cut to this (the table has up to 0.5)


@dataclass(frozen=True)
class Strength:
    """How much of the table is used: the factors for amounts of ``characters`` and of ``pairs``.

    ``least``: nats; smaller amounts of characters are cut to this (the table has down to -3).
    """

    characters: float
    pairs: float
    least: float


STRENGTH = Strength(0.5, 0.3, -1.0)
STRENGTHS = {"qijue": Strength(0.85, 0.45, -3.0)}  # of forms that have their own


class Calibration:
    """Adds to the score of each character its own amount and that of the pair with the character before."""

    def __init__(self, vocabulary: PoemVocabulary, amounts: Mapping[str, float], own: float, pairs: float):
        """``amounts``: nats by character or pair; those outside ``vocabulary`` are skipped. ``own``: the
        factor for the amounts of characters; ``pairs``: for those of pairs.
        """
        ids, size = vocabulary.word2ix, len(vocabulary)
        self._words = np.zeros(size, dtype=np.float32)
        found = []
        for word, amount in amounts.items():
            if all(character in ids for character in word):
                if len(word) == 1:
                    self._words[ids[word]] = own * amount
                else:
                    found.append((ids[word[0]], ids[word[1]], pairs * amount))
        firsts, seconds, values = zip(*sorted(found), strict=True) if found else ((), (), ())
        self._begins = np.searchsorted(firsts, np.arange(size + 1))  # first pair of each first character
        self._seconds = np.array(seconds, dtype=np.int64)
        self._values = np.array(values, dtype=np.float32)

    def __call__(self, history: History, choices: Choices) -> None:
        """Add the amounts to the scores of ``choices`` in place."""
        choices.scores[...] += self._words[choices.words.ids]
        if not len(history):
            return
        last = history.ids[:, -1]
        begins = self._begins[last]
        counts = self._begins[last + 1] - begins
        rows = np.repeat(np.arange(len(last)), counts)
        pairs = np.arange(len(rows)) + np.repeat(begins - np.cumsum(counts) + counts, counts)
        places = choices.words.places[self._seconds[pairs]]
        left = places >= 0
        choices.scores[rows[left], places[left]] += self._values[pairs[left]]


@functools.lru_cache(maxsize=16)
def calibration(
    vocabulary: PoemVocabulary, model_hash: str, temperature: float, form: str
) -> Calibration | None:
    """The calibration of a model for a ``temperature``; None where the table is for another model.

    ``model_hash``: the SHA-256 of its file; ``form``: the name of the form that is composed. The amounts grow
    as the temperature falls from 1 to TEMPERATURE, and stay the same below; at 1 or above they are 0.
    Source: ``poetry/composing/tables/calibration.tsv`` (tools/make_calibration.py).
    """
    made_for, amounts = _table()
    if model_hash != made_for:
        return None
    scale = min(1.0, max(0.0, (1 - temperature) / (1 - TEMPERATURE)))
    strength = STRENGTHS.get(form, STRENGTH)
    cut = {
        word: amount if len(word) == 2 else min(MOST, max(strength.least, amount))
        for word, amount in amounts.items()
    }
    return Calibration(vocabulary, cut, scale * strength.characters, scale * strength.pairs)


@functools.cache
def _table() -> tuple[str, dict[str, float]]:
    """(the SHA-256 of the model that the table was made for, the amounts of characters and pairs)."""
    rows = dict(table_rows(files("poetry.composing.tables") / "calibration.tsv"))
    made_for = rows.pop(MODEL)
    amounts = {}
    for character, row in rows.items():
        own, *others = row.split()
        amounts[character] = float(own)
        amounts |= {character + other[0]: float(other[1:]) for other in others}
    return made_for, amounts

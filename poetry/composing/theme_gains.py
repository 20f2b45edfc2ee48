"""Draws drafts towards the characters that poems about their theme have."""

from collections.abc import Collection, Sequence

import numpy as np

from poetry.composing.associates import associates
from poetry.composing.choices import Choices, History
from poetry.composing.lexicon import Lexicon

GAIN = 2.0  # nats, of the first associate of a theme word


class ThemeGains:
    """Raises the scores of the associates of a draft's theme words, until it has enough of each word.

    The gain of an associate is proportional to its weight, and to what the weights of the word's associates
    that the draft has lack to 1.
    """

    def __init__(self, lexicon: Lexicon, themes: Sequence[Collection[str]], strength: float):
        """``themes``: the words of the theme of each poem; ``strength``: a factor of all gains."""
        self._gain = strength * GAIN
        found = [[row for word in words for row in associates(word)] for words in themes]
        written = [
            [[(ix, weight) for sign, weight in row.items() for ix in lexicon.written(sign)] for row in rows]
            for rows in found
        ]
        size = max((len(row) for rows in written for row in rows), default=0)
        shape = len(themes), max(map(len, written), default=0), size
        self._ids, self._weights = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.float32)
        for poem, rows in enumerate(written):
            for number, row in enumerate(rows):
                for place, (ix, weight) in enumerate(row):
                    self._ids[poem, number, place] = ix
                    self._weights[poem, number, place] = weight

    def __call__(self, history: History, choices: Choices) -> None:
        """Add the gains to the scores of ``choices`` in place."""
        ids, weights = self._ids[history.poems], self._weights[history.poems]  # (R, words, associates)
        present = (ids[..., None] == history.ids[:, None, None]).any(axis=-1)
        lacking = np.maximum(0, 1 - (weights * present).sum(axis=2, keepdims=True))
        gains = self._gain * np.where(present, 0, weights * lacking)
        columns = choices.words.places[ids]
        rows, *which = np.nonzero((gains > 0) & (columns >= 0))
        np.add.at(choices.scores, (rows, columns[(rows, *which)]), gains[(rows, *which)])

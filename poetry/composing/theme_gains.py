"""Draws drafts towards the characters that poems about their theme have."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np

from poetry.composing.associates import associates
from poetry.composing.choices import Choices, History
from poetry.composing.lexicon import Lexicon

GAIN = 2.0  # nats, of the first associate of a theme word


class ThemeGains:
    """Raises the score of each associate of a draft's theme words that the draft does not have yet."""

    def __init__(self, lexicon: Lexicon, themes: Sequence[Collection[str]], strength: float):
        """``themes``: the words of the theme of each poem; ``strength``: a factor of all gains."""
        found = [self._of(lexicon, words) for words in themes]
        shape = len(themes), max(map(len, found), default=0)
        self._ids, self._gains = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.float32)
        for row, weights in enumerate(found):
            self._ids[row, : len(weights)] = list(weights)
            self._gains[row, : len(weights)] = [strength * GAIN * weight for weight in weights.values()]

    @staticmethod
    def _of(lexicon: Lexicon, words: Collection[str]) -> dict[int, float]:
        """The sum of the weights of each associate of some theme words, by its id."""
        weights: dict[int, float] = defaultdict(float)
        for row in (row for word in words for row in associates(word)):
            for associate, weight in row.items():
                for ix in lexicon.written(associate):
                    weights[ix] += weight
        return weights

    def __call__(self, history: History, choices: Choices) -> None:
        """Add the gains to the scores of ``choices`` in place."""
        ids, gains = self._ids[history.poems], self._gains[history.poems]
        columns = choices.words.places[ids]
        present = (ids[:, :, None] == history.ids[:, None]).any(axis=2)
        rows, which = np.nonzero((gains > 0) & (columns >= 0) & ~present)
        choices.scores[rows, columns[rows, which]] += gains[rows, which]

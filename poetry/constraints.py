"""What may come next: small callables ``(history, scores) -> scores`` over the vocabulary.

``history`` is the list of ids that a poem has so far, ``scores`` (V,) one score a word; a constraint forbids
a word by the score -inf and may change ``scores`` in place.
"""

from collections.abc import Callable

import numpy as np

from poetry.form import COMMA, PERIOD, SENTENCE_ENDS
from poetry.vocab import Vocabulary

Constraint = Callable[[list[int], np.ndarray], np.ndarray]


class Punctuation:
    """Marks only after a character, the end only after a sentence, no other special token ever."""

    name = "punctuation"

    def __init__(self, vocabulary: Vocabulary, given: int = 0):
        """``given``: characters that the poem begins with; something must follow them before it may end."""
        self._given = given
        self._marks = np.array(vocabulary.mark_ids(), dtype=np.int64)
        self._ends = frozenset(vocabulary.word2ix[mark] for mark in SENTENCE_ENDS if mark in vocabulary)
        self._line_starts = frozenset(self._marks.tolist())
        self._eop = vocabulary.eop
        self._never = np.array([vocabulary.start, vocabulary.pad])

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        scores[self._never] = -np.inf
        last = history[-1] if history else None
        if last is None or last in self._line_starts:
            scores[self._marks] = -np.inf
        if last not in self._ends or len(history) == self._given:
            scores[self._eop] = -np.inf
        return scores


class Acrostic:
    """An acrostic 藏头诗: line i begins with head i, all lines are as long as the first, five or seven
    characters.

    ``forced`` gives the heads and the marks; as a constraint it keeps marks and the end out of the lines.
    """

    name = "acrostic"
    LENGTHS = (5, 7)

    def __init__(self, vocabulary: Vocabulary, heads: str):
        self._heads = [int(ix) for ix in vocabulary.encode(heads)]
        self._marks = frozenset(vocabulary.mark_ids())
        self._comma, self._period = (vocabulary.word2ix.get(mark) for mark in (COMMA, PERIOD))
        self._ending = np.array([*vocabulary.mark_ids(), vocabulary.eop])

    def _place(self, history: list[int]) -> tuple[int, int, int | None]:
        """(lines ended, characters in the open line, length of the first line if it has ended)."""
        breaks = [ix for ix, word in enumerate(history) if word in self._marks]
        return len(breaks), len(history) - (breaks[-1] + 1 if breaks else 0), breaks[0] if breaks else None

    def forced(self, history: list[int]) -> int | None:
        """The id that must come next, or None."""
        line, column, length = self._place(history)
        if column == 0:
            return self._heads[line]
        if column < (length or self.LENGTHS[-1]):
            return None
        last = line == len(self._heads) - 1
        return self._period if last or line % 2 else self._comma

    def done(self, history: list[int]) -> bool:
        """Whether every head has its line."""
        return self._place(history)[0] == len(self._heads)

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        _, column, length = self._place(history)
        may_end = length is None and column in self.LENGTHS
        allowed = scores[self._comma] if may_end else -np.inf
        scores[self._ending] = -np.inf
        scores[self._comma] = allowed
        return scores

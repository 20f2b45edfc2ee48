"""The possible next words of a batch of drafts: their histories, the words still allowed, and the scores."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class History:
    """Drafts in step.

    ``ids`` (R, T): all ids so far; ``schemes``, ``poems`` (R,): the numbers of each draft's scheme and poem.
    """

    ids: np.ndarray
    schemes: np.ndarray
    poems: np.ndarray

    @classmethod
    def of_one(cls, ids: np.ndarray) -> "History":
        """The history of a single draft with ``ids`` (T,)."""
        return cls(ids[None], np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))

    def __len__(self) -> int:
        """The number of ids that every draft has."""
        return self.ids.shape[1]

    def of(self, rows: np.ndarray) -> "History":
        """The history of the drafts ``rows``."""
        return History(self.ids[rows], self.schemes[rows], self.poems[rows])


class AllowedWords:
    """A subset of a vocabulary: ``ids`` (A,), ascending; ``places`` (V,), the index of each word in ``ids``,
    or -1.
    """

    def __init__(self, allowed: np.ndarray):
        """``allowed``: bool (V,)."""
        self.ids = np.flatnonzero(allowed)
        self.places = np.full(len(allowed), -1)
        self.places[self.ids] = np.arange(len(self.ids))
        self.are_all = len(self.ids) == len(allowed)

    def of(self, logits: np.ndarray) -> np.ndarray:
        """A copy of the columns of ``logits`` (R, V) for these words: (R, A)."""
        return logits.copy() if self.are_all else logits.take(self.ids, axis=1)


@dataclass(frozen=True)
class Choices:
    """The words allowed for some drafts and their ``scores`` (R, A), which constraints change in place."""

    words: AllowedWords
    scores: np.ndarray

    def add(self, rows: np.ndarray, ids: np.ndarray, amount: float) -> None:
        """Add ``amount`` to the scores of the words ``ids`` in ``rows``; both are broadcast to pairs.

        A repeated pair counts once; words that are not allowed are skipped.
        """
        pairs = self._pairs(rows, ids)
        self.scores[pairs] += amount

    def forbid(self, rows: np.ndarray, ids: np.ndarray) -> None:
        """Forbid the words ``ids`` in ``rows``; both are broadcast to pairs."""
        self.scores[self._pairs(rows, ids)] = -np.inf

    def _pairs(self, rows: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(rows, columns of ``scores``) of the pairs whose words are allowed."""
        if self.words.are_all:
            return rows, ids
        rows, places = np.broadcast_arrays(rows, self.words.places[ids])
        left = places >= 0
        return rows[left], places[left]


class Constraint(Protocol):
    """A rule that changes scores."""

    name: str

    def __call__(self, history: History, choices: Choices) -> None:
        """Change the scores of ``choices`` in place; -inf forbids."""


class Mask(Protocol):
    """A rule that allows each draft one of a few sets of words: ``sets`` is bool (K, V)."""

    name: str
    sets: np.ndarray

    def keys(self, history: History) -> np.ndarray:
        """The number of the set that holds for each draft: (R,)."""


class Outline(Protocol):
    """A rule that forces characters and says when a poem is complete."""

    name: str

    def forced(self, history: History) -> np.ndarray:
        """The id that must come next in each draft, -1 where it is free: (R,)."""

    def done(self, history: History) -> np.ndarray:
        """Whether each draft is complete: bool (R,)."""


class Masks:
    """Several masks combined. Drafts for which they allow the same words form a group."""

    def __init__(self, size: int, masks: Sequence[Mask] = ()):
        """``size``: the number of words in the vocabulary."""
        self.masks = masks
        self.everything = AllowedWords(np.ones(size, dtype=bool))
        self._known: dict[int, AllowedWords] = {}

    def groups(self, history: History) -> Iterator[tuple[np.ndarray, AllowedWords]]:
        """Yield (rows, the words allowed for them); every row is in exactly one group."""
        if not self.masks:
            yield np.arange(len(history.ids)), self.everything
            return
        keys = np.ravel_multi_index(
            [mask.keys(history) for mask in self.masks], [len(mask.sets) for mask in self.masks]
        )
        found, of_row = np.unique(keys, return_inverse=True)
        for ix, key in enumerate(found.tolist()):
            yield np.flatnonzero(of_row == ix), self._words(key)

    def _words(self, key: int) -> AllowedWords:
        if key not in self._known:
            places = np.unravel_index(key, [len(mask.sets) for mask in self.masks])
            sets = [mask.sets[place] for mask, place in zip(self.masks, places, strict=True)]
            self._known[key] = AllowedWords(np.all(sets, axis=0))
        return self._known[key]

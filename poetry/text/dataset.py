"""Grouping of sequences of ids into batches."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

NO_TARGET = -1


class Documents(Protocol):
    """The training set: sequences of ids, which may change from one epoch to the next.

    ``after``: in a sequence that contains this id, only the ids after it are targets; None: all are targets.
    ``longest``: maximum number of ids in a sequence, in any epoch.
    """

    after: int | None
    longest: int

    def lengths(self, epoch: int) -> Sequence[int]:
        """Return the length of every sequence in an epoch, in ids."""

    def sequence(self, epoch: int, ix: int) -> np.ndarray:
        """Return sequence ``ix`` of an epoch: ids (length,)."""


class Fixed:
    """The same sequences in every epoch."""

    after = None

    def __init__(self, sequences: Sequence[np.ndarray]):
        self._sequences = sequences
        self._lengths = [len(sequence) for sequence in sequences]
        self.longest = max(self._lengths, default=0)

    def lengths(self, epoch: int) -> Sequence[int]:
        """As in Documents."""
        return self._lengths

    def sequence(self, epoch: int, ix: int) -> np.ndarray:
        """As in Documents."""
        return self._sequences[ix]


def length_groups(
    lengths: Sequence[int], batch_chars: int, order: np.random.Generator | None = None
) -> list[list[int]]:
    """Group indices of sequences of similar length: at most ``batch_chars`` ids a group, padding included.

    A longer sequence is a group of its own. ``order`` shuffles sequences of equal length, then the groups;
    without it, the groups are sorted by length.
    """
    shuffled = np.arange(len(lengths)) if order is None else order.permutation(len(lengths))
    by_length = sorted(shuffled.tolist(), key=lambda ix: lengths[ix])  # stable: ties stay shuffled
    groups: list[list[int]] = [[]]
    for ix in by_length:
        if groups[-1] and (len(groups[-1]) + 1) * lengths[ix] > batch_chars:
            groups.append([])
        groups[-1].append(ix)
    if order is not None:
        order.shuffle(groups)
    return [group for group in groups if group]


def epoch_groups(documents: Documents, batch_chars: int, seed: int, epoch: int) -> list[list[int]]:
    """Return the groups of an epoch: a function of (seed, epoch), so that a resumed run needs no replay."""
    return length_groups(documents.lengths(epoch), batch_chars, np.random.default_rng([seed, epoch]))


def collate(batch: Sequence[np.ndarray], after: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return (ids, targets) of a batch: int64 (B, T); targets are the ids one place later.

    Rows are padded on the right. The target is NO_TARGET in the padding and, in a row that contains the id
    ``after``, up to and including that id.
    """
    columns = max(map(len, batch)) - 1
    ids = np.zeros((len(batch), columns), dtype=np.int64)
    targets = np.full((len(batch), columns), NO_TARGET, dtype=np.int64)
    for row, sequence in enumerate(batch):
        first = _first(sequence, after)
        ids[row, : len(sequence) - 1] = sequence[:-1]
        targets[row, first - 1 : len(sequence) - 1] = sequence[first:]
    return ids, targets


def _first(sequence: np.ndarray, after: int | None) -> int:
    """Return the place of the first target in ``sequence``."""
    places = np.flatnonzero(sequence == after) if after is not None else ()
    return int(places[0]) + 1 if len(places) else 1

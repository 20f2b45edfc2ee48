"""In which order a text is trained on: the batches of every epoch.

Every batch is a function of (seed, epoch, step), so that a resumed run needs no replay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text.dataset import Documents, collate, epoch_groups, length_groups


@dataclass(frozen=True)
class Batch:
    """What a step is trained on: ids and targets, int64 (B, T), the targets one id ahead.

    NO_TARGET is no target. ``carry``: each row goes on where the same row of the batch before ended.
    """

    ids: np.ndarray
    targets: np.ndarray
    carry: bool = False


class Order(Protocol):
    """The batches of every epoch.

    ``longest``: ids of a row at most; ``carries``: whether there are batches that go on from the one before.
    """

    longest: int
    carries: bool

    def steps(self, epoch: int) -> int:
        """How many batches an epoch has."""

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from number ``first`` on."""


@dataclass(frozen=True)
class Growth:
    """How the size of a step grows: from ``first`` to ``last``, linearly over the epochs of a run.

    The unit is the order's. Small steps learn more from as many characters while there is much to learn,
    large ones are faster and less noisy (Smith et al. 2018).
    """

    first: int
    last: int
    epochs: int

    @classmethod
    def none(cls, size: int) -> "Growth":
        """Steps of one size."""
        return cls(size, size, 1)

    @property
    def grows(self) -> bool:
        """Whether there is any growth."""
        return self.first < self.last

    def parts(self, epoch: float) -> int:
        """Into how many steps one of the last size is parted after ``epoch`` epochs."""
        size = self.first + (self.last - self.first) * min(1.0, epoch / self.epochs)
        return max(1, round(self.last / size))


class ByLength:
    """Documents of like length together, in steps of so many ids, padding counted (see ``length_groups``)."""

    carries = False

    def __init__(self, documents: Documents, size: Growth, seed: int):
        self.longest = documents.longest - 1
        self._documents = documents
        self._size = size
        self._seed = seed

    def steps(self, epoch: int) -> int:
        """As in Order."""
        if not self._size.grows:
            return len(length_groups(self._documents.lengths(epoch), self._size.last))
        return len(self._groups(epoch))

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """As in Order."""
        for group in self._groups(epoch)[first:]:
            sequences = [self._documents.sequence(epoch, ix) for ix in group]
            yield Batch(*collate(sequences, self._documents.after))

    def _groups(self, epoch: int) -> list[list[int]]:
        groups = epoch_groups(self._documents, self._size.last, self._seed, epoch)
        if not self._size.grows:
            return groups
        return [
            part.tolist()
            for place, group in enumerate(groups)
            for part in _parted(np.array(group), self._size.parts(epoch + place / len(groups)))
        ]


class Consecutive:
    """A text read from its beginning to its end in ``rows`` places at once, ``seq_length`` ids a step.

    Every row goes on in the next step where it ended. Each epoch begins at a place of its own, within what
    the rows leave over. Raises PoetryError when ``ids`` (N,) are too few for one step.
    """

    carries = True

    def __init__(self, ids: np.ndarray, rows: int, seq_length: int, seed: int):
        _check_length(ids, rows * seq_length + 1)
        self._ids = ids
        self._rows, self._seq_length = rows, seq_length
        self.longest = seq_length
        self._seed = seed
        self._steps = (len(ids) - 1) // rows // seq_length

    def steps(self, epoch: int) -> int:
        """As in Order."""
        return self._steps

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """As in Order."""
        columns = self._steps * self._seq_length
        spare = len(self._ids) - 1 - self._rows * columns
        begin = np.random.default_rng([self._seed, epoch]).integers(spare, endpoint=True)
        starts = begin + columns * np.arange(self._rows)
        for step in range(first, self._steps):
            yield _windows(self._ids, starts + step * self._seq_length, self._seq_length, carry=step > 0)


class RandomWindows:
    """A text in windows of ``seq_length`` ids, shuffled: no id twice an epoch.

    ``rows``: windows a step. Each epoch parts the text at places of its own and leaves out some ids at the
    ends and those windows, the last of its shuffle, that do not fill a step of the final size. Raises
    PoetryError when ``ids`` (N,) are too few for one step.
    """

    carries = False

    def __init__(self, ids: np.ndarray, rows: Growth, seq_length: int, seed: int):
        _check_length(ids, (rows.last + 1) * seq_length)
        self._ids = ids
        self._rows, self._seq_length = rows, seq_length
        self.longest = seq_length
        self._seed = seed
        self._count = len(ids) // seq_length - 1  # of windows

    def steps(self, epoch: int) -> int:
        """As in Order."""
        whole = self._count // self._rows.last
        return sum(self._parts(epoch, place, whole) for place in range(whole))

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """As in Order."""
        random = np.random.default_rng([self._seed, epoch])
        begin = random.integers(len(self._ids) - 1 - self._count * self._seq_length, endpoint=True)
        starts = begin + self._seq_length * random.permutation(self._count)
        whole = self._count // self._rows.last
        groups = [
            part
            for place, group in enumerate(starts[: whole * self._rows.last].reshape(whole, -1))
            for part in _parted(group, self._parts(epoch, place, whole))
        ]
        for group in groups[first:]:
            yield _windows(self._ids, group, self._seq_length)

    def _parts(self, epoch: int, place: int, whole: int) -> int:
        return min(self._rows.last, self._rows.parts(epoch + place / whole))


def _parted(group: np.ndarray, parts: int) -> list[np.ndarray]:
    """``group`` in so many parts of nearly the same size, none of them empty."""
    return np.array_split(group, min(parts, len(group)))


def _windows(ids: np.ndarray, starts: np.ndarray, length: int, carry: bool = False) -> Batch:
    """The batch of the windows of ``length`` ids that begin at ``starts`` (B,)."""
    rows = np.stack([ids[start : start + length + 1] for start in starts]).astype(np.int64)
    return Batch(rows[:, :-1], rows[:, 1:], carry)


def _check_length(ids: np.ndarray, needed: int) -> None:
    if len(ids) < needed:
        raise PoetryError(
            f"--data_path has {len(ids):,} characters or words to train on, a step needs {needed:,}; "
            "give more, or fewer --rows, a smaller --seq_length or a smaller --final_batch_chars"
        )

"""The order of training: the batches of every epoch.

Every batch is a function of (seed, epoch, step), so that a resumed run needs no replay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text.dataset import Documents, collate, epoch_groups, length_groups


@dataclass(frozen=True)
class Batch:
    """The input of a training step: ids and targets, int64 (B, T); targets are the ids one place later.

    A target of NO_TARGET is ignored. ``carry``: each row continues the same row of the previous batch.
    """

    ids: np.ndarray
    targets: np.ndarray
    carry: bool = False


class Order(Protocol):
    """The batches of every epoch.

    ``longest``: maximum number of ids in a row; ``carries``: whether any batch continues the previous one.
    """

    longest: int
    carries: bool

    def steps(self, epoch: int) -> int:
        """Return the number of batches in an epoch."""

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, from batch ``first`` on (counted from 0)."""


@dataclass(frozen=True)
class BatchSchedule:
    """The batch size, which grows from ``first`` to ``last``, linearly over ``epochs`` epochs.

    The order that uses it defines the unit. Early in training, small steps learn more from the same number
    of characters; large steps are faster and less noisy (Smith et al. 2018).
    """

    first: int
    last: int
    epochs: int

    @classmethod
    def constant(cls, size: int) -> "BatchSchedule":
        """Return the schedule of a constant batch size."""
        return cls(size, size, 1)

    @property
    def grows(self) -> bool:
        """Whether the batch size grows."""
        return self.first < self.last

    def parts(self, epoch: float) -> int:
        """Return how many steps replace one step of the final size after ``epoch`` epochs."""
        size = self.first + (self.last - self.first) * min(1.0, epoch / self.epochs)
        return max(1, round(self.last / size))


class ByLength:
    """Batches of documents of similar length; ``size`` in ids, padding included (see ``length_groups``)."""

    carries = False

    def __init__(self, documents: Documents, size: BatchSchedule, seed: int):
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
    """A text split into ``rows`` equal parts that are read in parallel, ``seq_length`` ids of each a step.

    Every row continues in the next step where it ended. Each epoch starts at another random offset, within
    the ids that do not fill a step. Raises PoetryError when ``ids`` (N,) are too few for one step.
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
    """A text in shuffled windows of ``seq_length`` ids; no id is used twice in an epoch.

    ``rows``: windows per step. Each epoch cuts the text at another random offset. It leaves out some ids at
    both ends, and the last windows of the shuffle, which do not fill a step of the final size. Raises
    PoetryError when ``ids`` (N,) are too few for one step.
    """

    carries = False

    def __init__(self, ids: np.ndarray, rows: BatchSchedule, seq_length: int, seed: int):
        _check_length(ids, (rows.last + 1) * seq_length)
        self._ids = ids
        self._rows, self._seq_length = rows, seq_length
        self.longest = seq_length
        self._seed = seed
        self._count = len(ids) // seq_length - 1  # windows

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


def make_order(options: dict[str, Any], documents: Documents, sequences: list[np.ndarray]) -> Order:
    """Return the order that ``options`` ask for: of ``documents``, or of ``sequences`` joined as one text.

    ``options``: those of train.py, by name: order, batch_chars, final_batch_chars, rows, seq_length, seed and
    epoch. Raises PoetryError where they do not fit one another or the text is too short.
    """
    rows, length, seed, epochs = (options[name] for name in ("rows", "seq_length", "seed", "epoch"))
    by_length = options["order"] in ("length", None)
    least = options["batch_chars"] if by_length else rows * length
    most = options["final_batch_chars"] or least
    if options["final_batch_chars"] and most <= least:
        raise PoetryError(f"--final_batch_chars {most} is no more than the {least:,} that steps begin with")
    if by_length:
        return ByLength(documents, BatchSchedule(least, most, epochs), seed)
    text = sequences[0] if len(sequences) == 1 else np.concatenate(sequences)
    if options["order"] == "random":
        return RandomWindows(text, BatchSchedule(rows, most // length, epochs), length, seed)
    if most > least:
        raise PoetryError("--final_batch_chars: the steps of --order consecutive cannot grow")
    return Consecutive(text, rows, length, seed)


def _parted(group: np.ndarray, parts: int) -> list[np.ndarray]:
    """Split ``group`` into ``parts`` parts of nearly equal size, or fewer, so that none is empty."""
    return np.array_split(group, min(parts, len(group)))


def _windows(ids: np.ndarray, starts: np.ndarray, length: int, carry: bool = False) -> Batch:
    """Return the batch of windows of ``length`` ids that begin at ``starts`` (B,)."""
    rows = np.stack([ids[start : start + length + 1] for start in starts]).astype(np.int64)
    return Batch(rows[:, :-1], rows[:, 1:], carry)


def _check_length(ids: np.ndarray, needed: int) -> None:
    if len(ids) < needed:
        raise PoetryError(
            f"--data_path has {len(ids):,} characters or words to train on, a step needs {needed:,}; "
            "give more, or fewer --rows, a smaller --seq_length or a smaller --final_batch_chars"
        )

"""Sequences of ids in batches."""

from collections.abc import Sequence

import numpy as np

NO_TARGET = -1


def length_groups(
    poems: Sequence[np.ndarray], batch_chars: int, order: np.random.Generator | None = None
) -> list[list[int]]:
    """Indices of ``poems`` in groups of like length, each of at most ``batch_chars`` ids, padding counted,
    or of one poem that is longer.

    ``order`` shuffles poems of one length and then the groups; without it the order is that of length.
    """
    shuffled = np.arange(len(poems)) if order is None else order.permutation(len(poems))
    by_length = sorted(shuffled.tolist(), key=lambda ix: len(poems[ix]))  # stable: ties stay shuffled
    groups: list[list[int]] = [[]]
    for ix in by_length:
        if groups[-1] and (len(groups[-1]) + 1) * len(poems[ix]) > batch_chars:
            groups.append([])
        groups[-1].append(ix)
    if order is not None:
        order.shuffle(groups)
    return [group for group in groups if group]


def batches(
    poems: Sequence[np.ndarray], batch_chars: int, order: np.random.Generator | None = None
) -> list[tuple[np.ndarray, ...]]:
    """``poems`` in batches: those of ``length_groups``."""
    return [tuple(poems[ix] for ix in group) for group in length_groups(poems, batch_chars, order)]


def epoch_batches(
    poems: list[np.ndarray], batch_chars: int, seed: int, epoch: int
) -> list[tuple[np.ndarray, ...]]:
    """The batches of an epoch: a function of (seed, epoch), so that a resumed run needs no replay."""
    return batches(poems, batch_chars, np.random.default_rng([seed, epoch]))


def collate(batch: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(ids, targets) of a batch: int64 (B, T), the targets one character ahead.

    Rows are padded on the right; where there is padding the target is NO_TARGET.
    """
    columns = max(len(poem) for poem in batch) - 1
    ids = np.zeros((len(batch), columns), dtype=np.int64)
    targets = np.full((len(batch), columns), NO_TARGET, dtype=np.int64)
    for row, poem in enumerate(batch):
        ids[row, : len(poem) - 1] = poem[:-1]
        targets[row, : len(poem) - 1] = poem[1:]
    return ids, targets

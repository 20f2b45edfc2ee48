"""The poems of a data file: loading, the held-out split, batches."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text import script
from poetry.text.npz import read_npz
from poetry.text.vocabulary import Vocabulary
from poetry.verse.form import verse_lines

HELD_OUT_SHARE = 0.02
NO_TARGET = -1
MIN_SHARED = 5  # characters: a shorter line is shared by chance


@dataclass(frozen=True)
class Dataset:
    """Poems as ids.

    ``data`` is int32 (N, T), rows padded on the left; ``fingerprint`` is a SHA-256 over data and vocabulary.
    """

    data: np.ndarray
    vocabulary: Vocabulary
    fingerprint: str


def load(path: Path) -> Dataset:
    """Load a data file. Raises PoetryError when it is missing, damaged or of another kind."""
    data, words = read_npz(path)
    digest = hashlib.sha256("\n".join(words).encode())
    digest.update(np.ascontiguousarray(data, dtype="<i4"))
    return Dataset(data, Vocabulary(words), digest.hexdigest())


def sequences(dataset: Dataset) -> list[np.ndarray]:
    """The rows without their padding: int32 arrays of shape (length,), of at least two ids each."""
    used = dataset.data != dataset.vocabulary.pad
    starts, ends = used.argmax(axis=1), used.shape[1] - used[:, ::-1].argmax(axis=1)
    rows = (row[start:end] for row, start, end in zip(dataset.data, starts, ends, strict=True))
    return [row for row in rows if len(row) > 1 and row[0] != dataset.vocabulary.pad]


def split(poems: list[np.ndarray], vocabulary: Vocabulary) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Part poems into (training, held-out).

    A poem's side depends on its characters alone: poems that differ only in marks, variants or script are on
    one side (but where a mark parts 乾坤 and its like, whose simplified form depends on the neighbour), and
    adding, removing or reordering poems moves no other one.
    """
    training, held_out = [], []
    for poem in poems:
        (held_out if is_held_out(vocabulary.decode(poem)) else training).append(poem)
    return training, held_out


def training_side(dataset: Dataset) -> list[np.ndarray]:
    """The poems of a data file that are trained on."""
    return split(sequences(dataset), dataset.vocabulary)[0]


def both_sides(dataset: Dataset) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The ``split`` of the ``sequences`` of a data file. Raises PoetryError where one side is empty."""
    training, held_out = split(sequences(dataset), dataset.vocabulary)
    if not training or not held_out:
        raise PoetryError(
            f"--data_path has too few poems: {len(training)} to train on, {len(held_out)} held out; give more"
        )
    return training, held_out


def is_held_out(text: str) -> bool:
    """Whether a poem is on the held-out side."""
    digest = hashlib.sha256(_key(text).encode()).digest()
    return int.from_bytes(digest[:4]) < int(HELD_OUT_SHARE * 2**32)


def betrays(dataset: Dataset) -> Callable[[str], bool]:
    """A test of poems of another corpus: whether training on one would show a line held out in ``dataset``.

    Lines of at least MIN_SHARED characters count; a poem that is held out itself is never trained on.
    """
    _, held_out = split(sequences(dataset), dataset.vocabulary)
    known = lines(held_out, dataset.vocabulary)
    return lambda text: not known.isdisjoint(_long_lines(text)) and not is_held_out(text)


def lines(poems: list[np.ndarray], vocabulary: Vocabulary) -> set[str]:
    """The lines of ``poems`` that are of at least MIN_SHARED characters."""
    return {line for poem in poems for line in _long_lines(vocabulary.decode(poem))}


def _long_lines(text: str) -> list[str]:
    return [line for line in verse_lines(text) if len(line) >= MIN_SHARED]


def _key(text: str) -> str:
    """What a poem's side depends on: its characters in simplified standard form."""
    simplified = script.to_simplified(script.fold_variants(text))
    return "".join(filter(str.isalpha, simplified))


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

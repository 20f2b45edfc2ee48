"""The poems of a data file: loading, the held-out split, shared lines."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text import script
from poetry.text.npz import read_npz
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import verse_lines

HELD_OUT_SHARE = 0.02
MIN_SHARED = 5  # characters; shorter lines may be equal by chance


@dataclass(frozen=True)
class Dataset:
    """Poems as ids.

    ``data`` is int32 (N, T), rows padded on the left; ``fingerprint`` is a SHA-256 over data and vocabulary.
    """

    data: np.ndarray
    vocabulary: PoemVocabulary
    fingerprint: str


def load(path: Path) -> Dataset:
    """Load a data file. Raises PoetryError when it is missing, damaged or of another kind."""
    data, words = read_npz(path)
    digest = hashlib.sha256("\n".join(words).encode())
    digest.update(np.ascontiguousarray(data, dtype="<i4"))
    return Dataset(data, PoemVocabulary(words), digest.hexdigest())


def in_words_of(dataset: Dataset, vocabulary: PoemVocabulary) -> Dataset:
    """Return the poems of ``dataset``, without headings, in the ids of another vocabulary.

    The fingerprint is kept. Poems with a character that ``vocabulary`` lacks are left out. Where both
    vocabularies are equal, ``dataset`` itself is returned, headings included. Raises PoetryError when no
    poem is left.
    """
    if vocabulary.words == dataset.vocabulary.words:
        return dataset
    places = np.array([vocabulary.word2ix.get(word, -1) for word in dataset.vocabulary.words])
    poems = [poem for poem in (places[poem] for poem in sequences(dataset)) if (poem >= 0).all()]
    if not poems:
        raise PoetryError("the model knows the characters of no poem of --data_path")
    data = np.full((len(poems), max(map(len, poems))), vocabulary.pad, dtype=np.int32)
    for row, poem in zip(data, poems, strict=True):
        row[len(row) - len(poem) :] = poem
    return Dataset(data, vocabulary, dataset.fingerprint)


def sequences(dataset: Dataset) -> list[np.ndarray]:
    """Return the poems without padding and headings: int32 arrays (length,), of at least two ids each."""
    return [without_heading(row, dataset.vocabulary) for row in _rows(dataset)]


def headed_training_side(dataset: Dataset) -> list[np.ndarray]:
    """Return the rows of the training poems, without padding, in their order, with headings if present."""
    vocabulary = dataset.vocabulary
    rows = _rows(dataset)
    return [row for row in rows if not is_held_out(vocabulary.decode(without_heading(row, vocabulary)))]


def without_heading(row: np.ndarray, vocabulary: PoemVocabulary) -> np.ndarray:
    """Remove the heading of a row: return <START> and the poem."""
    end = _heading_end(row, vocabulary)
    return np.delete(row, np.s_[1 : end + 1]) if end else row


def _heading_end(row: np.ndarray, vocabulary: PoemVocabulary) -> int:
    """Return the place of <TITLE> in a row, 0 where it has no heading."""
    (ends,) = np.nonzero(row == vocabulary.title) if vocabulary.title is not None else ([],)
    return int(ends[0]) if len(ends) else 0


def _rows(dataset: Dataset) -> list[np.ndarray]:
    """Return the rows without their padding; a row that has at most a heading and no poem is left out."""
    vocabulary = dataset.vocabulary
    used = dataset.data != vocabulary.pad
    starts, ends = used.argmax(axis=1), used.shape[1] - used[:, ::-1].argmax(axis=1)
    rows = (row[start:end] for row, start, end in zip(dataset.data, starts, ends, strict=True))
    return [row for row in rows if len(row) > _heading_end(row, vocabulary) + 1 and row[0] != vocabulary.pad]


def split(poems: list[np.ndarray], vocabulary: PoemVocabulary) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Split poems into (training, held-out).

    The side of a poem depends on its characters only. So poems that differ only in marks, variants or script
    are on the same side, and adding, removing or reordering poems moves no other poem. Exception: a mark
    within 乾坤 or a similar word, where the simplified form depends on the neighbouring character.
    """
    training, held_out = [], []
    for poem in poems:
        (held_out if is_held_out(vocabulary.decode(poem)) else training).append(poem)
    return training, held_out


def training_side(dataset: Dataset) -> list[np.ndarray]:
    """Return the training poems of a data file."""
    return split(sequences(dataset), dataset.vocabulary)[0]


def both_sides(dataset: Dataset) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Split the ``sequences`` of a data file. Raises PoetryError where one side is empty."""
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


def betrays(texts: Iterable[str]) -> Callable[[str], bool]:
    """Return a predicate: whether a training poem contains a line of a held-out poem of ``texts``.

    Only lines of at least MIN_SHARED characters count. It is False for held-out poems, which are never
    trained on.
    """
    known = {line for text in texts if is_held_out(text) for line in _long_lines(text)}
    return lambda text: not known.isdisjoint(_long_lines(text)) and not is_held_out(text)


def lines(poems: list[np.ndarray], vocabulary: PoemVocabulary) -> set[str]:
    """Return the lines of ``poems`` that have at least MIN_SHARED characters."""
    return {line for poem in poems for line in _long_lines(vocabulary.decode(poem))}


def _long_lines(text: str) -> list[str]:
    return [line for line in verse_lines(text) if len(line) >= MIN_SHARED]


def _key(text: str) -> str:
    """Return what a poem's side depends on: its characters in simplified standard form."""
    simplified = script.to_simplified(script.fold_variants(text))
    return "".join(filter(str.isalpha, simplified))

"""The data file of a text: one stream of ids, where its documents start, and its vocabulary.

It is a safetensors file, so it contains no code; the metadata in its header is one JSON text. The ids are
memory-mapped, not read: a text may be larger than the memory.
"""

import hashlib
import json
import math
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from poetry.base.errors import PoetryError
from poetry.base.files import atomic_write, open_plain
from poetry.base.numbers import is_count
from poetry.text import kinds
from poetry.text.tokens import TextVocabulary

HELD_OUT_SHARE = 0.1
MANY = 50  # documents; with fewer, the end of the text is held out instead of whole documents
LEAST = 20  # tokens of a text
LEAST_HELD_OUT = 2  # of them

_HEADER = "poetry"
_FORMAT = "poetry text 1"
_MAX_HEADER = 1 << 30  # bytes
_DTYPES_OF_STARTS = {"I64": np.dtype("<i8")}
_DTYPES = {"U8": np.dtype("u1"), "U16": np.dtype("<u2"), "U32": np.dtype("<u4")}
_CHUNK = 1 << 22  # ids checked at a time
_CHANGED = "the text changed while it was read; try again"

Document = Iterable[str]  # the pieces of its text


@dataclass(frozen=True)
class TextData:
    """A text as ids.

    ``ids`` (N,) are unsigned and memory-mapped; ``starts`` int64 (D,) are the places where documents begin.
    The ids from ``held_out_from`` on are held out. ``fingerprint`` is a SHA-256 over all of this.
    """

    ids: np.ndarray
    starts: np.ndarray
    held_out_from: int
    vocabulary: TextVocabulary
    fingerprint: str

    @property
    def training(self) -> np.ndarray:
        """The training ids."""
        return self.ids[: self.held_out_from]

    @property
    def held_out(self) -> np.ndarray:
        """The held-out ids."""
        return self.ids[self.held_out_from :]


def is_held_out(document: str) -> bool:
    """Whether a document is held out, where there are many; this depends on its text only."""
    digest = hashlib.sha256(document.encode("utf-8", errors="surrogatepass")).digest()
    return int.from_bytes(digest[:4]) < int(HELD_OUT_SHARE * 2**32)


def write(
    path: Path,
    documents: Callable[[], Iterable[Document]],
    number: int,
    characters: int,
    vocabulary: TextVocabulary,
) -> int:
    """Write the data file of ``number`` documents, ``characters`` in total, and return the number of ids.

    Writing is atomic. Each call of ``documents`` yields all of them again. MANY documents or more are
    reordered: first the training documents, then the held-out ones. Of fewer, the last HELD_OUT_SHARE of the
    text is held out, counted in characters, so that it is the same text for any kind of tokens. Raises
    PoetryError when there are too few ids, in total or on one side, or when the documents have changed since
    they were counted.
    """
    dtype = next(name for name, dtype in _DTYPES.items() if len(vocabulary) - 1 <= np.iinfo(dtype).max)
    starts = np.zeros(number, dtype="<i8")
    header = _room(dtype, number, vocabulary)
    with atomic_write(path) as file:
        file.write(header)
        file.write(starts)
        place = written = read = 0
        held_out_from = None
        trained = characters - math.ceil(HELD_OUT_SHARE * characters)
        for held_out, document in _in_order(documents, number):
            if written == number:
                raise PoetryError(_CHANGED)
            if held_out and held_out_from is None:
                held_out_from = place
            starts[written] = place
            written += 1
            for ids in _with_end(vocabulary, document):
                file.write(ids.astype(_DTYPES[dtype]))
                if number < MANY and held_out_from is None:
                    ends = read + np.cumsum(vocabulary.lengths[ids])
                    if ends[-1] > trained:
                        held_out_from = place + int(np.searchsorted(ends, trained, side="right"))
                    read = int(ends[-1])
                place += len(ids)
        if written < number:
            raise PoetryError(_CHANGED)
        if place < LEAST:
            raise PoetryError(f"the text has {place:,} tokens in all; at least {LEAST} are needed, give more")
        if not held_out_from or place - held_out_from < LEAST_HELD_OUT:
            side = "trained on" if held_out_from == 0 else "held out"
            raise PoetryError(f"nothing of {number:,} documents is left to be {side}; give more of them")
        file.seek(0)
        file.write(_fill(header, dtype, number, place, held_out_from, vocabulary))
        file.write(starts)
    return place


def load(path: Path) -> TextData:
    """Memory-map a data file. Raises PoetryError when it is missing, damaged or of another kind."""
    try:
        with open_plain(path) as file:
            return _load(file)
    except OSError as error:
        raise PoetryError(f"cannot read {path}: {error.strerror}; make it with: python prepare.py") from None
    except (
        PoetryError,
        ValueError,
        LookupError,
        TypeError,
        OverflowError,
        struct.error,
        RecursionError,
        MemoryError,
    ) as error:
        raise PoetryError(
            f"{path} is no data file or is damaged ({error}); make it anew with: prepare.py --text"
        ) from None


def is_text_data(path: Path) -> bool:
    """Whether a file begins as this module writes it; the data files of poems are zip files."""
    try:
        with open_plain(path) as file:
            return file.read(9)[8:] == b"{"
    except OSError:
        return False


def _in_order(documents: Callable[[], Iterable[Document]], number: int) -> Iterator[tuple[bool, Document]]:
    """Yield (whether it is held out, document): many in two passes, few in their order, all as False."""
    if number < MANY:
        yield from ((False, document) for document in documents())
        return
    for side in (False, True):
        for document in documents():
            whole = "".join(document)
            if is_held_out(whole) == side:
                yield side, [whole]


def _with_end(vocabulary: TextVocabulary, document: Document) -> Iterator[np.ndarray]:
    try:
        yield from vocabulary.encode_pieces(document)
    except KeyError:
        raise PoetryError(_CHANGED) from None
    if vocabulary.end is not None:
        yield np.array([vocabulary.end])


def _described(dtype: str, number: int, size: int, held_out_from: int, vocabulary: TextVocabulary) -> bytes:
    """Return the JSON in the header of a safetensors file."""
    about = {
        "format": _FORMAT,
        "tokens": vocabulary.spec,
        "held_out_from": held_out_from,
        "vocabulary": vocabulary.words,
    }
    end = 8 * number
    tensors = {
        "__metadata__": {_HEADER: json.dumps(about, ensure_ascii=False)},
        "starts": {"dtype": "I64", "shape": [number], "data_offsets": [0, end]},
        "ids": {"dtype": dtype, "shape": [size], "data_offsets": [end, end + _DTYPES[dtype].itemsize * size]},
    }
    return json.dumps(tensors, ensure_ascii=False).encode()


def _room(dtype: str, number: int, vocabulary: TextVocabulary) -> bytes:
    """Return a blank header, long enough for the final one."""
    most = 2**62 // _DTYPES[dtype].itemsize
    size = len(_described(dtype, number, most, most, vocabulary))
    size += -size % 8
    return struct.pack("<Q", size) + b" " * size


def _fill(
    room: bytes, dtype: str, number: int, size: int, held_out_from: int, vocabulary: TextVocabulary
) -> bytes:
    described = _described(dtype, number, size, held_out_from, vocabulary)
    return room[:8] + described.ljust(len(room) - 8)


def _load(file: BinaryIO) -> TextData:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > _MAX_HEADER:
        raise ValueError("its header is too long")
    described = file.read(length)
    tensors = json.loads(described)
    about = json.loads(tensors["__metadata__"][_HEADER])
    if about["format"] != _FORMAT:
        raise ValueError(f"it is a {about['format']!r}")
    vocabulary = kinds.restore(about["vocabulary"], about["tokens"])
    if not isinstance(vocabulary, TextVocabulary):
        raise ValueError("its tokens are of no text")
    starts = _tensor(file, 8 + length, tensors["starts"], _DTYPES_OF_STARTS)
    ids = _tensor(file, 8 + length, tensors["ids"], _DTYPES)
    held_out_from = about["held_out_from"]
    _check_parts(starts, len(ids), held_out_from)
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    digest.update(starts)
    for place in range(0, len(ids), _CHUNK):
        chunk = ids[place : place + _CHUNK]
        if int(chunk.max()) >= len(vocabulary):
            raise ValueError("it has ids without a word")
        digest.update(chunk)
    data = TextData(ids, starts, held_out_from, vocabulary, digest.hexdigest())
    for side in (data.training, data.held_out):
        if not _has_text(side, vocabulary):
            raise ValueError("one side has no text")
    return data


def _check_parts(starts: np.ndarray, size: int, held_out_from: Any) -> None:
    """Raise ValueError unless documents begin one after another and both sides have ids, of ``size``."""
    if starts[0] != 0 or starts[-1] >= size or (starts[1:] <= starts[:-1]).any():
        raise ValueError("its documents do not begin one after another")
    if size < LEAST or not is_count(held_out_from) or not 0 < held_out_from <= size - LEAST_HELD_OUT:
        raise ValueError("it does not tell what is held out")


def _has_text(ids: np.ndarray, vocabulary: TextVocabulary) -> bool:
    """Return whether any of ``ids`` stands for a character."""
    return any(vocabulary.lengths[ids[place : place + _CHUNK]].any() for place in range(0, len(ids), _CHUNK))


def _tensor(file: BinaryIO, begin: int, described: dict[str, Any], dtypes: dict[str, np.dtype]) -> np.ndarray:
    """Memory-map a tensor of one axis and one of ``dtypes``, by their names in the file.

    Raises ValueError where it is described otherwise or the file does not hold all of it.
    """
    dtype = dtypes.get(described["dtype"])
    if dtype is None:
        raise ValueError(f"it holds {described['dtype']!a} numbers instead of {' or '.join(dtypes)}")
    (size,) = described["shape"]
    first, last = described["data_offsets"]
    if not all(map(is_count, (size, first, last))):
        raise ValueError("its sizes are no numbers")
    if last - first != size * dtype.itemsize or not size:
        raise ValueError("its sizes do not fit")
    return np.memmap(file, dtype, mode="r", offset=begin + first, shape=(size,))

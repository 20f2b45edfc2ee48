"""The data file of poems: a NumPy ``.npz`` with the rows of character ids and the word of every id.

Two layouts are read; only the first is written:

- this project's: ``data`` int32 (N, T); ``ix2word`` unicode (V,) in the order of the ids; ``word2ix``
  structured (V,) with the fields ``word`` and ``ix``, sorted by word. ``np.load`` reads it without pickle.
- the classic ``tang.npz``: ``data`` in any integer type; ``ix2word`` and ``word2ix`` pickled dictionaries.

A data file may come from anywhere, so nothing in it is trusted: sizes are limited before anything is
read, no code in it is run, and every value is checked.
"""

import io
import math
import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from poetry.base.errors import PoetryError
from poetry.base.files import atomic_write
from poetry.text.safe_pickle import read_dictionary

MAX_DATA_BYTES = 1 << 30  # in the file and as int32; the Tang and Song poems together need 160 MB
MAX_WORDS_BYTES = 32 << 20  # per dictionary; the classic ones have 0.1 MB
MAX_WORDS = 100_000
MAX_WORD_LENGTH = 16  # characters; the longest token in use, <START>, has 7

_MAX_HEADER = 1024  # bytes of a .npy header; NumPy writes 128. This limits its parser's recursion depth.
_CHUNK = 1 << 20  # bytes

_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def write_npz(path: str | os.PathLike[str], data: np.ndarray, words: list[str]) -> None:
    """Write ``data`` int (N, T) and ``words``, the word of every id from 0 on.

    The same input gives the same bytes. Raises PoetryError when ``read_npz`` would refuse the result or the
    file cannot be written.
    """
    try:
        _check_words(words)
        data = _checked_rows(data, len(words))
    except ValueError as error:
        raise PoetryError(f"cannot write {path}: {error}; look at the poems it is made from") from error
    width = max(map(len, words))
    by_word = sorted((word, ix) for ix, word in enumerate(words))
    members = {
        "data": data.astype("<i4", copy=False),
        "ix2word": np.array(words, f"<U{width}"),
        "word2ix": np.array(by_word, [("word", f"<U{width}"), ("ix", "<i4")]),
    }
    with atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in members.items():
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, on every system
            with archive.open(info, "w") as member:
                np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)


def read_npz(path: str | os.PathLike[str]) -> tuple[np.ndarray, list[str]]:
    """Return ``data`` int32 (N, T) and the V words in the order of their ids, from either layout.

    All ids lie in 0..V-1; N >= 1, T >= 2; words are unique. Raises PoetryError, and nothing else, for a
    file that is missing, damaged, hostile or of another kind.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a pipe would wait for ever
            raise ValueError("it is not a file")
        with _ShortReads(path) as file, zipfile.ZipFile(file) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns about headers from Python 2
            words = _read_words(archive)
            data = _array(*_member(archive, "data", MAX_DATA_BYTES + _MAX_HEADER))
            return _checked_rows(data, len(words)), words
    except Exception as error:  # zipfile, zlib and NumPy raise many kinds of errors on forged bytes
        text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        reason = " ".join(text[:200].split()) or type(error).__name__
        raise PoetryError(
            f"cannot read {path}: {reason}; "
            "make it anew with: python prepare.py (of any text: with --text FILE)"
        ) from error


class _ShortReads(io.FileIO):
    """A file that returns at most 1 MiB per read, so that a zip directory above 1 MiB is cut and refused.

    zipfile reads the whole directory at once, whatever its size, and makes objects ten times as large."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(_CHUNK if size is None or size < 0 else min(size, _CHUNK))


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> tuple[bytearray, int, np.dtype, tuple, str]:
    """Read one .npy member: its bytes, the offset of the values, their dtype, shape and order."""
    found = [info for info in archive.infolist() if info.filename == f"{name}.npy"]
    if len(found) != 1:
        raise ValueError(f"it holds {len(found)} members {name}.npy instead of 1")
    if found[0].file_size > limit:
        raise ValueError(f"{name} claims {found[0].file_size} bytes, more than the limit of {limit}")
    if found[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed in a way that NumPy does not use")
    content = bytearray()
    with archive.open(found[0]) as member:
        while chunk := member.read(_CHUNK):  # in total never more than the claimed size
            content += chunk
    if len(content) != found[0].file_size:
        raise ValueError(f"{name} is cut short")
    start = io.BytesIO(content[: 2 * _MAX_HEADER])
    version = np.lib.format.read_magic(start)
    if version not in _HEADER_READERS:
        raise ValueError(f"{name} has the unknown .npy version {version}")
    shape, fortran, dtype = _HEADER_READERS[version](start, max_header_size=_MAX_HEADER)
    return content, start.tell(), dtype, shape, "F" if fortran else "C"


def _array(content: bytearray, start: int, dtype: np.dtype, shape: tuple[int, ...], order: str) -> np.ndarray:
    """Return a member's array: a view of ``content``, so that a claimed shape cannot allocate anything."""
    if dtype.hasobject:
        raise ValueError("it holds Python objects where numbers or words belong")
    if math.prod(shape) * dtype.itemsize != len(content) - start:
        raise ValueError(f"an array of shape {shape} does not fit its {len(content) - start} bytes")
    return np.frombuffer(content, dtype, offset=start).reshape(shape, order=order)


def _read_words(archive: zipfile.ZipFile) -> list[str]:
    """Return the words in the order of their ids, after checking the two dictionaries against each other."""
    ix2word = _dictionary(archive, "ix2word")
    word2ix = _dictionary(archive, "word2ix")
    if set(map(type, ix2word)) != {int} or set(map(type, ix2word.values())) != {str}:
        raise ValueError("ix2word does not lead from numbers to words")
    if ix2word.keys() != set(range(len(ix2word))):
        raise ValueError(f"ix2word has {len(ix2word)} words, but not the ids 0 to {len(ix2word) - 1}")
    words = [ix2word[ix] for ix in range(len(ix2word))]
    _check_words(words)
    if set(map(type, word2ix.values())) != {int}:  # True would equal 1
        raise ValueError("word2ix does not lead from words to numbers")
    if word2ix != {word: ix for ix, word in enumerate(words)}:
        raise ValueError("word2ix is not the inverse of ix2word")
    return words


def _dictionary(archive: zipfile.ZipFile, name: str) -> dict[Any, Any]:
    """Return ``ix2word`` or ``word2ix`` from either layout; its entries are not checked yet."""
    content, start, dtype, shape, order = _member(archive, name, MAX_WORDS_BYTES)
    if dtype.kind == "O":
        return read_dictionary(bytes(content[start:]), MAX_WORDS)
    array = _array(content, start, dtype, shape, order)
    if array.ndim != 1 or len(array) > MAX_WORDS:
        raise ValueError(f"{name} has the shape {array.shape}; a row of up to {MAX_WORDS} is allowed")
    if name == "ix2word":
        return dict(enumerate(array.tolist()))
    if array.dtype.names != ("word", "ix"):
        raise ValueError("word2ix does not have the fields word and ix")
    return dict(array.tolist())


def _check_words(words: list[str]) -> None:
    """Raise ValueError unless ``words`` are distinct texts that can be printed and stored."""
    if not 0 < len(words) <= MAX_WORDS:
        raise ValueError(f"it has {len(words)} words; 1 to {MAX_WORDS} are allowed")
    for ix, word in enumerate(words):
        if not 0 < len(word) <= MAX_WORD_LENGTH:
            raise ValueError(f"word {ix} has {len(word)} characters; 1 to {MAX_WORD_LENGTH} are allowed")
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in word):
            raise ValueError(f"word {ix} is {word!a}, which is no text")
    if len(set(words)) != len(words):
        raise ValueError("the same word stands for several ids")


def _checked_rows(data: np.ndarray, vocabulary: int) -> np.ndarray:
    """Return ``data`` as int32 (N, T), or raise ValueError unless it is rows of ids below ``vocabulary``."""
    if data.dtype.kind not in "iu":
        raise ValueError(f"data is {data.dtype} instead of whole numbers")
    if data.ndim != 2 or data.shape[0] < 1 or data.shape[1] < 2:
        raise ValueError(f"data has the shape {data.shape} instead of rows of at least two ids")
    if 4 * data.size > MAX_DATA_BYTES:
        raise ValueError(f"data has {data.size} ids, more than the limit of {MAX_DATA_BYTES // 4}")
    low, high = int(data.min()), int(data.max())
    if low < 0 or high >= vocabulary:
        raise ValueError(f"data has ids from {low} to {high}, but there are {vocabulary} words")
    return np.ascontiguousarray(data, np.int32)

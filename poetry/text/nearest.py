"""Search for the lines of the 全唐诗 most similar to a given line, with the poems they come from.

The corpus is read once; the index made from it is kept in a file. Similarity is the Levenshtein distance: the
smallest number of characters to change, add or remove.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from poetry.base.errors import PoetryError
from poetry.base.files import atomic_write, open_plain
from poetry.text import chinese_poetry, cleaning, script
from poetry.verse.form import MARKS, PAUSE, characters, verse_lines, without_pauses
from poetry.verse.typed import normalise

DYNASTY = "tang"
MOST = 5  # lines returned
_NEAR = 3  # a line is near when it differs in at most one of this many characters
_CODES = 1 << 16
_VERSION = 1
_SURROGATES = (np.arange(_CODES) & 0xF800) == 0xD800  # code points that are no characters: bool (_CODES,)


@dataclass(frozen=True)
class Near:
    """A line similar to a given one: its text (simplified), the ``title`` and ``author`` of its poem, and the
    ``distance`` in characters.
    """

    line: str
    title: str
    author: str
    distance: int


@dataclass(frozen=True, eq=False)
class LineIndex:
    """All distinct lines of a corpus.

    ``lines``: for each line length L, the code points, uint16 (N, L), and the number of each line's poem,
    int32 (N,). ``poems``: (title, author) of each poem.
    """

    lines: dict[int, tuple[np.ndarray, np.ndarray]]
    poems: tuple[tuple[str, str], ...]

    @classmethod
    def build(cls, folder: Path) -> "LineIndex":
        """Index the poems of the Tang in a folder of chinese-poetry.

        Lines are cleaned, folded and simplified as for training; of equal lines the first is kept. Raises
        PoetryError where the folder holds no such poems.
        """
        found: dict[str, int] = {}
        poems: list[tuple[str, str]] = []
        for raw in cleaning.sound_poems(chinese_poetry.read_poems(folder, DYNASTY), cleaning.clean):
            for line in verse_lines(raw.text):
                found.setdefault(line, len(poems))
            poems.append((_in_a_line(raw.title), _in_a_line(raw.author)))
        by_size: dict[int, list[str]] = {}
        for line in found:
            by_size.setdefault(len(line), []).append(line)
        lines = {
            size: (_codes(group), np.array([found[line] for line in group], dtype=np.int32))
            for size, group in by_size.items()
        }
        return cls(lines, tuple(poems))

    def save(self, path: Path) -> None:
        """Write the index to a file atomically. Raises PoetryError where it cannot be written."""
        named = "\n".join(f"{title}\t{author}" for title, author in self.poems)
        arrays = {"version": np.array(_VERSION), "poems": np.frombuffer(named.encode(), dtype=np.uint8)}
        for size, (codes, numbers) in self.lines.items():
            arrays |= {f"codes{size}": codes, f"numbers{size}": numbers}
        with atomic_write(path) as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> "LineIndex":
        """Read an index that ``save`` wrote. Raises FileNotFoundError where there is none, PoetryError where
        it cannot be read or is damaged.
        """
        try:
            with open_plain(path) as file:
                return _read_index(file)
        except FileNotFoundError:
            raise
        except Exception as error:  # zipfile, zlib and NumPy raise many kinds of errors on damaged bytes
            raise PoetryError(f"{path} is damaged or cannot be read; remove it, it is made anew") from error

    def nearest(self, line: str, most: int = MOST) -> list[Near]:
        """Return the lines nearest to ``line``, at most ``most``, the nearest first; may be empty.

        A line is near when its distance is at most a third of the length of ``line``. ``line``: one line,
        typed in either script. Raises PoetryError where it is not one line of Chinese verse.
        """
        text = _read(line)
        near = len(text) // _NEAR
        found = [
            hit for size in self.lines if abs(size - len(text)) <= near for hit in self._hits(text, size)
        ]
        return sorted(found, key=lambda hit: hit.distance)[:most]

    def _hits(self, text: str, size: int) -> Iterator[Near]:
        """Yield the lines of length ``size`` that are near ``text``."""
        codes, numbers = self.lines[size]
        near = len(text) // _NEAR
        # A quick filter: a near line shares at least this many characters with the text, in whatever order.
        of_text = np.zeros(_CODES, dtype=bool)
        of_text[[ord(character) for character in text if ord(character) < _CODES]] = True
        alike = of_text[codes].sum(axis=1) >= max(len(text), size) - near
        for ix in np.flatnonzero(alike).tolist():
            line = "".join(map(chr, codes[ix].tolist()))
            distance = edit_distance(text, line)
            if distance <= near:
                yield Near(line, *self.poems[numbers[ix]], distance)


def open_index(cache: Path, folder: Path) -> LineIndex | None:
    """Return the index of a corpus: read it from the file ``cache``, or make it from ``folder`` and save it.

    Returns None where there is no such file and the folder holds no poems. Raises PoetryError where the file
    cannot be read, is damaged or cannot be written. Making the index takes a minute.
    """
    with contextlib.suppress(FileNotFoundError):
        return LineIndex.load(cache)
    return make_index(cache, folder) if any(folder.rglob(f"poet.{DYNASTY}.*.json")) else None


def make_index(cache: Path, folder: Path) -> LineIndex:
    """Make the index of the corpus in ``folder``, save it to the file ``cache`` and return it.

    Raises PoetryError as ``LineIndex.build`` and ``save`` do.
    """
    index = LineIndex.build(folder)
    index.save(cache)
    return index


def edit_distance(first: str, second: str) -> int:
    """Return the Levenshtein distance of two texts."""
    before = list(range(len(second) + 1))
    for row, character in enumerate(first, 1):
        here = [row]
        for column, other in enumerate(second, 1):
            changed = before[column - 1] + (character != other)
            here.append(min(changed, before[column] + 1, here[-1] + 1))
        before = here
    return before[-1]


def _read_index(file: BinaryIO) -> LineIndex:
    """Read an index. Raises ValueError, or any error of NumPy's reader, where it is damaged."""
    with np.load(file, allow_pickle=False) as arrays:
        if int(arrays["version"]) != _VERSION:
            raise ValueError
        named = arrays["poems"].tobytes().decode().split("\n")
        poems = tuple((title, author) for title, _, author in (row.partition("\t") for row in named))
        sizes = [int(name[5:]) for name in arrays.files if name.startswith("codes")]
        lines = {size: (arrays[f"codes{size}"], arrays[f"numbers{size}"]) for size in sizes}
    sound = all(
        codes.shape == (len(numbers), size)
        and codes.dtype == np.uint16
        and not _SURROGATES[codes].any()
        and numbers.dtype == np.int32
        and 0 <= numbers.min() <= numbers.max() < len(poems)
        for size, (codes, numbers) in lines.items()
    )
    if not sound:
        raise ValueError
    return LineIndex(lines, poems)


def _read(line: str) -> str:
    """Return the characters of one typed line, folded and simplified. Raises PoetryError if it is not one."""
    typed = normalise(line, "line", keep_pauses=True)
    if set(map(len, typed.strip(MARKS).split(PAUSE))) in ({5}, {7}):  # lines of a poem
        typed = without_pauses(typed)
    lines = verse_lines(typed)
    verse = characters("".join(lines))
    if len(lines) != 1 or not verse or not all(map(script.is_chinese, verse)):
        raise PoetryError(f"line: {line!r} is not one line of Chinese verse")
    return script.to_simplified(script.fold_variants(verse))


def _in_a_line(typed: str) -> str:
    """Simplify a title or a name and replace line ends and tabs by spaces."""
    return " ".join(script.to_simplified(typed).split())


def _codes(lines: list[str]) -> np.ndarray:
    """Return the code points of lines of equal length, all in the basic plane: uint16 (N, L)."""
    return np.frombuffer("".join(lines).encode("utf-16-le"), dtype="<u2").reshape(len(lines), -1)

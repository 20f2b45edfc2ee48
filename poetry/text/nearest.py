"""The lines of the 全唐诗 that are most like a given one, with the poems that they stand in.

The corpus is read once, and what was made of it is kept in a file. Likeness is Levenshtein's distance: the
fewest characters that are to be changed, added or left out.
"""

import contextlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from poetry.base.errors import PoetryError
from poetry.base.files import atomic_write, open_plain
from poetry.text import chinese_poetry, corpus, script
from poetry.verse.form import characters, verse_lines
from poetry.verse.typed import normalise

DYNASTY = "tang"
MOST = 5  # lines that are told
_NEAR = 3  # a line is near that differs in no more than one character of so many
_CODES = 1 << 16
_VERSION = 1


@dataclass(frozen=True)
class Near:
    """A line that is like another one: its text (simplified), the ``title`` and ``author`` of its poem, and
    the ``distance``, in characters.
    """

    line: str
    title: str
    author: str
    distance: int


@dataclass(frozen=True, eq=False)
class LineIndex:
    """All different lines of a corpus.

    ``lines``: by their length L the code points, uint16 (N, L), and for each the number of its poem, int32
    (N,). ``poems``: the title and the author of each poem.
    """

    lines: dict[int, tuple[np.ndarray, np.ndarray]]
    poems: tuple[tuple[str, str], ...]

    @classmethod
    def build(cls, folder: Path) -> "LineIndex":
        """That of the poems of the Tang in a folder of chinese-poetry.

        Lines are cleaned, folded and simplified as the corpus is for training; of equal lines the first
        stands. Raises PoetryError where the folder holds no such poems.
        """
        found: dict[str, int] = {}
        poems: list[tuple[str, str]] = []
        for raw in chinese_poetry.read_poems(folder, DYNASTY):
            try:
                text = corpus.clean(raw.text)
            except corpus.Dropped:
                continue
            for line in verse_lines(text):
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
        """Write it to a file, whole or not at all. Raises PoetryError where it cannot be written."""
        named = "\n".join(f"{title}\t{author}" for title, author in self.poems)
        arrays = {"version": np.array(_VERSION), "poems": np.frombuffer(named.encode(), dtype=np.uint8)}
        for size, (codes, numbers) in self.lines.items():
            arrays |= {f"codes{size}": codes, f"numbers{size}": numbers}
        with atomic_write(path) as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> "LineIndex":
        """That of a file which ``save`` wrote. Raises PoetryError where it is damaged, OSError where there is
        none.
        """
        try:
            with open_plain(path) as file, np.load(file, allow_pickle=False) as arrays:
                if int(arrays["version"]) != _VERSION:
                    raise ValueError
                named = arrays["poems"].tobytes().decode().split("\n")
                poems = tuple((title, author) for title, _, author in (row.partition("\t") for row in named))
                sizes = [int(name[5:]) for name in arrays.files if name.startswith("codes")]
                lines = {size: (arrays[f"codes{size}"], arrays[f"numbers{size}"]) for size in sizes}
            sound = all(
                codes.shape == (len(numbers), size)
                and codes.dtype == np.uint16
                and numbers.max() < len(poems)
                for size, (codes, numbers) in lines.items()
            )
            if not sound:
                raise ValueError
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise PoetryError(f"{path} is damaged; remove it, it is made anew") from None
        return cls(lines, poems)

    def nearest(self, line: str, most: int = MOST) -> list[Near]:
        """The lines nearest to a ``line``, at most ``most``, the nearest first; none where it is new.

        Near is what differs in a third of its characters or less. ``line``: one line, typed in any script.
        Raises PoetryError where it is none.
        """
        text = _read(line)
        near = len(text) // _NEAR
        found = [
            hit for size in self.lines if abs(size - len(text)) <= near for hit in self._hits(text, size)
        ]
        return sorted(found, key=lambda hit: hit.distance)[:most]

    def _hits(self, text: str, size: int) -> Iterator[Near]:
        """The lines of a ``size`` that are near ``text``."""
        codes, numbers = self.lines[size]
        near = len(text) // _NEAR
        # as many places as must be alike hold characters of the text, wherever these stand there
        of_text = np.zeros(_CODES, dtype=bool)
        of_text[[ord(character) for character in text if ord(character) < _CODES]] = True
        alike = of_text[codes].sum(axis=1) >= max(len(text), size) - near
        for ix in np.flatnonzero(alike).tolist():
            line = "".join(map(chr, codes[ix].tolist()))
            distance = edit_distance(text, line)
            if distance <= near:
                yield Near(line, *self.poems[numbers[ix]], distance)


def open_index(cache: Path, folder: Path) -> LineIndex | None:
    """The index of a corpus: from the file ``cache``, else made of the ``folder`` and kept there.

    None where there is neither, nor poems in the folder. Raises PoetryError where the file is damaged or
    cannot be written. Making it takes a minute.
    """
    with contextlib.suppress(OSError):
        return LineIndex.load(cache)
    return make_index(cache, folder) if any(folder.rglob(f"poet.{DYNASTY}.*.json")) else None


def make_index(cache: Path, folder: Path) -> LineIndex:
    """The index of the corpus in a ``folder``, kept in the file ``cache`` from now on. Raises PoetryError as
    ``LineIndex.build`` and ``save`` do.
    """
    index = LineIndex.build(folder)
    index.save(cache)
    return index


def edit_distance(first: str, second: str) -> int:
    """Levenshtein's distance of two texts."""
    before = list(range(len(second) + 1))
    for row, character in enumerate(first, 1):
        here = [row]
        for column, other in enumerate(second, 1):
            changed = before[column - 1] + (character != other)
            here.append(min(changed, before[column] + 1, here[-1] + 1))
        before = here
    return before[-1]


def _read(line: str) -> str:
    """The characters of one typed line, folded and simplified. Raises PoetryError where it is not one."""
    lines = verse_lines(normalise(line, "line"))
    if len(lines) != 1 or not all(map(script.is_chinese, lines[0])):
        raise PoetryError(f"line: {line!r} is not one line of Chinese verse")
    return script.to_simplified(script.fold_variants(characters(lines[0])))


def _in_a_line(typed: str) -> str:
    """A title or a name, simplified, without line ends and tabs."""
    return " ".join(script.to_simplified(typed).split())


def _codes(lines: list[str]) -> np.ndarray:
    """The code points of lines of one length, which the basic plane holds: uint16 (N, L)."""
    return np.frombuffer("".join(lines).encode("utf-16-le"), dtype="<u2").reshape(len(lines), -1)

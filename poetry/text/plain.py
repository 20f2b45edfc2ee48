"""Plain text and CSV files, read piece by piece: encodings, newlines, selection of documents."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from poetry.base.errors import PoetryError
from poetry.base.files import open_plain

_PIECE = 1 << 20  # bytes
_MARK = "\ufeff"
_ENCODINGS = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")  # recognised by their byte order mark
_CONTROL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f-\x9f]")
_MAX_FIELD = 1 << 24  # characters of a CSV field
_SEPARATORS = re.compile(r"[|,;]")  # of several values in one field
_NAMED_AT_MOST = 20  # columns named in an error message


@dataclass(frozen=True)
class Choice:
    """Which documents of a CSV are used, and how much of each.

    A document is cut before the first of the texts ``cut_at``. It is dropped when it contains one of
    ``drop_with``; when a column has the value that ``drop_where`` pairs with it, alone or in a list separated
    by "|", "," or ";"; when it is empty, or has fewer words (separated by whitespace) than ``min_words`` or
    more than ``max_words`` (0: no limit). Case is ignored when dropping.
    """

    cut_at: tuple[str, ...] = ()
    drop_with: tuple[str, ...] = ()
    drop_where: tuple[tuple[str, str], ...] = ()
    min_words: int = 0
    max_words: int = 0

    def cut(self, text: str) -> str:
        """Cut ``text`` at the first of ``cut_at`` and strip whitespace."""
        ends = [place for place in map(text.find, self.cut_at) if place >= 0]
        return text[: min(ends, default=len(text))].strip()

    def why_dropped(self, text: str, row: dict[str, str]) -> str | None:
        """Return why the document ``text`` of ``row`` is dropped, or None where it is kept."""
        for column, value in self.drop_where:
            parts = [part.strip().lower() for part in (row[column], *_SEPARATORS.split(row[column]))]
            if value.strip().lower() in parts:
                return f"{column} is {value}"
        for unwanted in self.drop_with:
            if unwanted.lower() in text.lower():
                return f"holds {unwanted!r}"
        words = len(text.split())
        if not words:
            return "empty"
        if words < self.min_words:
            return f"fewer than {self.min_words} words"
        if self.max_words and words > self.max_words:
            return f"more than {self.max_words} words"
        return None


@dataclass
class DocumentsReport:
    """Counts of the documents of a source: read, kept, cut, and dropped by reason."""

    read: int = 0
    kept: int = 0
    cut: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        """The report as lines of text."""
        cut = f", {self.cut:,} of them cut" if self.cut else ""
        rows = [f"{self.read:7,} documents read", f"{self.kept:7,} kept{cut}"]
        return rows + [f"{count:7,} dropped: {reason}" for reason, count in self.dropped.most_common()]


def read_file(path: Path, encoding: str | None = None) -> Iterator[str]:
    """Yield the text of a file in pieces of about a megabyte, with every line end as a newline.

    Without ``encoding`` a file is UTF-8, or UTF-16 or UTF-32 where it begins with their byte order mark. A
    byte order mark is removed. Control characters other than tab and newline become spaces. Raises
    PoetryError when the file cannot be read, is empty or binary, or cannot be decoded (naming the byte).
    """
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    try:
        with open_plain(path) as file:
            empty = True
            for piece in _decoded(file, path, encoding):
                empty = False
                if "\0" in piece:
                    raise PoetryError(
                        f"{path} is binary, no text; UTF-16 without its mark needs --encoding utf-16-le"
                    )
                yield _CONTROL.sub(" ", newlines.decode(piece))
    except OSError as error:
        raise PoetryError(f"cannot read {path}: {error.strerror}; give a text file") from None
    if empty:
        raise PoetryError(f"{path} is empty; give a text file")
    if last := newlines.decode("", final=True):  # a carriage return at the very end
        yield last


def _decoded(file: io.BufferedReader, path: Path, encoding: str | None) -> Iterator[str]:
    begins = file.peek()
    marked = (name for name in _ENCODINGS if begins.startswith(_MARK.encode(name)))
    name = encoding or next(marked, "utf-8")
    decoder = codecs.getincrementaldecoder(name)()
    place, begun = 0, False  # place of the next byte to read; whether any text was decoded
    while True:
        piece = file.read(_PIECE)
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            where = place - waiting + error.start + 1
            raise PoetryError(
                f"{path}: byte {where} (0x{error.object[error.start]:02x}) is not {name.upper()}; "
                "say what it is with --encoding, as --encoding gb18030"
            ) from None
        except UnicodeError as error:  # of the encoding as a whole, such as utf-16 without its mark
            raise PoetryError(f"{path} is not {name.upper()}: {error}; give another --encoding") from None
        if not begun and text:
            text, begun = text.removeprefix(_MARK), True
        place += len(piece)
        if text:
            yield text
        if not piece:
            return


def read_csv(
    path: Path, column: str, choice: Choice, report: DocumentsReport, encoding: str | None = None
) -> Iterator[str]:
    """Yield the documents in ``column`` of a CSV whose first row names the columns, and fill in ``report``.

    Raises PoetryError as ``read_file`` does, when a column is missing, and when the file is not a CSV.
    """
    csv.field_size_limit(_MAX_FIELD)
    rows = csv.DictReader(_lines(read_file(path, encoding)), restval="", strict=True)
    try:
        _check_columns(path, list(rows.fieldnames or []), [column, *(name for name, _ in choice.drop_where)])
        for row in rows:
            report.read += 1
            whole = row[column].strip()
            text = choice.cut(whole)
            reason = choice.why_dropped(text, row)
            if reason is not None:
                report.dropped[reason] += 1
                continue
            report.kept += 1
            report.cut += text != whole
            yield text
    except csv.Error as error:
        raise PoetryError(f"{path} is no CSV: line {rows.reader.line_num}: {error}") from None


def _check_columns(path: Path, known: list[str], wanted: list[str]) -> None:
    if not known:
        raise PoetryError(f"{path}: the first line, which names the columns, is empty")
    for name in wanted:
        if name not in known:
            shown = ", ".join(known[:_NAMED_AT_MOST]) + (", …" if len(known) > _NAMED_AT_MOST else "")
            raise PoetryError(f"{path} has no column {name!r}; its columns are: {shown}")
        if known.count(name) > 1:
            raise PoetryError(f"{path} has {known.count(name)} columns {name!r}; give each a name of its own")


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest

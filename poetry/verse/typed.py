"""Normalise typed verse: full-width and compatibility forms, marks, spaces, line ends."""

import re
import unicodedata

from poetry.base.errors import PoetryError, display
from poetry.verse.form import COMMA, MARKS, PAUSE, PERIOD, verse_lines, without_pauses

WRAPPING = re.compile(r"[「」『』《》〈〉“”‘’\"\[\]]")  # may enclose verse, but is no part of it

_TYPED_MARKS = str.maketrans(",.?!;:：｡､", "，。？！；，，。、")
_SPARE = re.compile(f"(?<=[{MARKS}{PAUSE}]){PAUSE}+|{PAUSE}+(?=[{MARKS}])")  # pauses next to a mark
_ELLIPSES = re.compile("[…‥⋯]+")  # one full stop, as long as it may be
# A space after four or more characters separates lines of verse; other spaces are removed.
_LINE_END = re.compile(
    "\r\n|[\n\r\u2028\u2029]|(?<=\\w{4})[\t \xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+(?=\\w)"
)


def normalise(typed: str, name: str, keep_pauses: bool = False) -> str:
    """Normalise typed text: full-width and compatibility forms, marks, spaces, line ends.

    Half-width marks become marks of verse, a colon a comma and an ellipsis a full stop; 、 becomes a comma
    unless ``keep_pauses``. Quotation marks and spaces are removed. A sign that would be written out as
    several characters (㍿) stays as typed. A line end, or a space after four or more characters, becomes ，
    after odd verse lines and 。 after even ones, unless there is a mark before or after it. Raises
    PoetryError on a control or format character or a byte that is not UTF-8, naming it and its position.
    """
    parts: list[str] = []
    length = verses = 0  # the characters and the verse lines in ``parts``
    for line in _LINE_END.split(WRAPPING.sub("", typed)):
        line = _normalise_line(line)
        line = _SPARE.sub("", line) if keep_pauses else without_pauses(line)
        if not line:
            continue
        if parts and not {parts[-1][-1], line[0]} & set(MARKS + PAUSE):
            line = (COMMA if verses % 2 else PERIOD) + line
        _check_text(line, name, length)
        parts.append(line)
        length += len(line)
        verses += len(verse_lines(without_pauses(line)))
    return "".join(parts).lstrip(PAUSE)


def _normalise_line(line: str) -> str:
    """Normalise a line of typed text."""
    line = _ELLIPSES.sub(PERIOD, line.translate(_TYPED_MARKS))
    line = "".join(c if c in MARKS + PAUSE else _usual_form(c) for c in line)
    line = WRAPPING.sub("", line)
    return "".join(c for c in line if c != "\t" and unicodedata.category(c) != "Zs")


def _usual_form(character: str) -> str:
    """Return the mark, or the one character of a script, that ``character`` is a form of; else itself.

    So ⽉ becomes 月, Ａ becomes A and ⁉ becomes ！, while ㍿, ½, Ⅳ and ① stay.
    """
    found = unicodedata.normalize("NFKC", character).translate(_TYPED_MARKS)
    if set(found) <= set(MARKS + PAUSE):
        return found[:1]
    kinds = "Lo", unicodedata.category(character)
    return found if len(found) == 1 and unicodedata.category(found) in kinds else character


def _check_text(line: str, name: str, before: int) -> None:
    """Raise PoetryError if a character of a line is not text; ``before`` characters precede the line."""
    for ix, character in enumerate(line, before + 1):
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
            raise PoetryError(f"{name}: {display(character)} at position {ix} is not text; take it out")

"""Checking typed verse, which may have the name of its form or tune in a line above it."""

import re

from poetry.base.errors import PoetryError, display
from poetry.composing.names import find_form_or_tune, named_form
from poetry.text import script
from poetry.verse import typed
from poetry.verse.checking import check_verse
from poetry.verse.ci_report import CiReport
from poetry.verse.form import MARKS, PAUSE, Form, characters
from poetry.verse.prosody import Report
from poetry.verse.tunes import Tune

EMPTY = "is empty; give it characters of verse"  # the message on a text of nothing but marks, after its name


def check(text: str, form: str | Form | Tune | None = None) -> Report | CiReport:
    """Check typed verse and report its form, tones and rhymes, and every fault by name and place.

    ``form``: the form or tune to check it by, by any of its names, or "couplet". Without one, the first line
    is used if it is such a name; otherwise the form is found from the text. Raises PoetryError where the text
    holds anything but verse, the form is not known, or the text is far from its length.
    """
    return check_verse(*read(text, form))


def read(text: str, form: str | Form | Tune | None = None) -> tuple[str, Form | Tune | None]:
    """(the normalised verse of a typed text, with its pauses, the form to check it by or None).

    Arguments and errors as in ``check``.
    """
    named, verse = titled(text)
    wanted = named if form is None else named_form(form)
    return typed_verse(verse, "text", keep_pauses=True), wanted


def titled(text: str) -> tuple[Form | Tune | None, str]:
    """(the form or tune named in the first line, the rest), or (None, the text) where it names none."""
    check_text(text, "text")
    first, _, rest = text.strip().partition("\n")
    name = re.split("[·・]", first)[0].strip()
    found = find_form_or_tune(name) if rest.strip() else None
    return (found, rest) if found else (None, text)


def typed_verse(text: str, name: str, keep_pauses: bool = False) -> str:
    """Normalise typed verse, as ``poetry.verse.typed.normalise`` does.

    Raises PoetryError where it has non-Chinese characters, or none at all.
    """
    check_text(text, name)
    verse = typed.normalise(text, name, keep_pauses)
    for position, character in enumerate(verse, 1):
        if character not in MARKS + PAUSE and not is_chinese(character):
            shown = display(character)
            raise PoetryError(f"{name}: {shown} at position {position} is not a Chinese character")
    if not characters(verse):
        raise PoetryError(f"{name} {EMPTY}")
    return verse


def check_text(text: object, name: str) -> None:
    """Raise PoetryError unless ``text`` is a str."""
    if not isinstance(text, str):
        raise PoetryError(f"{name} {text!r}: a text is wanted")


def is_chinese(character: str) -> bool:
    """Whether a character is Chinese, 〇 included."""
    return character == "〇" or script.is_chinese(character)

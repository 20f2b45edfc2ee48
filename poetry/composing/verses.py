"""Texts that hold several poems, with empty lines between them or between the stanzas of a ci."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from poetry.composing.checking import titled, typed_verse
from poetry.verse.ci import MOST_STANZAS, join_stanzas, stanzas_of_one
from poetry.verse.form import Form
from poetry.verse.tunes import Tune


class Verse(NamedTuple):
    """A poem, or one stanza: where it stands, its normalised text, and the form to check it by, if known."""

    name: str
    text: str
    form: Form | Tune | None


def verses_of(text: str, name: str) -> list[Verse]:
    """The poems and stanzas of a text, each with the form that the line above it names.

    ``name``: of the text, for their names and for errors. Raises PoetryError where a part is not verse.
    """
    blocks = list(_blocks(text))
    verses = []
    for number, block in enumerate(blocks, 1):
        form, rest = titled(block)
        place = name if len(blocks) == 1 else f"{name}, poem {number}"
        verses.append(Verse(place, typed_verse(rest, place, keep_pauses=True), form))
    return verses


def whole_poems(verses: Sequence[Verse], form: Form | Tune | None) -> Iterator[Verse]:
    """Yield every poem of a text, with ``form`` if it is given; the stanzas of one ci make one poem."""
    start = 0
    while start < len(verses):
        first, *others = verses[start : start + MOST_STANZAS]
        stanzas = [first.text, *(verse.text for verse in takewhile(lambda verse: not verse.form, others))]
        known = form or first.form
        count = 1 if isinstance(known, Form) else stanzas_of_one(stanzas, known)
        yield Verse(first.name, join_stanzas(stanzas[:count]), known)
        start += count


def _blocks(text: str) -> Iterator[str]:
    """Yield the parts of a text between empty lines; a part that is only a name goes before the next one."""
    name = ""
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        if "\n" not in block and titled(f"{block}\n。")[0]:
            name = f"{block}\n"
        elif block:
            yield name + block
            name = ""
    if name:
        yield name

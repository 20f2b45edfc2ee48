"""Couplets 对联: a first line 上联 and the second one 下联 that answers it.

Source of the rules: 联律通则 of the Chinese Couplet Association (中国楹联学会). ``poetry.verse.parallelism``
measures its rule about meaning: words of the same class in the same places.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from poetry.verse import parallelism
from poetry.verse.form import COMMA, PERIOD, Form, verse_lines
from poetry.verse.places import Place
from poetry.verse.prosody import Fault, Line, Report
from poetry.verse.readings import LEVEL, LEVEL_GROUPS, OBLIQUE, OPPOSITE, TONE_NAMES, tone_signs, wrong_tone

COUPLET = Form("couplet", "对联", count=2)
SIZES = range(5, 13)  # characters of a line


@dataclass(frozen=True)
class CoupletScheme:
    """The rules for the answer to a ``first`` line; composing uses it like the scheme of a form."""

    first: str
    form: ClassVar[Form] = COUPLET
    share: ClassVar[float] = 1.0
    groups: ClassVar[tuple[str, ...]] = ()
    book: ClassVar[Sequence[str]] = LEVEL_GROUPS

    @functools.cached_property
    def places(self) -> tuple[Place, ...]:
        """The couplet place by place.

        The second line has the opposite tone in even places (from 1), ends level, and repeats its characters
        in the places where the first line does.
        """
        size, signs = len(self.first), tone_signs(self.first)
        given = [Place(0, column) for column in range(size)]
        answer = []
        for column, character in enumerate(self.first):
            tone = LEVEL if column == size - 1 else OPPOSITE.get(signs[column]) if column % 2 else None
            earlier = self.first.index(character)
            repeats = size + 1 + earlier if earlier < column else None
            answer.append(Place(1, column, "", tone or ".", repeats=repeats, answers=column))
        return (*given, Place(0, size, COMMA), *answer, Place(1, size, PERIOD))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The rules that the first line breaks."""
        return tuple(_ending(self.first, 0, OBLIQUE))


def check_couplet(text: str) -> Report:
    """Check a couplet with its marks: return its faults and a note with its parallelism score."""
    verses = verse_lines(text)
    lines = [Line(verse, tone_signs(verse)) for verse in verses]
    faults = []
    if len(verses) != 2:
        faults.append(Fault("句数", 0, 0, f"a couplet has 2 lines, not {len(verses)}"))
    elif len(verses[0]) != len(verses[1]):
        sizes = " and ".join(str(len(verse)) for verse in verses)
        faults.append(Fault("字数", 0, 0, f"its lines have {sizes} characters; as many are wanted"))
    if faults:
        return Report(COUPLET, False, lines, faults=faults)
    first, second = verses
    faults = [*_ending(first, 0, OBLIQUE), *_same_tones(first, second), *_ending(second, 1, LEVEL)]
    faults += _repetitions(first, second)
    note = parallelism.note(2, parallelism.score(first, second))
    return Report(COUPLET, False, lines, faults=faults, notes=[note])


def _ending(verse: str, ix: int, wanted: str) -> list[Fault]:
    if tone_signs(verse)[-1] != OPPOSITE[wanted]:
        return []
    return [Fault("收尾", ix + 1, len(verse), f"{wrong_tone(verse[-1], wanted)} at the end")]


def _same_tones(first: str, second: str) -> list[Fault]:
    """Return a fault for each even place before the last whose two characters have the same tone."""
    faults = []
    above, below = tone_signs(first), tone_signs(second)
    for column in range(1, len(first) - 1, 2):
        tone = above[column]
        if tone in TONE_NAMES and below[column] == tone:
            both = f"{first[column]} and {second[column]} are both {TONE_NAMES[tone]}"
            faults.append(Fault("失对", 2, column + 1, f"{both}; opposite tones wanted"))
    return faults


def _repetitions(first: str, second: str) -> list[Fault]:
    """Return faults for characters in both lines, and for repetitions that only one of the lines has."""
    faults = []
    for column, character in enumerate(second):
        if character in first:
            faults.append(Fault("重字", 2, column + 1, f"{character} is in the first line too"))
        elif second.index(character) != first.index(first[column]):
            earlier = second.index(character)
            wanted = second[first.index(first[column])]
            detail = f"{wanted} should come again, as {first[column]} does in the first line"
            if earlier < column:
                detail = f"{character} comes again, unlike {first[column]} in the first line"
            faults.append(Fault("重字", 2, column + 1, detail))
    return faults

"""Verse with gaps: text in which ？ stands for a character that is still open, and how to find its form.

A ？ is also a mark of verse. It is read as a mark where a line is full: by the lines of a form or a tune;
else because the lines are then equally long, or because a line would be too long without the mark. Every
other ？ is a gap.
"""

import itertools
import re
from collections.abc import Collection, Container, Iterator

from poetry.verse.alignment import MarkedText, certain_ends, line_ends, possible_ends
from poetry.verse.ci import find_ci
from poetry.verse.ci_report import CiReport
from poetry.verse.form import (
    FORMS,
    FREE,
    GAP,
    MARKS,
    PAUSE,
    PERIOD,
    Form,
    characters,
    commas_at,
    is_well_formed,
    verse_lines,
    with_marks,
    without_pauses,
)
from poetry.verse.prosody import check_poem
from poetry.verse.tunes import Tune, tunes
from poetry.verse.typed import normalise

_QUESTION = "？"
_OPEN = str.maketrans("?" + _QUESTION, 2 * GAP)
_BETWEEN_LINES = re.compile(f"(?<=[^{MARKS}{GAP}]{{5}}){GAP}(?=[^{MARKS}{GAP}]{{5}})")  # no line is longer
_USUAL_SIZES = (5, 7)
_MOST_FAULTS = 1  # allowed in a text that is taken for regulated verse


def read_gaps(typed: str, name: str) -> str:
    """Normalise typed text, with GAP for every ？ and with its pauses. Raises PoetryError as it does."""
    return normalise(typed.translate(_OPEN), name, keep_pauses=True)


def laid(text: str, ends: Container[int]) -> str:
    """Return ``text`` with ？ for each GAP that follows a full line, and with a mark at its end.

    ``ends``: the places where lines end, counted in characters.
    """
    parts: list[str] = []
    count = 0
    for character in text.rstrip(PAUSE):
        after_mark = not parts or parts[-1] in MARKS + PAUSE
        if character == GAP and count in ends and not after_mark:
            parts.append(_QUESTION)
        elif character not in MARKS + PAUSE:
            parts.append(character)
            count += 1
        elif not (parts and parts[-1] == _QUESTION):  # else a line end after ？ has become a second mark
            parts.append(character)
    return "".join(parts) + PERIOD * (not parts or parts[-1] not in MARKS)


def without_lines(text: str, keep: Collection[int]) -> str:
    """Return ``text`` with gaps for all characters except those of the lines ``keep`` (from 1)."""
    parts, line = [], 1
    for character in text:
        parts.append(character if character in MARKS + PAUSE or line in keep else GAP)
        line += character in MARKS
    return "".join(parts)


def as_form(text: str, form: Form) -> str | None:
    """Return ``text`` with its gaps and marks read by ``form``, one of FORMS; None if it does not fit."""
    text = without_pauses(text)
    ends = range(form.size, form.size * form.count + 1, form.size)
    readings = (laid(with_marks(text), ()), laid(text, ends))
    return next((reading for reading in readings if form.has_shape(verse_lines(reading))), None)


def as_tune(text: str, tune: Tune) -> Iterator[str]:
    """Yield ``text`` with its gaps and marks read by each variant of a tune with as many characters.

    Lines end where they do in every division of the variant or, if that does not fit, in any division; a text
    without marks gets those of the commonest division.
    """
    for variant in tune.variants:
        one = laid(text, [len(variant)])
        if len(characters(one)) == len(variant) and not MarkedText.of(one).breaks:
            yield variant.with_marks(one)
            continue
        readings = (laid(text, ends(variant)) for ends in (certain_ends, possible_ends))
        fitting = (reading for reading in readings if len(characters(reading)) == len(variant))
        for reading in itertools.islice(fitting, 1):
            one_to_one = {place: place for place in range(len(variant))}
            yield commas_at(reading, line_ends(MarkedText.of(reading), variant, one_to_one))


def as_free(text: str) -> str:
    """Return ``text`` with its gaps and marks read without a form, as lines of equal length if possible."""
    text = without_pauses(text)
    sizes = dict.fromkeys([*_USUAL_SIZES, *map(len, verse_lines(text))])
    readings = (laid(text, range(size, len(text) + 1, size)) for size in sizes)
    found = next(filter(is_well_formed, readings), None)
    if found:
        return found
    whole = text[:-1] + _QUESTION if text[-1:] == GAP and _ends_full(text) else text
    return laid(_BETWEEN_LINES.sub(_QUESTION, whole), ())


def _ends_full(text: str) -> bool:
    """Whether the last line of ``text`` is full without the GAP at its end, which then is a mark.

    The GAP is a character if with it the line is as long as every other line or, if it is the only line, has
    five or seven characters; also if the line has no other character.
    """
    *others, last = verse_lines(text)
    sizes = {len(line) for line in others}
    full = len(last) in _USUAL_SIZES if not others else sizes == {len(last)}
    return len(last) > 1 and not full


def find_shape(text: str, keep: Collection[int] = ()) -> tuple[Form | Tune, str]:
    """Return (the form or tune of ``text``, ``text`` with its gaps and marks read by it), as check.py does.

    A text with the shape of a form is of that form if ``check_poem`` takes it for regulated or finds at most
    _MOST_FAULTS faults, else a ci if it fits a tune without faults, else free verse. Any other text is a ci
    if it fits a tune, else free verse. ``keep``: if not empty, only the characters of these lines (from 1)
    are checked against the form.
    """
    for form in FORMS:
        reading = as_form(text, form)
        if reading:
            locked = without_lines(reading, keep) if keep else reading
            if check_poem(locked).regulated or len(check_poem(locked, form).faults) <= _MOST_FAULTS:
                return form, reading
            ci = _find_tune(text)
            return (ci[0].tune, ci[1]) if ci and not ci[0].faults else (FREE, reading)
    found = _find_tune(text)
    return (found[0].tune, found[1]) if found else (FREE, as_free(text))


def _find_tune(text: str) -> tuple[CiReport, str] | None:
    """Return (the report by the tune that ``text`` breaks least, the text read by it); None if none fits."""
    known: dict[str, dict[str, Tune]] = {}
    for tune in tunes().values():
        for reading in as_tune(text, tune):
            known.setdefault(reading, {})[tune.name] = tune
    found = [(find_ci(reading, fitting), reading) for reading, fitting in known.items()]
    sound = [
        (report, reading)
        for report, reading in found
        if report and len(report.variant) == len(characters(reading)) and report.lines
    ]
    return min(sound, key=lambda pair: (pair[0].weight, -pair[0].variant.count), default=None)

"""Check a poem against the rules of regulated verse 近体诗: its form, sequence, tones, rhyme and faults.

Source of the rules: Wang Li, 诗词格律.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from poetry.verse.fitting import BORROWED, OFF_RHYME, UNRHYMED, WRONG_TONE, Reading, explain
from poetry.verse.form import FREE, GAP, LONG_FORMS, Form, recognise, verse_lines
from poetry.verse.patterns import RESCUING, RHYMED, SEQUENCES, TAILS, opening, rarer_tones
from poetry.verse.readings import (
    LEVEL,
    NEIGHBOURS,
    OBLIQUE,
    OPPOSITE,
    RARE,
    RARER,
    TONE_NAMES,
    TONE_SIGNS,
    is_level,
    level_groups,
    readings_table,
    rhyme_groups,
    tone_share,
    tone_signs,
    tones,
    wrong_tone,
)

# Simplified characters that stand for two which rhyme in one group, and may both rhyme in one poem.
_MERGED = dict(zip("干云台余帘冬胡咸才雕蒙升弥松钟须", "乾雲臺餘簾鼕鬍鹹纔鵰濛昇瀰鬆鐘鬚", strict=True))

_SHORT = 4  # lines of a 绝句
_LINES_A_FAULT = 8  # lines per allowed fault in a 排律 whose form is not given


@dataclass(frozen=True)
class Fault:
    """A fault or a note: its Chinese name, line and position (from 1; 0 for the whole), what is wrong."""

    name: str
    line: int
    position: int
    detail: str


@dataclass(frozen=True)
class Line:
    """A line of a checked poem.

    ``tones``: P, Z, "*" for both, "?" for unknown; if a fault or a note depends on how a character with both
    tones is read, the tone of that reading. ``type``: A to D; ``expected``: the tones wanted; both are empty
    in a poem that is not regulated.
    """

    text: str
    tones: str
    type: str = ""
    expected: str = ""


@dataclass(frozen=True)
class Report:
    """The result of ``check_poem``. ``sequence``, ``opening`` and ``rhyme`` are empty if there is none.

    ``rhyme``: the group of most rhymes, the first of several that have as many.
    """

    form: Form
    regulated: bool
    lines: list[Line]
    sequence: str = ""
    opening: str = ""
    rhyme: str = ""
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    @property
    def rhyming(self) -> list[tuple[int, int]]:
        """(line, position), from 1, of the characters that rhyme.

        In a regulated poem, those that have to rhyme; in others, the ends of even lines that share a group.
        """
        ends = [(number, len(line.text)) for number, line in enumerate(self.lines, 1) if line.text]
        if self.regulated:
            return [place for place in ends if self.lines[place[0] - 1].type in RHYMED]
        even = {place: rhyme_groups(self.lines[place[0] - 1].text[-1]) for place in ends if place[0] % 2 == 0}
        counts = Counter(group for groups in even.values() for group in groups)
        return [place for place, groups in even.items() if any(counts[group] > 1 for group in groups)]


def check_poem(text: str, form: Form | None = None) -> Report:
    """Check verse with its marks against the rules.

    With a regulated ``form``, the poem must follow its rules. Without one, a poem of a regulated shape is
    checked against the rules if it keeps nearly all of them (see ``_is_regulated``); any other poem is not
    regulated, which is not a fault. A character without known readings fits everywhere.
    """
    verses = verse_lines(text)
    lines = [Line(verse, tone_signs(verse)) for verse in verses]
    if form is FREE:
        return Report(form, False, lines, notes=_uneven(verses))
    if form is not None and not form.has_shape(verses):
        sizes = "/".join(map(str, sorted({len(verse) for verse in verses})))
        wanted = f"{form.shape} wanted, not {len(verses)} of {sizes}"
        return Report(form, False, lines, faults=[Fault("体裁", 0, 0, wanted)])
    shape = form or recognise(text)
    held = recognise(text, LONG_FORMS) if shape is FREE else shape
    if held is not FREE:
        group, off = _rhyme_group(verses)
        if form or group:
            readings = _read(verses, held, group)
            if form or _is_regulated(verses, held, group, off, readings):
                return _report(verses, held, group, readings)
    return Report(shape, False, lines, notes=_uneven(verses))


def _uneven(verses: list[str]) -> list[Fault]:
    """Return a note if a minority of lines differ in length: they may be a title or an author."""
    size, count = Counter(map(len, verses or [""])).most_common(1)[0]
    others = ", ".join(str(ix) for ix, verse in enumerate(verses, 1) if len(verse) != size)
    if not others or 2 * count <= len(verses):
        return []
    wanted = f"not of {size} characters as most are: line {others}; title and author are no verse"
    return [Fault("句式", 0, 0, wanted)]


def _read(verses: list[str], form: Form, group: str) -> tuple[Reading, ...]:
    last = verses[0][-1]
    rhymed, unrhymed = _first_rhyme_cost(last, group), 0
    if rhymed < OFF_RHYME and tones(last) == {LEVEL}:  # it rhymes, whatever else is wrong in line 1
        unrhymed = form.size * WRONG_TONE
    elif group in level_groups(last):  # prefer that line 1 rhymes to reading a line as an unusual variant
        unrhymed = UNRHYMED
    elif tone_share(last, OBLIQUE) < RARE:  # prefer a borrowed rhyme to a rare tone
        unrhymed = BORROWED
    costs = dict.fromkeys(RHYMED, rhymed) | dict.fromkeys("AC", unrhymed)
    return explain(verses, form.size, first_costs=costs, rare_costs=True)[1]


def _is_regulated(
    verses: list[str], form: Form, group: str, off: list[str], readings: Sequence[Reading]
) -> bool:
    """Whether a poem of a regulated shape is meant as regulated verse; ``off``: the rhymes out of ``group``.

    If there are several, they must be of neighbouring groups, and nothing else may be wrong. Otherwise all
    lines but one must fit a type. In a 排律, one line in eight may fit no type, and one in eight, or two if
    that is more, may break 对 or 粘. A 绝句 is too short for both kinds of fault: if a line does not rhyme,
    all lines must fit a type but for that rhyme, and either the first line or a neighbouring rhyme group must
    show that a rhyme is meant, or nothing else may be wrong.
    """
    most = len(verses) // _LINES_A_FAULT if form in LONG_FORMS else 1
    wrong = [reading.wrong for reading in explain(verses, form.size, ordered=False)[1]]
    broken = sum(reading.breaks and not reading.same_cause for reading in readings)
    if sum(map(bool, wrong)) > most or (form in LONG_FORMS and broken > max(2, most)):
        return False
    if len(off) > 1:
        near = all(level_groups(rhyme) & NEIGHBOURS[group] for rhyme in off)
        return near and not broken and not any(wrong)
    if not off or form.count != _SHORT:
        return True
    first, *even = (level_groups(verses[ix][-1]) for ix in (0, 1, 3))
    meant = group in first or all(found & NEIGHBOURS[group] for found in even)
    perfect = not (broken or readings[0].kind in RHYMED or any(reading.wrong for reading in readings))
    ends = (), (form.size - 1,)  # the rhyme alone may be wrong
    return perfect or (meant and not any(wrong[::2]) and all(places in ends for places in wrong[1::2]))


def _report(verses: list[str], form: Form, group: str, readings: Sequence[Reading]) -> Report:
    types = "".join(reading.kind for reading in readings)
    ends = [verse[-1] for verse in verses]
    faults, notes = rhyme_faults(ends, types, group, form.size, _rivals(ends, types, group))
    faults += line_faults(verses, readings)
    notes += [*_variants(verses, readings), *_rarer_tones(verses, readings)]
    sequence = next(sequence for sequence in SEQUENCES if sequence[0] == types[0])
    return Report(
        form,
        True,
        _read_lines(verses, readings),
        sequence,
        opening(sequence, form.size),
        group,
        in_order(faults),
        in_order(notes),
    )


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults or notes in the order of their places."""
    return sorted(faults, key=lambda fault: (fault.line, fault.position))


def _read_lines(verses: list[str], readings: Sequence[Reading]) -> list[Line]:
    """Return the lines as they are read; characters that a message depends on have one tone."""
    lines = []
    for ix, (verse, reading) in enumerate(zip(verses, readings, strict=True)):
        places = {1} if reading.breaks or any(later.breaks for later in readings[ix + 1 : ix + 2]) else set()
        if reading.note or reading.wrong or (ix and readings[ix - 1].rescued):
            places |= set(range(len(verse) - 5, len(verse)))
        places |= set(rarer_tones(verse, reading.pattern, RARER))
        signs = [
            wanted if at in places and sign == "*" and wanted != "." else sign
            for at, (sign, wanted) in enumerate(zip(tone_signs(verse), reading.pattern, strict=True))
        ]
        lines.append(Line(verse, "".join(signs), reading.kind, reading.pattern))
    return lines


def _variants(verses: list[str], readings: Sequence[Reading]) -> list[Fault]:
    """Return a note for every line whose last five characters have a variant of its type.

    Where a tone among them is wrong, the fault names the variant (see ``tone_faults``).
    """
    notes = []
    for ix, (verse, reading) in enumerate(zip(verses, readings, strict=True)):
        if reading.note and all(place < len(verse) - 5 for place in reading.wrong):
            detail = f"the line ends {reading.pattern[-5:].translate(TONE_SIGNS)}"
            if reading.rescued:
                rescuer = verses[ix + 1][RESCUING - 5]
                detail += f"; {rescuer} in line {ix + 2}, level 平, makes up for it"
            notes.append(Fault(reading.note, ix + 1, 0, detail))
    return notes


def _rarer_tones(verses: list[str], readings: Sequence[Reading]) -> list[Fault]:
    """Return a note for every character that is read in a tone that verse seldom gives it."""
    notes = []
    for ix, (verse, reading) in enumerate(zip(verses, readings, strict=True)):
        for place in rarer_tones(verse, reading.pattern, RARER):
            tone = reading.pattern[place]
            detail = f"{verse[place]} is mostly {TONE_NAMES[OPPOSITE[tone]]}"
            notes.append(Fault(f"{tone.translate(TONE_SIGNS)}读", ix + 1, place + 1, detail))
    return notes


def line_faults(verses: Sequence[str], readings: Sequence[Reading]) -> list[Fault]:
    """Return the faults of tone and place of lines, or of their beginnings, read as ``readings``."""
    faults = []
    for ix, reading in enumerate(readings):
        if reading.breaks and not reading.same_cause:
            faults.append(_place_fault(verses, readings, ix))
        faults += tone_faults(verses[ix], ix, reading.kind, reading.pattern, reading.wrong)
    return faults


def _place_fault(verses: Sequence[str], readings: Sequence[Reading], ix: int) -> Fault:
    """Return the fault of line ``ix`` (from 0), whose second character breaks 对 or 粘."""
    name, rule = ("失对", "the opposite") if ix % 2 else ("失粘", "the same")
    here, before = (
        f"{verses[at][1:2].strip(GAP) or 'the second character'} in line {at + 1} "
        f"is {TONE_NAMES[readings[at].pattern[1]]}"
        for at in (ix, ix - 1)
    )
    detail = f"{here}, {before}; {rule} tone is wanted"
    if any(reading.same_cause for reading in readings[ix + 1 : ix + 2]):
        detail += f", and line {ix + 2} breaks with it too"
    return Fault(name, ix + 1, 2, detail)


def tone_faults(verse: str, ix: int, kind: str, wanted: str, wrong: Sequence[int]) -> list[Fault]:
    """Return the tone faults of line ``ix``, or of its beginning, at the places ``wrong`` (all from 0).

    If the line is read as a variant of its type, each fault among the last five characters names it.
    """
    variant = TAILS[kind].get(wanted[-5:])
    in_tail = [place - len(wanted) + 6 for place in wrong]  # the place in the last five, from 1
    tail = {at for at in in_tail if at > 0}
    faults = []
    for place, at in zip(wrong, in_tail, strict=True):
        name = "失律"
        if kind == "D" and at == 1 and tail == {1}:
            name = "孤平"
        elif kind == "B" and at == 3 and not {4, 5} & tail:
            name = "三平尾"
        detail = wrong_tone(verse[place], wanted[place])
        if variant and at > 0:
            detail += f" for {variant} {wanted[-5:].translate(TONE_SIGNS)}"
        faults.append(Fault(name, ix + 1, place + 1, detail))
    return faults


def _first_rhyme_cost(character: str, group: str) -> int:
    groups = level_groups(character)
    if not groups or not group or group in groups:
        return 0
    return BORROWED if groups & NEIGHBOURS[group] else OFF_RHYME


def _rhyme_group(verses: list[str]) -> tuple[str, list[str]]:
    """Return (the level group of most even lines, "" if none; the ends of even lines that are not of it)."""
    rhymes = [verse[-1] for verse in verses[1::2] if rhyme_groups(verse[-1])]
    counts = Counter(group for rhyme in rhymes for group in readings_table()[rhyme] if is_level(group))
    first = level_groups(verses[0][-1])
    group = max(counts, key=lambda group: (counts[group], group in first), default="")
    return group, [rhyme for rhyme in rhymes if group not in rhyme_groups(rhyme)]


def _rivals(rhymes: Sequence[str], types: str, group: str) -> frozenset[str]:
    """Return the other groups in which at least as many lines rhyme as in ``group``."""
    rhyming = (rhyme for rhyme, kind in zip(rhymes, types, strict=True) if kind in RHYMED)
    counts = Counter(found for rhyme in rhyming for found in level_groups(rhyme))
    return frozenset(found for found in counts if found != group and counts[found] >= counts[group])


def rhyme_faults(
    rhymes: Sequence[str], types: str, group: str, size: int, rivals: Collection[str] = ()
) -> tuple[list[Fault], list[Fault]]:
    """Return (faults, notes) about the last characters of lines of ``size`` characters.

    ``rhymes``: those characters, "" or GAP where open. One that cannot be level is left to the tone check.
    ``rivals``: groups of which any could be the poem's as well as ``group``; a rhyme of one of them does not
    rhyme with those of ``group``, and which is wrong cannot be known.
    """
    faults, notes = [], []
    seen: dict[str, int] = {}
    for ix, rhyme in enumerate(rhymes):
        if types[ix] not in RHYMED or rhyme in ("", GAP) or tones(rhyme) == {OBLIQUE}:
            continue
        groups = level_groups(rhyme)
        if rhyme in seen:
            again, other = f"{rhyme} rhymes in line {seen[rhyme]} already", _MERGED.get(rhyme)
            if other:
                notes.append(Fault("重韵", ix + 1, size, f"{again}, unless one of them is {other}"))
            else:
                faults.append(Fault("重韵", ix + 1, size, again))
        seen.setdefault(rhyme, ix + 1)
        if group and groups and group not in groups:
            detail = f"{rhyme} is of {'/'.join(sorted(groups))}, "
            borrowed = ix == 0 and groups & NEIGHBOURS[group]
            others = [(at, level_groups(rhymes[at])) for at, kind in enumerate(types) if kind in RHYMED]
            apart = [at for at, of in others if group in of and groups.isdisjoint(of)]
            if borrowed or groups.isdisjoint(rivals) or not apart:
                detail += f"the poem rhymes in {group}"
            else:
                detail += f"{rhymes[apart[0]]} in line {apart[0] + 1} of {group}; they do not rhyme"
            (notes if borrowed else faults).append(
                Fault("借韵" if borrowed else "出韵", ix + 1, size, detail)
            )
    return faults, notes

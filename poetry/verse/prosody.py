"""The rules of regulated verse 近体诗: types of lines, sequences, and a poem's faults against them.

Tones are written P (level 平) and Z (oblique 仄), "." where the rules leave the tone open. Source of the
rules: Wang Li, 诗词格律.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from poetry.verse.form import FREE, Form, recognise, verse_lines
from poetry.verse.readings import (
    LEVEL,
    NEIGHBOURS,
    OBLIQUE,
    is_level,
    level_groups,
    readings_table,
    rhyme_groups,
    tones,
)

# Types of the first four lines; line 1 of the last two rhymes.
SEQUENCES = ("ABCD", "CDAB", "DBCD", "BDAB")

# For each type of line the tones of its last five characters, the plain pattern first, then the variants that
# the rules accept and the note that each is worth.
_PLAIN = {"A": ".PPZZ", "B": ".ZZPP", "C": ".Z.PZ", "D": "PP.ZP"}
_VARIANTS = {
    "A": {"PPZPZ": "拗救", ".PZZZ": "三仄尾"},
    "B": {},
    "C": {".Z.ZZ": "拗救"},  # only when the next line rescues it
    "D": {"ZPPZP": "拗救"},
}
RHYMED = "BD"
_SECOND_LEVEL = "AD"  # the types whose tail has a level second character
_OPPOSITE = {LEVEL: OBLIQUE, OBLIQUE: LEVEL}

# What a deviation costs when the types of a poem's lines are chosen. A sound line in the wrong place breaks
# two tones or more of the type that belongs there: the place is at fault then, not the tones.
_WRONG_TONE, _WRONG_PLACE, _BORROWED, _OFF_RHYME = 1.0, 1.5, 0.5, 1.0


@dataclass(frozen=True)
class Fault:
    """A fault or a note: its Chinese name, line and position (from 1; 0 for all of it), what is wrong."""

    name: str
    line: int
    position: int
    detail: str


@dataclass(frozen=True)
class Line:
    """A line of a checked poem.

    ``tones`` are P, Z, "*" for both and "?" for unknown; ``type`` is A to D, ``expected`` the tones wanted;
    both are empty in a poem that is not regulated.
    """

    text: str
    tones: str
    type: str = ""
    expected: str = ""


@dataclass(frozen=True)
class Report:
    """What ``check_poem`` found. ``sequence``, ``opening`` and ``rhyme`` are empty where there is none."""

    form: Form
    regulated: bool
    lines: list[Line]
    sequence: str = ""
    opening: str = ""
    rhyme: str = ""
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)


def line_types(sequence: str, count: int) -> str:
    """The types of ``count`` lines that begin with ``sequence``, one of SEQUENCES."""
    rest = "ABCD" if sequence[-1] == "D" else "CDAB"
    return (sequence + rest * count)[:count]


def opening(sequence: str, size: int) -> str:
    """The Chinese name 起式 of a sequence in lines of ``size`` characters: 平起首句入韵 …"""
    level = (sequence[0] in _SECOND_LEVEL) == (size == 5)
    return ("平起" if level else "仄起") + ("首句入韵" if sequence[0] in RHYMED else "首句不入韵")


def whole_line(tail: str, size: int) -> str:
    """The pattern of a line of ``size`` characters whose last five are ``tail``."""
    return tail if size == 5 else "." + _OPPOSITE[tail[1]] + tail


def check_poem(text: str, form: Form | None = None) -> Report:
    """Check verse with its marks against the rules.

    With a regulated ``form`` the poem is held to it. Without one, a poem of such a shape is held to the rules
    when its even lines rhyme in one level group and all its lines but one are of a type; any other poem
    is not regulated, and that is no fault. A character without known readings fits everywhere.
    """
    verses = verse_lines(text)
    shape = recognise(text)
    lines = [Line(verse, "".join(map(_tone_sign, verse))) for verse in verses]
    if form is not None and form not in (FREE, shape):
        sizes = "/".join(map(str, sorted({len(verse) for verse in verses})))
        wanted = f"{form.count} lines of {form.size} characters wanted, not {len(verses)} of {sizes}"
        return Report(form, False, lines, faults=[Fault("体裁", 0, 0, wanted)])
    if shape is FREE or form is FREE:
        return Report(form or shape, False, lines, notes=_uneven(verses))
    return _check_regulated(verses, lines, shape, form is not None)


def _uneven(verses: list[str]) -> list[Fault]:
    """A note where a few lines are not as long as most: a title or an author may stand among them."""
    size, count = Counter(map(len, verses or [""])).most_common(1)[0]
    others = ", ".join(str(ix) for ix, verse in enumerate(verses, 1) if len(verse) != size)
    if not others or 2 * count <= len(verses):
        return []
    wanted = f"not of {size} characters as most are: line {others}; title and author are no verse"
    return [Fault("句式", 0, 0, wanted)]


def _tone_sign(character: str) -> str:
    found = tones(character)
    return "*" if len(found) == 2 else next(iter(found), "?")


def _check_regulated(verses: list[str], lines: list[Line], form: Form, certain: bool) -> Report:
    group, missed = _rhyme_group(verses)
    unsound = sum(all(_misfit(verses, ix, kind)[1] for kind in _kinds(ix)) for ix in range(len(verses)))
    if not certain and (missed or not group or unsound > 1):
        return Report(form, False, lines)
    types = _choose_types(verses, group)
    faults, notes = rhyme_faults([verse[-1] for verse in verses], types, group, form.size)
    faults += _place_faults(types)
    checked = []
    for ix, kind in enumerate(types):
        wanted, wrong = _misfit(verses, ix, kind)
        checked.append(Line(lines[ix].text, lines[ix].tones, kind, wanted))
        faults += tone_faults(verses[ix], ix, kind, wanted, wrong)
        if not wrong and wanted[-5:] in _VARIANTS[kind]:
            notes.append(Fault(_VARIANTS[kind][wanted[-5:]], ix + 1, 0, f"the line ends {wanted[-5:]}"))
    sequence = next(sequence for sequence in SEQUENCES if sequence[0] == types[0])
    return Report(
        form,
        True,
        checked,
        sequence,
        opening(sequence, form.size),
        group,
        _in_order(faults),
        _in_order(notes),
    )


def _in_order(faults: list[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: (fault.line, fault.position))


def _kinds(ix: int) -> str:
    """The types that line ``ix`` (from 0) may have, those that rhyme first."""
    return "DBAC" if ix == 0 else "DB" if ix % 2 else "AC"


def fits(character: str, tone: str) -> bool:
    """Whether a character can have a tone: a known one, or any where none is known."""
    known = tones(character)
    return tone == "." or not known or tone in known


def accepted_tails(kind: str, following: str | None, size: int) -> list[str]:
    """The tones that the last five characters of a line of a type may have, the plain ones first.

    ``following`` is what is known of the next line, None where there is none: a C line may have a wrong tone
    only when that line can make up for it.
    """
    tails = [_PLAIN[kind], *_VARIANTS[kind]]
    if kind == "C" and (following is None or not fits(following[size - 3 : size - 2], LEVEL)):
        return tails[:1]
    return tails


def misfits(verse: str, pattern: str) -> list[int]:
    """The places (from 0) where a line, or its beginning, has not the tones of ``pattern``."""
    places = zip(verse, pattern, strict=False)
    return [place for place, (character, tone) in enumerate(places) if not fits(character, tone)]


def _misfit(verses: list[str], ix: int, kind: str) -> tuple[str, list[int]]:
    """The accepted pattern of a type that line ``ix`` comes nearest to, and the places (from 0) it misses."""
    size = len(verses[ix])
    following = verses[ix + 1] if ix + 1 < len(verses) else None
    patterns = [whole_line(tail, size) for tail in accepted_tails(kind, following, size)]
    tried = [(pattern, misfits(verses[ix], pattern)) for pattern in patterns]
    return min(tried, key=lambda pair: len(pair[1]))


def _choose_types(verses: list[str], group: str) -> str:
    """The types of the lines that explain the poem with the fewest faults."""
    costs = [
        {kind: _WRONG_TONE * len(_misfit(verses, ix, kind)[1]) for kind in _kinds(ix)}
        for ix in range(len(verses))
    ]
    for kind in RHYMED:
        costs[0][kind] += _first_rhyme_cost(verses[0][-1], group)

    def cost(types: tuple[str, ...]) -> float:
        tone_cost = sum(line[kind] for line, kind in zip(costs, types, strict=True))
        return tone_cost + _WRONG_PLACE * len(_breaks("".join(types)))

    return "".join(min(product(*costs), key=cost))


def _first_rhyme_cost(character: str, group: str) -> float:
    groups = level_groups(character)
    if not groups or not group or group in groups:
        return 0
    return _BORROWED if groups & NEIGHBOURS[group] else _OFF_RHYME


def _breaks(types: str) -> list[int]:
    """The lines (from 0) whose second character breaks 对 or 粘 with the line before.

    A single line out of place breaks with the next one too; it is counted once.
    """
    level = [kind in _SECOND_LEVEL for kind in types]
    found: list[int] = []
    for ix in range(1, len(types)):
        broken = (level[ix] == level[ix - 1]) == bool(ix % 2)
        if broken and (not found or found[-1] != ix - 1):
            found.append(ix)
    return found


def _place_faults(types: str) -> list[Fault]:
    return [place_fault(ix) for ix in _breaks(types)]


def place_fault(ix: int) -> Fault:
    """The fault of line ``ix`` (from 0), sound by itself, whose second character breaks 对 or 粘."""
    if ix % 2:
        detail = "the second character has the tone of the line before; the opposite is wanted"
        return Fault("失对", ix + 1, 2, detail)
    detail = "the second character has not the tone of the line before; the same is wanted"
    return Fault("失粘", ix + 1, 2, detail)


def tone_faults(verse: str, ix: int, kind: str, wanted: str, wrong: list[int]) -> list[Fault]:
    """The faults of line ``ix`` (from 0), or of its beginning, at the places ``wrong`` (from 0)."""
    names = {LEVEL: "level 平", OBLIQUE: "oblique 仄"}
    in_tail = [place - len(wanted) + 6 for place in wrong]  # from 1
    tail = {at for at in in_tail if at > 0}
    faults = []
    for place, at in zip(wrong, in_tail, strict=True):
        name = "失律"
        if kind == "D" and at == 1 and tail == {1}:
            name = "孤平"
        elif kind == "B" and at == 3 and not {4, 5} & tail:
            name = "三平尾"
        detail = f"{verse[place]} is {names[_OPPOSITE[wanted[place]]]}, {names[wanted[place]]} wanted"
        faults.append(Fault(name, ix + 1, place + 1, detail))
    return faults


def _rhyme_group(verses: list[str]) -> tuple[str, int]:
    """The level group of most even lines ("" if there is none), and how many of them do not rhyme in it."""
    rhymes = [verse[-1] for verse in verses[1::2] if rhyme_groups(verse[-1])]
    counts = Counter(group for rhyme in rhymes for group in readings_table()[rhyme] if is_level(group))
    first = level_groups(verses[0][-1])
    group = max(counts, key=lambda group: (counts[group], group in first), default="")
    return group, len(rhymes) - counts[group]


def rhyme_faults(rhymes: Sequence[str], types: str, group: str, size: int) -> tuple[list[Fault], list[Fault]]:
    """Faults and notes of the last characters of lines ("" where unknown), ``size`` characters each.

    A rhyme that cannot be level is left to the tones.
    """
    faults, notes = [], []
    seen: dict[str, int] = {}
    for ix, rhyme in enumerate(rhymes):
        if types[ix] not in RHYMED or not rhyme or tones(rhyme) == {OBLIQUE}:
            continue
        groups = level_groups(rhyme)
        if rhyme in seen:
            faults.append(Fault("重韵", ix + 1, size, f"{rhyme} rhymes in line {seen[rhyme]} already"))
        seen.setdefault(rhyme, ix + 1)
        if group and groups and group not in groups:
            detail = f"{rhyme} is of {'/'.join(sorted(groups))}, the poem rhymes in {group}"
            if ix == 0 and groups & NEIGHBOURS[group]:
                notes.append(Fault("借韵", ix + 1, size, detail))
            else:
                faults.append(Fault("出韵", ix + 1, size, detail))
    return faults, notes

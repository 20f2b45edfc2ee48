"""Read lines as regulated verse: find the line types and tones that explain all lines with the fewest faults.

All messages about a poem come from one such reading, so that no message contradicts another one or the tones
shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from poetry.verse.form import GAP
from poetry.verse.patterns import (
    KINDS_OF_FIRST,
    RESCUED,
    RESCUING,
    TAILS,
    breaks_order,
    line_kinds,
    misfits,
    rarer_tones,
    whole_line,
)
from poetry.verse.readings import LEVEL, RARE, tones

# The costs of deviations, in hundredths of a wrong tone. A correct line in the wrong place has two or more
# wrong tones under the type that belongs there. The costs make this a fault of place, not of tones, even
# where the line breaks the order with both neighbours. Breaking 粘, which early verse neglects, costs less
# than breaking 对. The smallest costs only decide ties: a variant of a type is likelier than a tone that a
# character hardly ever has.
WRONG_TONE, OFF_RHYME, BORROWED, UNRHYMED = 100, 90, 50, 3
_WRONG_PLACE = {"粘": 120, "对": 150}
_SAME_CAUSE, _UNKNOWN, _RARE, _UNUSUAL = 40, 2, 2, 1


@dataclass(frozen=True)
class Reading:
    """The reading of one line.

    ``kind``: the line type; ``pattern``: the expected tones of all its characters; ``note``: the name of an
    accepted variant ("" for the plain pattern); ``wrong``: the places (from 0) with a wrong tone; ``cost``:
    of all this. ``breaks``: whether its second character breaks 对 or 粘 with the line before. If two
    successive lines break the order, the first of them causes both breaks; ``same_cause`` marks the second
    break.
    """

    kind: str
    pattern: str
    note: str
    wrong: tuple[int, ...]
    cost: int
    breaks: bool = False
    same_cause: bool = False

    @property
    def rescued(self) -> bool:
        """Whether the next line has to compensate for a wrong tone in this one."""
        return self.pattern.endswith(RESCUED)


@dataclass(frozen=True, eq=False)
class _Path:
    """Readings of the lines so far: the last reading, the path before it, and the cost of all."""

    cost: int
    last: Reading
    before: "_Path | None" = None

    def readings(self) -> list[Reading]:
        """Return the readings of all lines, in order."""
        found, path = [], self
        while path is not None:
            found.append(path.last)
            path = path.before
        return found[::-1]


def explain(
    lines: Sequence[str],
    size: int,
    first: str = KINDS_OF_FIRST,
    first_costs: Mapping[str, int] | None = None,
    ordered: bool = True,
    rare_costs: bool = False,
) -> tuple[int, tuple[Reading, ...]]:
    """Return the cheapest reading of lines of ``size`` characters, or of their beginnings: (cost, readings).

    ``first``: the types that line 1 may have; ``first_costs``: what each costs in addition to its tones.
    ``ordered``: whether a line in the wrong place costs anything. ``rare_costs``: whether a rare tone of a
    character costs anything. Only actual tones can break 对 and 粘: a line whose second tone is wrong breaks
    neither, and a second character with unknown tones never counts as a break. A gap counts as having the
    tone that the reading expects.
    """
    extra = first_costs or {}
    paths = [
        _Path(reading.cost + extra.get(reading.kind, 0), reading)
        for reading in _readings(lines[0], first, size, rare_costs)
    ]
    for ix in range(1, len(lines)):
        cost_of_place = _WRONG_PLACE["对" if ix % 2 else "粘"] if ordered else 0
        seconds = [line[1] for line in lines[ix - 1 : ix + 1] if len(line) > 1]
        unknown = any(second != GAP and not tones(second) for second in seconds)
        options = _readings(lines[ix], line_kinds(ix), size, rare_costs)
        rescuer = _may_rescue(lines[ix], options, size)
        paths = [
            path
            for reading in options
            for path in _extended(
                [path for path in paths if not path.last.rescued or rescuer and reading.kind == "D"],
                ix,
                reading,
                cost_of_place,
                unknown,
            )
        ]
    best = min(paths, key=lambda path: path.cost)
    return best.cost, _with_rescues(best.readings())


def _readings(line: str, kinds: str, size: int, rare_costs: bool) -> list[Reading]:
    """Return all readings of a line, without regard to its neighbours.

    A line whose second character, and the second of its last five, are wrong for a type is no variant of it:
    most such lines are sound lines of another type in the wrong place.
    """
    found = []
    for kind in kinds:
        for tail, note in TAILS[kind].items():
            pattern = whole_line(tail, size)
            wrong = tuple(misfits(line, pattern))
            if note and {1, size - 4} <= set(wrong):
                continue
            cost = WRONG_TONE * len(wrong) + _UNUSUAL * bool(note)
            if rare_costs:
                cost += _RARE * len(rarer_tones(line, pattern, RARE))
            found.append(Reading(kind, pattern, note, wrong, cost))
    return found


def _may_rescue(line: str, options: list[Reading], size: int) -> bool:
    """Whether a line can compensate for a wrong tone of the one before.

    It must fit type D at least as well as B, and the third of its last five characters must be able to be
    level.
    """
    wrong = {kind: [len(reading.wrong) for reading in options if reading.kind == kind] for kind in "BD"}
    place = size - 5 + RESCUING
    right_type = bool(wrong["D"]) and min(wrong["D"]) <= min(wrong["B"])
    return right_type and not misfits(line, "." * place + LEVEL)


def _extended(paths: list[_Path], ix: int, reading: Reading, place: int, unknown: bool) -> Iterator[_Path]:
    """Append ``reading`` of line ``ix`` to ``paths`` and yield the cheapest results, at most two.

    One ends in a break that may have the same cause as a break in the next line, the other does not.
    """
    cheapest: dict[bool, tuple[int, _Path, bool, bool]] = {}
    for path in paths:
        before = path.last
        cost, breaks, same_cause = path.cost, False, False
        if breaks_order(ix, before.kind, reading.kind):
            if 1 in before.wrong or 1 in reading.wrong:
                continue
            breaks = not unknown
            same_cause = breaks and before.breaks and not before.same_cause
            cost += _UNKNOWN if unknown else min(place, _SAME_CAUSE) if same_cause else place
        shares = breaks and not same_cause
        if shares not in cheapest or cost < cheapest[shares][0]:
            cheapest[shares] = (cost, path, breaks, same_cause)
    for cost, path, breaks, same_cause in cheapest.values():
        read = replace(reading, breaks=breaks, same_cause=same_cause) if breaks else reading
        yield _Path(cost + reading.cost, read, path)


def _with_rescues(readings: list[Reading]) -> tuple[Reading, ...]:
    """Return ``readings`` with the level tone that a line needs to compensate for the one before."""
    found = readings[:1]
    for before, reading in zip(readings, readings[1:], strict=False):
        if before.rescued:
            at = len(reading.pattern) - 5 + RESCUING
            reading = replace(reading, pattern=f"{reading.pattern[:at]}{LEVEL}{reading.pattern[at + 1 :]}")
        found.append(reading)
    return tuple(found)

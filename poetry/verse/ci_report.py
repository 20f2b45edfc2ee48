"""The report on a ci 词: its faults and notes by one variant of a tune.

Faults are 字数 (too many or too few characters), 失律 (a wrong tone), 出韵 (outside the rhyme group), 叠句
(a missing repetition) and 断句 (a mark or pause where none stands, or a rhyme without a mark). Notes are
邻韵 (a neighbouring rhyme group, as Song poets used), 断句 (a line end within a span without a mark) and 变体
(not the tune's commonest variant).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from poetry.verse.alignment import (
    MarkedText,
    fits,
    known_tones,
    line_ends,
    missing_runs,
    nearest_division,
    place_of_each,
    possible_ends,
)
from poetry.verse.cilin import NEIGHBOURS
from poetry.verse.form import GAP
from poetry.verse.prosody import Fault, Line, in_order
from poetry.verse.readings import wrong_tone
from poetry.verse.tunes import Tune, Variant, rhyme_numbers

_NEAR = {frozenset(pair) for pair in NEIGHBOURS}

# The weights of faults when the variant is chosen; other faults weigh 1.
COUNT_WEIGHT = 2.0  # of 字数
_NOTE_WEIGHT = 0.25

_NO_END = "ends a line, but none ends here"


@dataclass(frozen=True)
class CiReport:
    """The result of ``check_ci``.

    ``lines``: the lines of the text, or of the variant if the text has no marks; in their expected tones "+"
    stands for a surplus character. ``stanzas``: the numbers (from 1) of the lines where stanzas begin.
    ``rhymes``: the group of the 词林正韵 for each class of rhymes, 0 if unknown. ``rhyming``: (line,
    position), from 1, of the characters that have to rhyme.
    """

    tune: Tune
    variant: Variant
    lines: list[Line]
    stanzas: list[int]
    rhymes: list[int]
    rhyming: list[tuple[int, int]]
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    @property
    def is_commonest(self) -> bool:
        """Whether this is the commonest variant of the tune."""
        return self.variant == self.tune.variants[0]

    @property
    def weight(self) -> float:
        """The total weight of its faults and notes."""
        weights = [COUNT_WEIGHT if fault.name == "字数" else 1.0 for fault in self.faults]
        return sum(weights) + _NOTE_WEIGHT * len(self.notes)


@dataclass(frozen=True)
class Comparison:
    """A text compared with a variant of a tune."""

    text: MarkedText
    tune: Tune
    variant: Variant

    def report(self) -> CiReport:
        """Return the full report; a line with 字数 has no other faults."""
        miscounted = list(self._count_faults())
        rhymes, off, near = self._rhymes()
        lines = {fault.line for fault in miscounted}
        wrong, joined = self._divisions()
        others = [*self._tone_faults(), *off, *self._repeat_faults(), *wrong]
        faults = miscounted + [fault for fault in others if fault.line not in lines]
        stanzas = {self._line[self._at[begin]][0] for begin in self.variant.stanzas if begin in self._at}
        return CiReport(
            self.tune,
            self.variant,
            [self._checked_line(*span) for span in self._ranges],
            sorted(stanzas),
            rhymes,
            [self._line[self._at[span.end - 1]] for span in self.variant.spans if span.end - 1 in self._at],
            in_order(faults),
            in_order([*near, *joined, *self._variant_note()]),
        )

    @cached_property
    def _places(self) -> list[int | None]:
        return place_of_each(self.text, self.variant)

    @cached_property
    def _at(self) -> dict[int, int]:
        """The index (from 0) of the character at each place that is filled."""
        return {place: ix for ix, place in enumerate(self._places) if place is not None}

    @cached_property
    def _ranges(self) -> list[tuple[int, int]]:
        """[begin, end) of the lines: by the text's marks, or, if it has none, by the commonest division."""
        ends = line_ends(self.text, self.variant, self._at) or {
            self._at[span.begin + place - 1] + 1
            for span in self.variant.spans
            for place in (*span.divisions[0].lines, span.end - span.begin)
            if span.begin + place - 1 in self._at
        } | {len(self.text.characters)}
        return list(zip([0, *sorted(ends)], sorted(ends), strict=False))

    @cached_property
    def _line(self) -> list[tuple[int, int]]:
        """(line, position in the line) of every character, from 1."""
        ranges = enumerate(self._ranges, 1)
        return [(number, ix - begin + 1) for number, (begin, end) in ranges for ix in range(begin, end)]

    def _checked_line(self, begin: int, end: int) -> Line:
        characters = self.text.characters[begin:end]
        signs = ["*" if len(known) == 2 else known or "?" for known in map(known_tones, characters)]
        expected = ["+" if place is None else self.variant.tones[place] for place in self._places[begin:end]]
        return Line(characters, "".join(signs), "", "".join(expected))

    def _fault(self, name: str, ix: int, detail: str) -> Fault:
        return Fault(name, *self._line[ix], f"{self.text.characters[ix]} {detail}")

    def _count_faults(self) -> Iterator[Fault]:
        """Yield lines that are too long, too short or missing; for a text without marks, one total."""
        size, wanted = len(self.text.characters), len(self.variant)
        if not self.text.breaks:
            if size != wanted:
                yield Fault("字数", 0, 0, f"{size} characters, {wanted} wanted")
            return
        changes: Counter[int] = Counter()
        for ix, place in enumerate(self._places):
            if place is None:
                changes[self._line[ix][0]] -= 1
        for begin, end in missing_runs(self._places, wanted):
            line, between = self._line_of_missing(begin, end)
            if between:
                yield Fault("字数", line, 0, f"{end - begin} characters are missing before this line")
            else:
                changes[line] += end - begin
        for line, change in changes.items():
            begin, end = self._ranges[line - 1]
            yield Fault("字数", line, 0, f"{end - begin} characters, {end - begin + change} wanted")

    def _line_of_missing(self, begin: int, end: int) -> tuple[int, bool]:
        """Return (the line that missing places belong to, whether they are a whole line before that one)."""
        lines = len(self._ranges)
        before = self._line[self._at[begin - 1]][0] if begin else 0
        after = self._line[self._at[end]][0] if end < len(self.variant) else lines + 1
        ends = possible_ends(self.variant) | {0}
        if before == after:
            return before, False
        if begin in ends and end in ends:
            return min(after, lines), after <= lines
        return (before, False) if begin not in ends and before else (min(after, lines), False)

    def _tone_faults(self) -> Iterator[Fault]:
        for place, ix in self._at.items():
            wanted = self.variant.tones[place]
            character = self.text.characters[ix]
            if not fits(character, wanted):
                yield Fault("失律", *self._line[ix], wrong_tone(character, wanted))

    def _rhymes(self) -> tuple[list[int], list[Fault], list[Fault]]:
        """Return (the group of each class, faults, notes); a rhyme with a wrong tone is only a tone fault."""
        ends: dict[str, list[tuple[int, frozenset[int]]]] = {span.group: [] for span in self.variant.spans}
        for span in self.variant.spans:
            ix, tone = self._at.get(span.end - 1), self.variant.tones[span.end - 1]
            if ix is not None and fits(self.text.characters[ix], tone):
                ends[span.group].append((ix, rhyme_numbers(self.text.characters[ix], tone)))
        found, faults, notes = [], [], []
        for rhymes in ends.values():
            group = _commonest(known for _, known in rhymes)
            found.append(group)
            counts = Counter(number for _, known in rhymes for number in known)
            for ix, known in rhymes:
                if not known or group in known:
                    continue
                near = any(frozenset((group, other)) in _NEAR for other in known)
                detail = f"is of rhyme group {'/'.join(map(str, sorted(known)))}, "
                if max(counts[number] for number in known) < counts[group]:
                    detail += f"more rhymes are of {group}"
                else:  # which of them is wrong cannot be known
                    of_group = [(at, numbers) for at, numbers in rhymes if group in numbers]
                    apart = [at for at, numbers in of_group if known.isdisjoint(numbers)]
                    other = apart[0] if apart else of_group[0][0]
                    detail += f"{self.text.characters[other]} in line {self._line[other][0]} of {group}"
                    detail += "; they do not rhyme" if apart and not near else ""
                (notes if near else faults).append(self._fault("邻韵" if near else "出韵", ix, detail))
        return found, faults, notes

    def _repeat_faults(self) -> Iterator[Fault]:
        for begin, size in self.variant.repeats:
            pairs = [
                (self._at.get(place), self._at.get(place - size)) for place in range(begin, begin + size)
            ]
            for ix, other in pairs:
                both = {self.text.characters[at] for at in (ix, other) if at is not None} - {GAP}
                if len(both) > 1:
                    wanted = self.text.characters[other]
                    yield self._fault("叠句", ix, f"stands where {wanted} is repeated")
                    break

    def _divisions(self) -> tuple[list[Fault], list[Fault]]:
        """Return (faults, notes) about line ends.

        A missing mark between two lines of one span is a note; all else is a fault.
        """
        faults: list[Fault] = []
        notes: list[Fault] = []
        for span in self.variant.spans if self.text.breaks else ():
            if not all(place in self._at for place in range(span.begin, span.end)):
                continue
            last = self._at[span.end - 1]
            if last + 1 not in self.text.breaks:
                faults.append(self._fault("断句", last, "rhymes, but no line ends with it"))
            _, extra, lost = nearest_division(self.text, span, self._at)
            for place in sorted(extra):
                ix = self._at[span.begin + place - 1]
                is_pause = ix + 1 in self.text.pauses
                detail = "has a pause, but none stands here" if is_pause else _NO_END
                faults.append(self._fault("断句", ix, detail))
            for place in sorted(lost):
                ix = self._at[span.begin + place - 1]
                notes.append(self._fault("断句", ix, "ends a line, but has no mark"))
        return faults, notes

    def _variant_note(self) -> Iterator[Fault]:
        common = self.tune.variants[0]
        if self.variant != common:
            counts = f"{self.variant.count} ci are so, {common.count} have {common}"
            yield Fault("变体", 0, 0, f"{self.variant}: {counts}")


def _commonest(rhymes: Iterator[frozenset[int]]) -> int:
    """Return the group of most rhymes, in a tie the one found first; 0 if none is known."""
    counts: Counter[int] = Counter()
    for known in rhymes:
        counts.update(sorted(known))
    return max(counts, key=counts.__getitem__, default=0)

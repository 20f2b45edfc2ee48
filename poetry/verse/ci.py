"""Checking a ci 词 against its tune, and finding the tune of a text.

Faults are 字数 (too many or too few characters), 失律 (a wrong tone), 出韵 (outside the rhyme group), 叠句
(a missing repetition) and 断句 (a mark where no line ends, or a rhyme without a mark). Notes are 邻韵 (a
neighbouring rhyme group, as Song poets used), 断句 (a line end within a span without a mark) and 变体 (not
the tune's commonest variant).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from poetry.verse.alignment import (
    Text,
    fits,
    known_tones,
    missing_runs,
    place_of_each,
    possible_ends,
)
from poetry.verse.cilin import NEIGHBOURS
from poetry.verse.form import FREE, GAP, MARKS, PERIOD, recognise, with_marks
from poetry.verse.prosody import Fault, Line
from poetry.verse.readings import wrong_tone
from poetry.verse.tunes import Span, Tune, Variant, rhyme_numbers, tunes

_NEAR = {frozenset(pair) for pair in NEIGHBOURS}

# The weights of faults when the variant is chosen; other faults weigh 1. A tune that the text does not name
# is accepted if the total weight is at most the share _MOST_FAULTS of the text's characters, and if the
# lengths differ by at most _OTHER_LENGTHS characters.
_WEIGHTS = {"字数": 2.0}
_NOTE_WEIGHT = 0.25
_MOST_FAULTS = 0.1
_OTHER_LENGTHS = 2
_MOST_OFF = 0.2  # largest share of wrong line ends, or of wrong tones, for a full comparison
MOST_STANZAS = 4


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
        return sum(_WEIGHTS.get(fault.name, 1.0) for fault in self.faults) + _NOTE_WEIGHT * len(self.notes)


def check_ci(text: str, tune: Tune) -> CiReport:
    """Return the report on a text with its marks, by the variant of ``tune`` that it breaks least."""
    return _least(Text.of(text), [(tune, variant) for variant in tune.variants])


def find_ci(text: str, known: Mapping[str, Tune] | None = None) -> CiReport | None:
    """Return the report on a text by the tune that it breaks least; None if it fits no tune.

    ``known``: the tunes to try, by name; all tunes if it is not given.
    """
    laid = Text.of(text)
    size = len(laid.characters)
    near = [
        (tune, variant)
        for tune in (known or tunes()).values()
        for variant in tune.variants
        if abs(len(variant) - size) <= _OTHER_LENGTHS and _may_be(laid, variant)
    ]
    best = _least(laid, near) if near else None
    return best if best and best.weight <= _MOST_FAULTS * size else None


def _may_be(text: Text, variant: Variant) -> bool:
    """Whether a text is near enough to a variant for a full comparison.

    Most of its lines must end where lines of the variant may end, counted from the beginning or from the end.
    If the lengths are equal, most characters must also have the variant's tones; if they differ, the text
    must have marks.
    """
    longer = len(variant) - len(text.characters)
    ends = possible_ends(variant)
    off = sum(not {place, place + longer} & ends for place in text.breaks)
    if off > _MOST_OFF * len(text.breaks):
        return False
    if longer:
        return bool(text.breaks)
    pairs = zip(text.characters, variant.tones, strict=True)
    return sum(not fits(*pair) for pair in pairs) <= _MOST_OFF * len(variant)


def stanzas_of_one(texts: Sequence[str], tune: Tune | None) -> int:
    """Return how many of ``texts``, from the first, are the stanzas of one ci.

    With a ``tune``: the number whose total length is nearest to one of its variants. Without one: the
    smallest number that fits some tune, or 1 if the first text has the shape of a regulated poem or nothing
    fits.
    """
    joined = [join_stanzas(texts[: count + 1]) for count in range(min(len(texts), MOST_STANZAS))]
    if tune is None:
        found = (
            count for count, text in enumerate(joined, 1) if count == 1 and _is_poem(text) or find_ci(text)
        )
        return next(found, 1)
    sizes = [len(Text.of(text).characters) for text in joined]
    off = [min(abs(len(variant) - size) for variant in tune.variants) for size in sizes]
    return off.index(min(off)) + 1


def join_stanzas(texts: Sequence[str]) -> str:
    """Join stanzas to one text, with 。 after a stanza that does not end in a mark."""
    ended = (text if text[-1] in MARKS else text + PERIOD for text in texts[:-1])
    return "".join([*ended, texts[-1]])


def _is_poem(text: str) -> bool:
    """Whether a text has the shape of a regulated poem."""
    return recognise(with_marks(text)) is not FREE


def _least(text: Text, candidates: list[tuple[Tune, Variant]]) -> CiReport:
    """Return the report of least weight.

    Variants of another length are tried only if those of the text's length give more weight than one 字数.
    """
    best: CiReport | None = None
    for straight in (True, False):
        for tune, variant in candidates:
            if (len(variant) == len(text.characters)) == straight:
                report = _Comparison(text, tune, variant).report()
                if best is None or (report.weight, -variant.count) < (best.weight, -best.variant.count):
                    best = report
        if best and best.weight <= _WEIGHTS["字数"]:
            break
    assert best is not None, "no variant to compare with"
    return best


@dataclass(frozen=True)
class _Comparison:
    """A text compared with a variant of a tune."""

    text: Text
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
            _in_order(faults),
            _in_order([*near, *joined, *self._variant_note()]),
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
        ends = self.text.breaks or {
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
                yield Fault("字数", line, 0, f"{end - begin} characters, a line, are missing before this one")
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
                    other = next(at for at, numbers in rhymes if group in numbers)
                    detail += f"{self.text.characters[other]} in line {self._line[other][0]} of {group}"
                    detail += "" if near else "; they do not rhyme"
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
            extra, lost = self._off(span)
            for found, places, detail in (
                (faults, extra, "ends a line, but none ends here"),
                (notes, lost, "ends a line, but has no mark"),
            ):
                for place in sorted(places):
                    found.append(self._fault("断句", self._at[span.begin + place - 1], detail))
        return faults, notes

    def _off(self, span: Span) -> tuple[frozenset[int], frozenset[int]]:
        """Return (places with a wrong mark, line ends without a mark) for the span's nearest division."""
        inner = range(span.begin, span.end - 1)
        used = frozenset(place + 1 - span.begin for place in inner if self._at[place] + 1 in self.text.breaks)
        off = [(used - division.all, division.lines - used) for division in span.divisions]
        return min(off, key=lambda pair: (len(pair[0]), len(pair[1])))

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


def _in_order(faults: list[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: (fault.line, fault.position))

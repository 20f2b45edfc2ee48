"""Schemes of a ci: its rules place by place, chosen from the variants of a tune to fit the given text."""

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

from poetry.verse.alignment import fits
from poetry.verse.cilin import GROUPS, ci_rhymes
from poetry.verse.form import COMMA, GAP, MARKS, PAUSE, PERIOD, characters
from poetry.verse.places import Place
from poetry.verse.prosody import Fault, in_order
from poetry.verse.readings import wrong_tone
from poetry.verse.tunes import Division, Span, Tune, Variant, rhyme_numbers


@dataclass(frozen=True)
class TuneScheme:
    """The rules for one ci, as ``Scheme`` is for regulated verse.

    ``places``: the ci place by place, marks included; ``groups``: for every class of rhymes its group of the
    词林正韵, "1" to "19", empty if the first rhyme decides it; ``share``: the weight with which the scheme is
    chosen; ``faults``: the rules that the given text breaks.
    """

    form: Tune
    variant: Variant
    places: tuple[Place, ...]
    groups: tuple[str, ...]
    share: float
    faults: tuple[Fault, ...] = ()
    book: ClassVar[Sequence[str]] = GROUPS

    @property
    def stanzas(self) -> tuple[int, ...]:
        """The number of lines before each stanza."""
        characters = [ix for ix, place in enumerate(self.places) if not place.marks]
        return tuple(self.places[characters[begin]].line for begin in self.variant.stanzas)


def tune_schemes(
    tune: Tune,
    start: str = "",
    heads: str = "",
    group: int = 0,
    tones: bool = True,
    pauses: bool = True,
    whole: bool = False,
) -> list[TuneScheme]:
    """Return the schemes of a tune that the given text breaks least; none if no variant has its lines.

    ``start``: the beginning of the ci, with marks, GAP for open characters; ``heads``: the first characters
    of its lines; ``group``: the number of the rhyme group wanted for the first class, 0 for any. Without
    ``tones`` only the rhymes are required; without ``pauses`` the ci has no 、. With ``whole``, ``start`` is
    the whole ci. If every scheme has faults, return only the first of the best.
    """
    found = []
    size = len(characters(start))
    for variant in tune.variants:
        if whole and len(variant) != size:
            continue
        for divisions in _divided(variant, start, len(heads)):
            found.append(_scheme(tune, variant, divisions, start, heads, group, tones, pauses))
    least = min((len(scheme.faults) for scheme in found), default=0)
    best = [scheme for scheme in found if len(scheme.faults) == least]
    return best[:1] if least else best


def _divided(variant: Variant, start: str, lines: int) -> Iterator[tuple[Division, ...]]:
    """Yield the commonest division of a variant that agrees with the marks of ``start``, or nothing.

    One that has pauses where ``start`` has them goes before others.

    ``lines``: the number of lines that it must have, 0 for any.
    """
    size = len(characters(start))
    if size > len(variant):
        return
    marks, pauses = _places_of(start, MARKS + PAUSE), _places_of(start, PAUSE)
    ways = [
        sorted(
            (way for way in span.divisions if _agrees(span, way, marks, size)),
            key=lambda way: _other_pauses(span, way, marks, pauses),
        )
        for span in variant.spans
    ]
    if not all(ways):
        return
    if not lines:
        yield tuple(found[0] for found in ways)
        return
    for divisions in _by_rank(ways):
        if sum(len(division.lines) + 1 for division in divisions) == lines:
            yield divisions
            return


def _by_rank(ways: list[list[Division]]) -> list[tuple[Division, ...]]:
    """Return all choices of one division per span, the commonest first.

    Of a span's divisions into the same number of lines, use only the commonest.
    """
    different = []
    for found in ways:
        by_count: dict[int, Division] = {}
        for way in found:
            by_count.setdefault(len(way.lines), way)
        different.append(list(enumerate(by_count.values())))
    chosen = sorted(product(*different), key=lambda ranked: sum(rank for rank, _ in ranked))
    return [tuple(way for _, way in ranked) for ranked in chosen]


def _places_of(text: str, marks: str) -> frozenset[int]:
    """Return the places of the ``marks`` in a text, as counts of characters before them."""
    return frozenset(len(characters(text[:ix])) for ix, character in enumerate(text) if character in marks)


def _agrees(span: Span, way: Division, marks: frozenset[int], given: int) -> bool:
    """Whether ``marks``, those of the first ``given`` characters of a ci, fit a span divided in this way.

    Every line end before the end of the given text needs a mark, and every mark must be one of the division.
    """
    here = {place - span.begin for place in marks if span.begin < place < span.end}
    wanted = {place for place in way.lines if span.begin + place < given}
    ends_line = span.end >= given or span.end in marks
    return wanted <= here <= way.all and ends_line


def _other_pauses(span: Span, way: Division, marks: frozenset[int], pauses: frozenset[int]) -> int:
    """Return how many of the ``marks`` are a pause on one side only, in the text or in a span divided so."""
    wanted = {span.begin + place for place in way.pauses}
    return sum((place in wanted) != (place in pauses) for place in marks if span.begin < place < span.end)


def _scheme(
    tune: Tune,
    variant: Variant,
    divisions: Sequence[Division],
    start: str,
    heads: str,
    group: int,
    tones: bool,
    pauses: bool,
) -> TuneScheme:
    places = _places(variant, divisions, tones, pauses)
    given = _given(places, characters(start), heads)
    groups = [group if ix == 0 else 0 for ix in range(max(place.rhyme for place in places))]
    faults = in_order([*_tone_faults(places, given), *_rhyme_faults(places, given, groups)])
    names = tuple(str(number or "") for number in groups)
    return TuneScheme(tune, variant, places, names, variant.count, tuple(faults))


def _places(variant: Variant, divisions: Sequence[Division], tones: bool, pauses: bool) -> tuple[Place, ...]:
    """Return a variant place by place; a pause counts as a character of its line."""
    places: list[Place] = []
    at: list[int] = []  # the index in ``places`` of every character
    repeated = {place + ix: size for place, size in variant.repeats for ix in range(size)}
    line = column = 0
    for span, division in zip(variant.spans, divisions, strict=True):
        marks = dict(division.marks) | {span.end - span.begin: PERIOD}
        rhyme = 1 + ord(span.group) - ord("A")
        for ix in range(span.begin, span.end):
            mark = marks.get(ix + 1 - span.begin, "")
            rhymes = mark == PERIOD
            tone = variant.tones[ix]
            if rhymes and tone == ".":
                tone = variant.tones[span.end - 1]
            source = at[ix - repeated[ix]] if ix in repeated else None
            at.append(len(places))
            tone = tone if tones or rhymes else "."
            places.append(Place(line, column, "", tone, rhyme if rhymes else 0, source))
            column += 1
            if mark == PAUSE and not pauses:
                continue
            if mark:
                places.append(Place(line, column, mark))
                column += 1
            if mark in (COMMA, PERIOD):
                line, column = line + 1, 0
    return tuple(places)


def _given(places: Sequence[Place], verse: str, heads: str) -> dict[int, str]:
    """Return the given characters by place: those of ``verse`` in order, ``heads`` where lines begin."""
    characters = [ix for ix, place in enumerate(places) if not place.marks]
    opened = {ix: heads[places[ix].line] for ix in characters if heads and places[ix].column == 0}
    begun = {ix: character for ix, character in zip(characters, verse, strict=False) if character != GAP}
    return opened | begun


def _tone_faults(places: Sequence[Place], given: dict[int, str]) -> Iterator[Fault]:
    for ix, character in given.items():
        place = places[ix]
        if not fits(character, place.tone):
            yield Fault("失律", place.line + 1, _position(places, ix), wrong_tone(character, place.tone))
        if place.repeats is not None and given.get(place.repeats, character) != character:
            detail = f"{character} stands where {given[place.repeats]} is repeated"
            yield Fault("叠句", place.line + 1, _position(places, ix), detail)


def _position(places: Sequence[Place], ix: int) -> int:
    """Return the position of a character in its line, from 1, without counting pauses."""
    return 1 + sum(not place.marks and place.line == places[ix].line for place in places[:ix])


def _rhyme_faults(places: Sequence[Place], given: dict[int, str], groups: list[int]) -> Iterator[Fault]:
    """Yield a fault for each given rhyme outside the group of its class.

    If the group is open, use the one that most given rhymes have, and store it in ``groups``.
    """
    ends: dict[int, list[int]] = {}
    for ix, place in enumerate(places):
        if place.rhyme and ix in given and fits(given[ix], place.tone):
            ends.setdefault(place.rhyme, []).append(ix)
    for rhyme, found in ends.items():
        known = {ix: rhyme_numbers(given[ix], places[ix].tone) for ix in found}
        if not groups[rhyme - 1]:
            first = [number for number in _usual(given[found[0]]) if number in known[found[0]]]
            votes = Counter(number for numbers in known.values() for number in numbers)
            groups[rhyme - 1] = max(
                sorted(votes), key=lambda number: (votes[number], number in first[:1]), default=0
            )
        group = groups[rhyme - 1]
        for ix in found:
            if group and known[ix] and group not in known[ix]:
                detail = f"{given[ix]} is of rhyme group {'/'.join(map(str, sorted(known[ix])))}, not {group}"
                yield Fault("出韵", places[ix].line + 1, _position(places, ix), detail)


@functools.cache
def _usual(character: str) -> list[int]:
    """Return the numbers of a character's rhyme groups, the most used first."""
    return [rhyme.number for rhyme in ci_rhymes(character)]

"""Align the text of a ci with a variant of its tune: find the place of every character."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from poetry.verse.form import MARKS, PAUSE
from poetry.verse.readings import tones
from poetry.verse.tunes import Division, Span, Variant

# The costs of deviations: a wrong tone; a surplus or missing character; a missing whole line; a mark where no
# line ends, or a rhyme without a mark; another line end without a mark.
_TONE, _CHARACTER, _LINE, _MARK, _NO_MARK = 1.0, 2.0, 3.0, 1.0, 0.5
_LONGEST_LINE = 10
_SOUND_MARKS = 2  # wrong or missing marks allowed for aligning a text of the right length one to one
_SHIFT = 12  # largest offset of text and variant in characters, beyond the difference of their lengths


@dataclass(frozen=True)
class MarkedText:
    """A text to be checked: its characters, and the places that a mark or a pause follows, with the end.

    ``breaks`` is empty if the text has no marks except at its end; ``pauses``: those of them with a 、.
    """

    characters: str
    breaks: frozenset[int]
    pauses: frozenset[int]

    @classmethod
    def of(cls, text: str) -> "MarkedText":
        """Parse text with marks of verse or pauses."""
        verse: list[str] = []
        found: dict[int, str] = {}
        for character in text:
            if character in MARKS:
                found[len(verse)] = character
            elif character == PAUSE:
                found.setdefault(len(verse), PAUSE)
            else:
                verse.append(character)
        breaks = found.keys() - {0, len(verse)}
        pauses = frozenset(place for place in breaks if found[place] == PAUSE)
        return cls("".join(verse), frozenset(breaks | {len(verse)} if breaks else ()), pauses)


@functools.cache
def known_tones(character: str) -> str:
    """Return the tones of a character, in no particular order."""
    return "".join(tones(character))


def fits(character: str, tone: str) -> bool:
    """Whether a character can have a tone; a character without known tones can have any."""
    return tone == "." or tone in (known_tones(character) or tone)


@functools.cache
def rhyme_ends(variant: Variant) -> frozenset[int]:
    """Return the places where a rhyme ends a line, as the number of characters up to them."""
    return frozenset(span.end for span in variant.spans)


@functools.cache
def possible_ends(variant: Variant) -> frozenset[int]:
    """Return the places where a mark may follow in any division, as the number of characters up to them."""
    inner = {span.begin + at for span in variant.spans for division in span.divisions for at in division.all}
    return rhyme_ends(variant) | inner


@functools.cache
def certain_ends(variant: Variant) -> frozenset[int]:
    """Return the places where a line ends in every division, as the number of characters up to them."""
    inner = {
        span.begin + at
        for span in variant.spans
        for at in frozenset.intersection(*(division.lines for division in span.divisions))
    }
    return rhyme_ends(variant) | inner


def place_of_each(text: MarkedText, variant: Variant) -> list[int | None]:
    """Return for every character of the text its place in the variant (from 0), None for a surplus one.

    A text of the right length with at most _SOUND_MARKS wrong or missing marks is aligned one to one; any
    other text is aligned at the least cost.
    """
    size = len(text.characters)
    if size == len(variant):
        wrong = len(text.breaks - possible_ends(variant)) + len(rhyme_ends(variant) - text.breaks)
        if not text.breaks or wrong <= _SOUND_MARKS:
            return list(range(size))
    best = _cheapest(text, variant)
    places: list[int | None] = [None] * size
    row, place = size, len(variant)
    while row or place:
        characters, filled = best[row][place][1]
        row, place = row - characters, place - filled
        if characters and filled:
            places[row] = place
    return places


def nearest_division(
    text: MarkedText, span: Span, at: Mapping[int, int]
) -> tuple[Division, frozenset[int], frozenset[int]]:
    """Return (the division of a span that the marks of a text are nearest to, those that it has not, the line
    ends of it without a mark); places from the span's beginning.

    ``at``: the index in the text of the character at each place that is filled. Of divisions with the same
    places, the one with the same pauses is the nearest, else the commonest.
    """
    ends = {place + 1 - span.begin: at[place] + 1 for place in range(span.begin, span.end - 1) if place in at}
    used = frozenset(end for end, count in ends.items() if count in text.breaks)
    pauses = frozenset(end for end in used if ends[end] in text.pauses)
    found = [(division, used - division.all, division.lines - used) for division in span.divisions]
    return min(found, key=lambda one: (len(one[1]), len(one[2]), len(one[0].pauses & used ^ pauses)))


def line_ends(text: MarkedText, variant: Variant, at: Mapping[int, int]) -> frozenset[int]:
    """Return the places in a text, as the number of characters before them, where its marks end a line.

    A 、 does so unless it is a pause of the nearest division or, in a span that is whole, out of place.
    ``at``: as above.
    """
    pauses: set[int] = set()
    for span in variant.spans if text.pauses else ():
        ends = {place + 1 - span.begin: at[place] + 1 for place in range(span.begin, span.end) if place in at}
        division = nearest_division(text, span, at)[0]
        whole = len(ends) == span.end - span.begin
        within = ends.keys() - division.lines - {span.end - span.begin} if whole else division.pauses
        pauses |= {ends[end] for end in within & ends.keys()}
    return text.breaks - (text.pauses & pauses)


Best = list[dict[int, tuple[float, tuple[int, int]]]]


def _cheapest(text: MarkedText, variant: Variant) -> Best:
    """Return, by characters used and places filled: (the least cost, the last move as in ``_moves``)."""
    size, wanted = len(text.characters), len(variant)
    band = abs(size - wanted) + _SHIFT
    best: Best = [{} for _ in range(size + 1)]
    best[0][0] = (0.0, (0, 0))
    for row in range(size + 1):
        for place in range(max(0, row - band), min(wanted, row + band) + 1):
            if place in best[row]:
                for move, cost in _moves(text, variant, row, place):
                    _offer(best, row, place, move, cost)
    return best


def _moves(
    text: MarkedText, variant: Variant, row: int, place: int
) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield the moves after ``row`` characters and ``place`` places, each with its cost.

    A move is (characters to use, places to fill).
    """
    ends = possible_ends(variant)
    marked = row + 1 in text.breaks
    if row < len(text.characters):
        yield (1, 0), _CHARACTER + _MARK * (marked and place not in ends)
    if place == len(variant):
        return
    yield (0, 1), _CHARACTER
    if row == 0 or row in text.breaks:
        for end in range(place + 1, place + _LONGEST_LINE + 1):
            if end in ends and place in ends | {0}:
                yield (0, end - place), _LINE
    if row < len(text.characters):
        cost = 0.0 if fits(text.characters[row], variant.tones[place]) else _TONE
        if marked:
            cost += _MARK * (place + 1 not in ends)
        elif text.breaks:
            cost += _MARK * (place + 1 in rhyme_ends(variant)) or _NO_MARK * (
                place + 1 in certain_ends(variant)
            )
        yield (1, 1), cost


def _offer(best: Best, row: int, place: int, move: tuple[int, int], cost: float) -> None:
    cost += best[row][place][0]
    target, filled = best[row + move[0]], place + move[1]
    if filled not in target or cost < target[filled][0]:
        target[filled] = (cost, move)


def missing_runs(places: list[int | None], wanted: int) -> Iterator[tuple[int, int]]:
    """Yield [begin, end) of each run of places without a character, among ``wanted`` places."""
    before = 0
    for place in [*(place for place in places if place is not None), wanted]:
        if place > before:
            yield before, place
        before = place + 1

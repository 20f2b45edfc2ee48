"""A poem place by place: everything that composing needs to know about a form or a tune."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One place of a poem: a character, or a mark if ``marks`` is not empty.

    ``line``: its line, from 0; ``column``: the number of characters and pauses before it in the line.
    ``marks``: the marks allowed here, empty for a character; a single one is set without a choice. ``tone``:
    P, Z, or "." for either. ``rhyme``: its rhyme class, from 1; 0 for none. ``repeats``: the place (from 0,
    marks counted) of an earlier character that must be repeated here, or None. ``answers``: the place of the
    character above it in a parallel couplet, or None.
    """

    line: int
    column: int
    marks: str = ""
    tone: str = "."
    rhyme: int = 0
    repeats: int | None = None
    answers: int | None = None


def places_of(
    tones: Sequence[str], rhymes: Sequence[int], marks: Sequence[str], answering: Collection[int] = ()
) -> tuple[Place, ...]:
    """Return the places of a poem from the tones, the rhyme class and the possible end marks of each line.

    ``answering``: the lines (from 0) that are parallel to the line before them, which has the same length.
    """
    places: list[Place] = []
    for line, (pattern, rhyme, ends) in enumerate(zip(tones, rhymes, marks, strict=True)):
        last = len(pattern) - 1
        for column, tone in enumerate(pattern):
            answers = len(places) - len(pattern) - 1 if line in answering else None
            places.append(Place(line, column, "", tone, rhyme if column == last else 0, answers=answers))
        places.append(Place(line, len(pattern), marks=ends))
    return tuple(places)

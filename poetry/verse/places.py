"""A poem place by place: what composing needs to know of a form or a tune, and all that it knows of one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """What stands in one place of a poem: a character, or a mark where there are ``marks``.

    ``line``: its line, from 0; ``column``: the characters before it there. ``marks``: the marks of which
    one stands here, empty for a character; a single one comes of itself. ``tone``: P, Z, or "." for either.
    ``rhyme``: the class that it rhymes in, from 1; 0 for none. ``repeats``: the place (from 0, marks counted)
    of an earlier character that comes again here, None for none. ``answers``: that of the character which
    it stands under in a parallel couplet, None for none.
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
    """The places of a poem given line by line: tones, class of the rhyme, marks one of which ends it.

    The lines ``answering`` (from 0) are parallel to the ones before them, which are as long.
    """
    places: list[Place] = []
    for line, (pattern, rhyme, ends) in enumerate(zip(tones, rhymes, marks, strict=True)):
        last = len(pattern) - 1
        for column, tone in enumerate(pattern):
            answers = len(places) - len(pattern) - 1 if line in answering else None
            places.append(Place(line, column, "", tone, rhyme if column == last else 0, answers=answers))
        places.append(Place(line, len(pattern), marks=ends))
    return tuple(places)

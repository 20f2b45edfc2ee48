"""Schemes of free verse, place by place, for given lines and marks."""

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from poetry.verse.form import FREE, GAP, MARKS, Form, verse_lines
from poetry.verse.places import Place, places_of
from poetry.verse.prosody import Fault
from poetry.verse.readings import LEVEL, LEVEL_GROUPS, level_groups, rhyme_groups


@dataclass(frozen=True)
class FreeScheme:
    """The rules for free verse with the lines of ``text``; composing uses it like the scheme of a form.

    ``text``: verse with its marks, GAP for open characters. ``rhymed``: whether even lines rhyme; ``group``:
    their rhyme group, empty if the first rhyme decides it.
    """

    text: str
    rhymed: bool
    group: str
    form: ClassVar[Form] = FREE
    share: ClassVar[float] = 1.0
    faults: ClassVar[tuple[Fault, ...]] = ()
    book: ClassVar[Sequence[str]] = LEVEL_GROUPS

    @functools.cached_property
    def places(self) -> tuple[Place, ...]:
        """The poem place by place."""
        lines = verse_lines(self.text)
        rhymes = [int(self.rhymed and ix % 2 == 1) for ix in range(len(lines))]
        tones = ["." * (len(line) - rhyme) + LEVEL * rhyme for line, rhyme in zip(lines, rhymes, strict=True)]
        return places_of(tones, rhymes, [character for character in self.text if character in MARKS])

    @property
    def groups(self) -> tuple[str, ...]:
        """The rhyme group of the only class of rhymes, as in ``Scheme``."""
        return (self.group,)


def free_scheme(text: str) -> FreeScheme:
    """Return the scheme of free verse with gaps, every line with its mark.

    If the given ends of even lines share a level rhyme group, even lines rhyme in it; if no ends are given,
    the first rhyme decides the group; else there is no rhyme.
    """
    ends = [line[-1] for line in verse_lines(text)[1::2] if line[-1] != GAP and rhyme_groups(line[-1])]
    votes = Counter(group for end in ends for group in sorted(level_groups(end)))
    group = max(votes, key=votes.__getitem__, default="")
    return FreeScheme(text, votes[group] == len(ends), group)

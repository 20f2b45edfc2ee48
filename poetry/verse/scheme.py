"""Schemes of regulated poems: the tone of every place, whether each line rhymes, and the rhyme group.

Schemes are chosen to fit the given parts of a poem: a first line, heads of an acrostic, a rhyme group.
"""

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from poetry.verse.fitting import BORROWED, OFF_RHYME, WRONG_TONE, explain
from poetry.verse.form import COMMA, SENTENCE_ENDS, Form
from poetry.verse.patterns import RHYMED, SEQUENCES, line_types, misfits
from poetry.verse.places import Place, places_of
from poetry.verse.prosody import Fault, in_order, line_faults, rhyme_faults, tone_faults
from poetry.verse.readings import LEVEL, LEVEL_GROUPS, OBLIQUE, dominant_group, level_groups

# The shares of SEQUENCES among the regulated poems of the 全唐诗 without faults.
_SHARES = {
    "wujue": (0.23, 0.65, 0.03, 0.09),
    "qijue": (0.09, 0.11, 0.46, 0.34),
    "wulu": (0.30, 0.48, 0.07, 0.15),
    "qilu": (0.06, 0.09, 0.40, 0.45),
}


@dataclass(frozen=True)
class Scheme:
    """The rules for one poem.

    ``tones``: a string of P, Z and "." for each line. ``rhymed``: whether each line rhymes. ``group``: the
    rhyme group, empty if the poem's first rhyme decides it. ``share``: the weight with which the scheme is
    chosen. ``faults``: the rules that the given text breaks.
    """

    form: Form
    sequence: str
    tones: tuple[str, ...]
    rhymed: tuple[bool, ...]
    group: str
    share: float
    faults: tuple[Fault, ...] = ()
    book: ClassVar[Sequence[str]] = LEVEL_GROUPS  # the rhyme groups that may be used

    @functools.cached_property
    def places(self) -> tuple[Place, ...]:
        """The poem place by place: ， after odd lines, a mark that ends a sentence after even ones.

        In a poem of eight lines, the middle couplets are parallel.
        """
        marks = [SENTENCE_ENDS if ix % 2 else COMMA for ix in range(self.form.count)]
        answering = (3, 5) if self.form.count == 8 else ()
        return places_of(self.tones, list(map(int, self.rhymed)), marks, answering)

    @property
    def groups(self) -> tuple[str, ...]:
        """The rhyme group of every class of rhymes, from class 1; regulated verse has one."""
        return (self.group,)


def fitting_schemes(form: Form, given: Sequence[str], group: str = "", tones: bool = True) -> list[Scheme]:
    """Return the schemes of a form that the given text breaks least, the most likely first.

    ``given``: the beginning of each line, which may be empty; GAP stands for an open character in it.
    ``group``: the rhyme group wanted, empty for any. Without ``tones`` only the rhyme is required. If every
    scheme has faults, return only the most likely of the best.
    """
    shares = dict(zip(SEQUENCES, _SHARES[form.name], strict=True))
    weighed = [_scheme(form, sequence, given, group, tones, shares[sequence]) for sequence in SEQUENCES]
    least = min(cost for cost, _ in weighed)
    best = sorted((scheme for cost, scheme in weighed if cost == least), key=lambda scheme: -scheme.share)
    return best[:1] if best[0].faults else best


def _scheme(
    form: Form, sequence: str, given: Sequence[str], group: str, tones: bool, share: float
) -> tuple[int, Scheme]:
    """Return (the cost of the given text under a sequence, the scheme)."""
    types = line_types(sequence, form.count)
    group = group or _given_group(form, types, given)
    rhymes = [line[form.size - 1 :] for line in given]
    faults, notes = rhyme_faults(rhymes, types, group, form.size)
    cost = OFF_RHYME * len(faults) + BORROWED * len(notes)
    patterns, tone_cost, wrong = (_patterns if tones else _rhyme_patterns)(form, types, given)
    cost += tone_cost
    faults += wrong
    rhymed = tuple(kind in RHYMED for kind in types)
    return cost, Scheme(form, sequence, tuple(patterns), rhymed, group, share, tuple(in_order(faults)))


def _given_group(form: Form, types: str, given: Sequence[str]) -> str:
    """Return the level group of most given rhymes, "" if there is none.

    Even lines count more than the first; a character's commonest group counts more than its others.
    """
    rhymes = [
        (ix % 2, line[-1]) for ix, line in enumerate(given) if types[ix] in RHYMED and len(line) == form.size
    ]
    votes: Counter[str] = Counter()
    for even, rhyme in rhymes:
        votes.update(
            {group: 4 + 2 * even + (group == dominant_group(rhyme)) for group in level_groups(rhyme)}
        )
    return max(sorted(votes), key=votes.__getitem__, default="")


def _patterns(form: Form, types: str, given: Sequence[str]) -> tuple[list[str], int, list[Fault]]:
    """Return (the pattern of every line, the cost of the given text, its faults of tone and place).

    A given line may have the other type with the same rhyme, and so be in the wrong place. The lines after it
    continue from its type, or return to the sequence without another fault.
    """
    cost, readings = explain(given, form.size, first=types[0])
    return [reading.pattern for reading in readings], cost, line_faults(given, readings)


def _rhyme_patterns(form: Form, types: str, given: Sequence[str]) -> tuple[list[str], int, list[Fault]]:
    """Do as ``_patterns``, but require only level ends of rhyming lines and oblique ends of other lines."""
    patterns = ["." * (form.size - 1) + (LEVEL if kind in RHYMED else OBLIQUE) for kind in types]
    faults = []
    for ix, (verse, pattern) in enumerate(zip(given, patterns, strict=True)):
        faults += tone_faults(verse, ix, types[ix], pattern, misfits(verse, pattern))
    return patterns, WRONG_TONE * len(faults), faults

"""Parallelism 对仗: how well the lines of a couplet answer each other, character over character.

Measured is the mean, over the places of a couplet, of the log odds that its two characters stand over one
another in the middle couplets of 律诗, against chance. Source: ``poetry/verse/tables/pairs.npz``.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from poetry.verse.form import FORMS, Form, recognise, verse_lines
from poetry.verse.prosody import Fault

# Of poems that the table was not made from 4.6 % (lines of seven) and 9.4 % (of five) of the middle couplets
# lie under it, 60 and 59 % of the last ones (benchmarks/parallelism.py).
WEAK = 0.0


@dataclass(frozen=True)
class Pairs:
    """A vector for every known character, simplified or traditional.

    ``rows``: character -> row of ``vectors`` float32 (N, D); ``signs`` float32 (D,). The log odds of two
    characters are the sum of the products of their vectors and ``signs``, whichever stands above.
    """

    rows: dict[str, int]
    vectors: np.ndarray
    signs: np.ndarray

    def of(self, characters: Sequence[str]) -> np.ndarray:
        """The vectors of ``characters``, zeros where one is unknown: float32 (len(characters), D)."""
        known = [self.rows.get(character, -1) for character in characters]
        return np.where(np.array(known)[:, None] < 0, np.float32(0), self.vectors[known])

    def log_odds(self, above: np.ndarray, below: np.ndarray) -> np.ndarray:
        """The log odds of vectors (..., D) over others: float32 (...)."""
        return (above * self.signs * below).sum(axis=-1)


@functools.cache
def pairs() -> Pairs:
    """The table, read once."""
    with resources.files("poetry.verse.tables").joinpath("pairs.npz").open("rb") as file:
        table = np.load(file)
        forms = str(table["forms"]).split()
        vectors, signs = table["vectors"].astype(np.float32), table["signs"].astype(np.float32)
    return Pairs({form: row for row, each in enumerate(forms) for form in each}, vectors, signs)


def score(first: Sequence[str], second: Sequence[str]) -> float:
    """How parallel two lines of one length are, in nats a place: -0.1 by chance, 0.6 in 律诗 (means).

    A place whose character is unknown counts 0. A character over itself counts as one over another of its
    kind: that it is repeated is no matter of this score.
    """
    table = pairs()
    return float(table.log_odds(table.of(first), table.of(second)).mean())


def middle_scores(text: str) -> list[float]:
    """The scores of lines 3 and 4, 5 and 6 of a poem in the shape of a 律诗; none of any other."""
    form, lines = recognise(text), verse_lines(text)
    return [score(lines[ix], lines[ix + 1]) for ix in (2, 4)] if has_middle(form) else []


def has_middle(form: Form) -> bool:
    """Whether a form has middle couplets, which are to be parallel."""
    return form in FORMS and form.count == 8


def notes(text: str) -> list[Fault]:
    """A note for each middle couplet, at its second line: its score, "weak" under WEAK."""
    return [
        Fault("对仗", line, 0, f"{found:.2f}{', weak' * (found < WEAK)}")
        for line, found in zip((4, 6), middle_scores(text), strict=False)
    ]

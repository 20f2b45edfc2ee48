"""Parallelism 对仗: how well the lines of a couplet correspond, character by character.

The score is the mean over the places of a couplet of the log odds, against chance, that its two characters
are paired in the middle couplets of 律诗. Source: ``poetry/verse/tables/pairs.npz``.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from poetry.verse.form import FORMS, Form, recognise, verse_lines
from poetry.verse.prosody import Fault

# In poems that the table was not made from, 4.6 % (lines of seven) and 9.4 % (lines of five) of the middle
# couplets score below it, and 60 % and 59 % of the last couplets (benchmarks/parallelism.py).
WEAK = 0.0


@dataclass(frozen=True)
class Pairs:
    """A vector for every known character, simplified or traditional.

    ``rows``: character -> row of ``vectors`` float32 (N, D); ``signs`` float32 (D,). The log odds of two
    characters are the sum of the products of their vectors and ``signs``, in either order.
    """

    rows: dict[str, int]
    vectors: np.ndarray
    signs: np.ndarray

    def of(self, characters: Sequence[str]) -> np.ndarray:
        """Return the vectors of ``characters``, zeros for unknown ones: float32 (len(characters), D)."""
        known = [self.rows.get(character, -1) for character in characters]
        return np.where(np.array(known)[:, None] < 0, np.float32(0), self.vectors[known])

    def log_odds(self, above: np.ndarray, below: np.ndarray) -> np.ndarray:
        """Return the log odds of pairs of vectors (..., D): float32 (...)."""
        return (above * self.signs * below).sum(axis=-1)


@functools.cache
def pairs() -> Pairs:
    """Return the table, which is read once."""
    with resources.files("poetry.verse.tables").joinpath("pairs.npz").open("rb") as file:
        table = np.load(file)
        forms = str(table["forms"]).split()
        vectors, signs = table["vectors"].astype(np.float32), table["signs"].astype(np.float32)
    return Pairs({form: row for row, each in enumerate(forms) for form in each}, vectors, signs)


def score(first: Sequence[str], second: Sequence[str]) -> float:
    """Return how parallel two lines of equal length are, in nats per place.

    The mean is -0.1 for chance pairs, 0.6 in 律诗.
    A place with an unknown character counts as 0. A character paired with itself scores like one paired with
    a similar character: this score does not penalise repetition.
    """
    table = pairs()
    return float(table.log_odds(table.of(first), table.of(second)).mean())


def middle_scores(text: str) -> list[float]:
    """Return the scores of lines 3/4 and 5/6 of a poem in the shape of a 律诗; [] for other poems."""
    form, lines = recognise(text), verse_lines(text)
    return [score(lines[ix], lines[ix + 1]) for ix in (2, 4)] if has_middle(form) else []


def has_middle(form: Form) -> bool:
    """Whether a form has middle couplets, which have to be parallel."""
    return form in FORMS and form.count == 8


def notes(text: str) -> list[Fault]:
    """Return a note for each middle couplet, at its second line: its score, with "weak" below WEAK."""
    return [note(line, found) for line, found in zip((4, 6), middle_scores(text), strict=False)]


def note(line: int, found: float) -> Fault:
    """Return the note of a couplet's score at its second line, counted from 1."""
    return Fault("对仗", line, 0, f"{found:.2f}{', weak' * (found < WEAK)}")

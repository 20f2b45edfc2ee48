"""Drafts of poems: finished ones, and batches of unfinished ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from poetry.composing.choices import History


@dataclass
class Draft:
    """A composed draft.

    ``number``: its place in its job; ``history``: its ids; ``logprobs``: the log-probability of each under
    the bare model, NaN where it was not chosen freely. ``fit``: the sum, over all choices, of the log of the
    share of probability that the masks left. ``opening``: the number of freely chosen characters in lines
    that open a later couplet; ``need``: the sum over these of the log-probability after their own context
    minus that after the other context. ``ratings``: the sums of the shares of all characters in the predicted
    ratings (3,), 0 where the drafts of its job are not rated. ``ended``: whether the model ended the draft
    itself; ``scheme``: the number of its scheme in the plan.
    """

    number: int
    history: list[int]
    logprobs: list[float]
    fit: float = 0.0
    need: float = 0.0
    opening: int = 0
    ratings: Sequence[float] = (0.0, 0.0, 0.0)
    ended: bool = False
    scheme: int = 0

    @property
    def chosen(self) -> int:
        """How many characters were chosen freely."""
        return int(np.isfinite(self.logprobs).sum())

    @property
    def mean_logprob(self) -> float | None:
        """The mean log-probability of a freely chosen character under the bare model; None without any."""
        return float(mean_of_chosen(np.array([self.logprobs]))[0]) if self.chosen else None


@dataclass(frozen=True)
class DraftBatch:
    """Unfinished drafts: the fields of Draft as arrays (R,), ``logprobs`` (R, T), ``ratings`` (R, 3).

    ``places`` are their places in the job.
    """

    places: np.ndarray
    history: History
    logprobs: np.ndarray
    fit: np.ndarray
    need: np.ndarray
    opening: np.ndarray
    ratings: np.ndarray
    ended: np.ndarray

    @classmethod
    def of(cls, schemes: np.ndarray, poems: np.ndarray, start: np.ndarray) -> "DraftBatch":
        """New drafts of ``schemes`` and ``poems`` (R,) that begin with the ids ``start``."""
        rows = len(schemes)
        history = History(np.tile(start, (rows, 1)), schemes, poems)
        given, sums = np.full((rows, len(start)), np.nan), np.zeros((2, rows))
        counts, ratings = np.zeros(rows, int), np.zeros((rows, 3))
        return cls(np.arange(rows), history, given, *sums, counts, ratings, np.zeros(rows, bool))

    def __len__(self) -> int:
        return len(self.places)

    def refilled(self, sources: np.ndarray) -> "DraftBatch":
        """Drafts that go on as copies of the drafts ``sources`` (R,), each in its own place."""
        return replace(self.part(sources), places=self.places)

    def part(self, rows: np.ndarray) -> "DraftBatch":
        """Some of the drafts."""
        columns = (self.logprobs, *self._sums, self.ended)
        return DraftBatch(self.places[rows], self.history.of(rows), *(column[rows] for column in columns))

    def extended(
        self,
        ids: np.ndarray,
        logprobs: np.ndarray,
        left: np.ndarray,
        needs: np.ndarray,
        ratings: np.ndarray,
        eop: int,
    ) -> "DraftBatch":
        """The drafts with one more id each: ``ids`` (R,).

        ``logprobs`` is NaN where the id was forced, ``needs`` NaN where it opens no couplet. The end-of-poem
        token ``eop`` ends a draft and is not counted as one of its characters.
        """
        ended = ids == eop
        opening = ~ended & ~np.isnan(needs)
        history = replace(self.history, ids=np.column_stack([self.history.ids, ids]))
        new = (left, np.where(opening, needs, 0.0), opening, np.where(ended[:, None], 0.0, ratings))
        sums = (before + more for before, more in zip(self._sums, new, strict=True))
        return DraftBatch(self.places, history, np.column_stack([self.logprobs, logprobs]), *sums, ended)

    def drafts(self) -> list[Draft]:
        """Convert the rows to single drafts."""
        ids, logprobs = (
            [row[: len(row) - ended] for row, ended in zip(rows, self.ended, strict=True)]
            for rows in (self.history.ids, self.logprobs)
        )
        columns = (self.places, ids, logprobs, *self._sums, self.ended, self.history.schemes)
        return [Draft(*(value.tolist() for value in row)) for row in zip(*columns, strict=True)]

    @property
    def _sums(self) -> tuple[np.ndarray, ...]:
        return self.fit, self.need, self.opening, self.ratings


def mean_of_chosen(logprobs: np.ndarray) -> np.ndarray:
    """The mean log-probability (R,) of the freely chosen characters; 0 without any.

    ``logprobs`` (R, T), NaN where a character was not chosen freely.
    """
    return np.nansum(logprobs, axis=1) / np.maximum(1, np.isfinite(logprobs).sum(axis=1))

"""Jobs: drafts that are composed in step, and the state of a job that is being composed."""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from poetry.composing.drafts import Draft, DraftBatch, mean_of_chosen
from poetry.composing.plan import Plan
from poetry.composing.ratings import Ratings
from poetry.composing.rules import Rules
from poetry.composing.sampling import Sampling
from poetry.verse.form import PAUSE

KEPT = 0.25  # share of the drafts that is kept after each quarter of the lines


@dataclass(frozen=True, eq=False)
class Job:
    """Drafts that are composed by the same rules, in step.

    ``seeds``, ``numbers``, ``schemes``: the seed of each draft, its number under that seed, and the number of
    its scheme in the plan: (R,) each. ``plans``: one for each poem; they differ at most in their themes.
    Every poem has the same number of drafts, and the drafts of a poem are consecutive. ``is_sound``: whether
    a finished draft has no fault; once there is one, later drafts of the poem that are longer are not needed
    (see ``Ranking.compared``). ``slips``: the number of faults of wording in the ids of an unfinished draft.
    ``ratings``: what predicts how readers would rate drafts, None for nothing.
    """

    plans: Sequence[Plan]
    rules: Rules
    sampling: Sampling
    seeds: np.ndarray
    numbers: np.ndarray
    schemes: np.ndarray
    is_sound: Callable[[Draft], bool]
    slips: Callable[[Sequence[int]], int]
    ratings: Ratings | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def candidates(self) -> int:
        """How many drafts each poem has."""
        return len(self) // len(self.plans)

    @property
    def poems(self) -> np.ndarray:
        """The number of each draft's poem: (R,)."""
        return np.arange(len(self)) // self.candidates

    def drafts(self, poem: int) -> range:
        """The places of a poem's drafts in the job."""
        return range(poem * self.candidates, (poem + 1) * self.candidates)

    @functools.cached_property
    def quarters(self) -> np.ndarray:
        """A quarter of the lines of each scheme, or of the heads, or of eight lines; at least one: (S,)."""
        lines = [
            sum(bool(place.marks.strip(PAUSE)) for place in scheme.places) for scheme in self.plan.schemes
        ]
        return np.maximum(1, np.array(lines or [len(self.plan.heads) or 8]) // 4)

    @property
    def plan(self) -> Plan:
        """The first of the plans; the others differ from it at most in their themes."""
        return self.plans[0]


@dataclass(eq=False)
class RunningJob:
    """The state of a job that is being composed.

    ``batch``: the unfinished drafts; ``rows`` (P, R): their rows in the reader, None before the first step.
    ``rows[0]`` belongs to the drafts' own contexts, ``rows[1]``, if present, to the other contexts.
    ``finished``: the finished drafts, by number, of poems that are not done.
    """

    job: Job
    batch: DraftBatch
    rows: np.ndarray | None = None
    finished: dict[int, Draft] = field(default_factory=dict)

    @property
    def poems(self) -> np.ndarray:
        """The number of each draft's poem in the job: (R,)."""
        return self.batch.history.poems

    def keep(self, drafts: np.ndarray) -> None:
        """Keep the unfinished drafts where ``drafts``, bool (R,), is true; discard the others."""
        self.batch = self.batch.part(drafts)
        if self.rows is not None:
            self.rows = self.rows[:, drafts]

    def go_on(self, marks: np.ndarray) -> None:
        """Drop the worst drafts after some of the lines; exchange other contexts after each sentence.

        ``marks``: int (R, T), 1 where the drafts have marks, 2 where these end a sentence, else 0. Of the
        drafts of a poem whose sentence has ended, each takes over the other context of the next one,
        the last one that of the first. What is dropped there lives on as another context, so the contexts
        stay as various as the drafts were; elsewhere a copy has its source's. Where ``rows`` has no second
        row yet, the own contexts are exchanged to make one. A single draft keeps the context that it has.
        """
        sources, ended = self._sources(marks), marks[:, -1] == 2
        if not ended.any() and np.array_equal(sources, np.arange(len(sources))):
            return
        others = self._others(sources, ended) if self.job.plan.contrast else None
        own = self.rows[:, sources]
        self.rows = own if others is None else np.stack([own[0], others])
        self.batch = self.batch.refilled(sources)

    def _others(self, sources: np.ndarray, ended: np.ndarray) -> np.ndarray | None:
        """The rows (R,) of the other contexts of drafts that go on as ``sources``; None where there are none.

        No draft takes over the context of the one that it is a copy of, if there are others.
        """
        drafts = np.flatnonzero(ended)
        poems = self.poems[drafts]
        first, last = np.searchsorted(poems, poems), np.searchsorted(poems, poems, side="right") - 1
        places = np.arange(len(drafts))
        after = np.where(places == last, first, places + 1)
        following = np.where(drafts[after] == sources[drafts], after[after], after)
        if len(self.rows) == 1 and (drafts[following] == sources[drafts]).all():
            return None
        others = self.rows[-1, sources]
        others[drafts] = self.rows[-1, drafts[following]]
        return others

    def _sources(self, marks: np.ndarray) -> np.ndarray:
        """The drafts (R,) as which the drafts go on: themselves, or better ones.

        When a quarter of the lines has just ended (of eight where their number is not fixed), the best KEPT
        of the drafts of a poem whose lines and sentences have ended in the same places stay, at least two:
        those with the fewest faults so far, and among these the ones with the best ratings so far. The others
        go on as copies of them in turn. In revisions, whose best drafts have to differ, nothing is dropped.
        """
        sources, rated, plan = np.arange(len(self.batch)), self.job.ratings, self.job.plan
        if not rated or plan.bare or plan.locked:
            return sources
        quarters = self.job.quarters[self.batch.history.schemes]
        due = np.flatnonzero((marks[:, -1] > 0) & ((marks > 0).sum(axis=1) % quarters == 0))
        if not len(due):
            return sources
        ids = self.batch.history.ids
        composed = max(1, len(self.batch.history) - len(plan.start))
        worth = rated.worth(self.batch.ratings / composed, mean_of_chosen(self.batch.logprobs))
        _, alike = np.unique(np.column_stack([self.poems, marks]), axis=0, return_inverse=True)
        alike = alike.ravel()  # NumPy 2.0.0 keeps an axis
        for group in np.unique(alike[due]):
            drafts = np.flatnonzero(alike == group)
            _, first = np.unique(ids[drafts], axis=0, return_index=True)
            texts = drafts[np.sort(first)]  # one draft of each text: which one must not depend on rounding
            faults = [self.job.slips(draft) for draft in ids[texts].tolist()]
            best = texts[np.lexsort([-worth[texts], faults])]
            kept = best[: max(2, math.ceil(KEPT * len(drafts)))]
            sources[drafts] = np.resize(kept, len(drafts))
        return sources

    def take_done(self) -> dict[int, list[Draft]]:
        """Remove the poems that are done; return the finished drafts of each, in order.

        Unfinished drafts of these poems are discarded.
        """
        if self.job.rules.outline:
            whole = self.job.rules.outline.done(self.batch.history)
        else:
            whole = self.batch.ended | (len(self.batch.history) >= self.job.plan.max_gen_len)
        if not whole.any():
            return {}
        self.finished |= {draft.number: draft for draft in self.batch.part(whole).drafts()}
        grown = set(self.poems[whole].tolist())
        self.keep(~whole)
        return {poem: self.drop(poem) for poem in grown if self._is_done(poem)}

    def drop(self, poem: int) -> list[Draft]:
        """Discard the unfinished drafts of a poem; remove and return the finished ones, in order."""
        self.keep(self.poems != poem)
        return [self.finished.pop(number) for number in self.job.drafts(poem) if number in self.finished]

    def _is_done(self, poem: int) -> bool:
        """Whether the needed drafts of a poem are finished: a sound one and all before it, or every draft."""
        numbers = self.job.drafts(poem)
        before = [
            self.finished[number] for number in itertools.takewhile(self.finished.__contains__, numbers)
        ]
        return len(before) == len(numbers) or any(map(self.job.is_sound, before))

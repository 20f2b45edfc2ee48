"""The decoding loop: drafts in step, each with a forced character or one of the words left.

Drafts of one plan are a job. Jobs of several plans are composed side by side: the network takes a step with
all their drafts at once, the rules of each job choose for its own.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import paddle

from poetry.base.errors import PoetryError
from poetry.composing.calibration import Calibration
from poetry.composing.choices import Choices, Constraint, History, Masks, Outline
from poetry.composing.constraints import Lines
from poetry.composing.plan import Plan
from poetry.composing.reader import Reader
from poetry.composing.sampling import Sampling, choose, log_probabilities, log_softmax, log_total
from poetry.learning.network import Network
from poetry.text.headings import prompt
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import MARKS, SENTENCE_ENDS


@dataclass(frozen=True)
class Rules:
    """What holds for drafts: masks, then constraints; the outline forces characters and ends poems.

    ``calibration`` is no rule: it changes scores, but forbids and names nothing. ``marks``: bool (V,), the
    words that end the lines, whose beginnings are bolder; None where no place is another than the rest.
    """

    masks: Masks
    constraints: Sequence[Constraint] = ()
    outline: Outline | None = None
    calibration: Calibration | None = None
    marks: np.ndarray | None = None

    def forced(self, history: History) -> np.ndarray:
        """The id that must come next in each draft, -1 where it is free: (R,)."""
        return self.outline.forced(history) if self.outline else np.full(len(history.ids), -1)

    def choose(
        self,
        history: History,
        scores: np.ndarray,
        sampling: Sampling,
        seeds: np.ndarray,
        numbers: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The id chosen for each of the drafts ``numbers`` of ``seeds`` by ``scores`` (R, V): (R,).

        With it comes the log of the share of probability that the masks leave: (R,). ``scores`` stay as they
        are.
        Raises PoetryError naming the rule that leaves nothing.
        """
        chosen = np.empty(len(numbers), dtype=np.int64)
        left = np.zeros(len(numbers))
        for rows, words in self.masks.groups(history):
            part = history.of(rows)
            choices = Choices(words, words.of(scores if len(rows) == len(scores) else scores[rows]))
            if not len(words.ids):
                raise self._nothing_left(part)
            if self.masks.masks:
                left[rows] = log_total(choices.scores) - log_total(scores[rows])
            if self.calibration:
                self.calibration(part, choices)
            for constraint in self.constraints:
                constraint(part, choices)
            steps = np.full(len(rows), len(history))
            warmth = None if self.marks is None else sampling.of_lines(Lines(part, self.marks).column)
            places = choose(choices.scores, sampling, seeds[rows], numbers[rows], steps, words.ids, warmth)
            if np.isneginf(choices.scores[np.arange(len(rows)), places]).any():
                raise self._nothing_left(part)
            chosen[rows] = words.ids[places]
        return chosen, left

    def applied(self, history: History, scores: np.ndarray) -> Iterator[str]:
        """The names of the rules, each of which has changed ``scores`` (R, V) as it is named."""
        choices = Choices(self.masks.everything, scores)
        for mask in self.masks.masks:
            scores[~mask.sets[mask.keys(history)]] = -np.inf
            yield mask.name
        for constraint in self.constraints:
            constraint(history, choices)
            yield constraint.name

    def _nothing_left(self, history: History) -> PoetryError:
        """The error that names the first rule which leaves some draft nothing."""
        scores = np.zeros((len(history.ids), len(self.masks.everything.ids)))
        name = next(name for name in self.applied(history, scores) if np.isneginf(scores).all(axis=1).any())
        return PoetryError(f"the rule of {name} leaves no character; try another start")


@dataclass
class Draft:
    """A composed draft: its ids, the sum of log-probabilities over its freely ``chosen`` ones.

    ``number``: its place in its job. ``fit``: the sum over the chosen ones of the log of the share of
    probability that the masks left; ``need``: over ``opening`` ones, those of lines that open a couplet, of
    how much likelier they are after their own context than after the other one. ``ended``: whether the model
    itself ended it; ``scheme``: the number of its scheme in the plan.
    """

    number: int
    history: list[int]
    logprob: float = 0.0
    fit: float = 0.0
    need: float = 0.0
    chosen: int = 0
    opening: int = 0
    ended: bool = False
    scheme: int = 0

    @property
    def mean_logprob(self) -> float | None:
        """Of a freely chosen character under the bare model, None where there is none."""
        return self.logprob / self.chosen if self.chosen else None


@dataclass(frozen=True, eq=False)
class Job:
    """Drafts that are composed by the same rules, in step.

    Each is draft ``numbers`` of ``seeds``, by the scheme of the number ``schemes`` in the plan: (R,) each.
    ``plans``: of the poems that they are for, as many drafts each, one after another; they differ in their
    themes at most. ``is_sound``: whether a whole draft has no fault; beside one, the drafts that come after
    it and are longer are not needed (see ``Ranking.compared``).
    """

    plans: Sequence[Plan]
    rules: Rules
    sampling: Sampling
    seeds: np.ndarray
    numbers: np.ndarray
    schemes: np.ndarray
    is_sound: Callable[[Draft], bool]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def candidates(self) -> int:
        """How many drafts each poem has."""
        return len(self) // len(self.plans)

    def drafts(self, poem: int) -> range:
        """The numbers in the job of the drafts of a poem."""
        return range(poem * self.candidates, (poem + 1) * self.candidates)

    @property
    def plan(self) -> Plan:
        """The first of the plans: all but its theme holds for the others too."""
        return self.plans[0]


@dataclass(frozen=True)
class _Batch:
    """Drafts in the making, (R,) each, as in Draft; ``places`` are their places in the job."""

    places: np.ndarray
    history: History
    logprob: np.ndarray
    fit: np.ndarray
    need: np.ndarray
    chosen: np.ndarray
    opening: np.ndarray
    ended: np.ndarray

    @classmethod
    def of(cls, schemes: np.ndarray, start: np.ndarray) -> "_Batch":
        """New drafts that begin with the ids ``start``."""
        rows = len(schemes)
        history = History(np.tile(start, (rows, 1)), schemes)
        sums, counts = np.zeros((3, rows)), np.zeros((2, rows), int)
        return cls(np.arange(rows), history, *sums, *counts, np.zeros(rows, bool))

    def __len__(self) -> int:
        return len(self.places)

    def part(self, rows: np.ndarray) -> "_Batch":
        """Some of the drafts."""
        columns = (*self._sums, self.ended)
        return _Batch(self.places[rows], self.history.of(rows), *(column[rows] for column in columns))

    def extended(
        self, ids: np.ndarray, logprobs: np.ndarray, left: np.ndarray, needs: np.ndarray, eop: int
    ) -> "_Batch":
        """The drafts with ``ids`` behind them, which were chosen where ``logprobs`` are numbers.

        They open a couplet where ``needs`` are numbers. A chosen ``eop`` ends a draft and is no part of it.
        """
        ended = ids == eop
        counts, opening = ~ended & ~np.isnan(logprobs), ~ended & ~np.isnan(needs)
        history = History(np.column_stack([self.history.ids, ids]), self.history.schemes)
        new = (np.where(counts, logprobs, 0.0), left, np.where(opening, needs, 0.0), counts, opening)
        sums = (before + more for before, more in zip(self._sums, new, strict=True))
        return _Batch(self.places, history, *sums, ended)

    def drafts(self) -> list[Draft]:
        """As single drafts."""
        ids = [row[: len(row) - ended] for row, ended in zip(self.history.ids, self.ended, strict=True)]
        columns = (self.places, ids, *self._sums, self.ended, self.history.schemes)
        return [Draft(*(value.tolist() for value in row)) for row in zip(*columns, strict=True)]

    @property
    def _sums(self) -> tuple[np.ndarray, ...]:
        return self.logprob, self.fit, self.need, self.chosen, self.opening


def contrasted(own: np.ndarray, other: np.ndarray, strength: float, spared: list[int]) -> np.ndarray:
    """Logits (R, V) after a draft's ``own`` context moved away from those after an ``other`` one.

    What would follow anywhere loses by it (contrastive decoding, Li et al. 2023). The words ``spared``, marks
    and the end, are left as they are, lest the form suffer.
    """
    contrast = log_softmax(own) - log_softmax(other)
    contrast[:, spared] = 0.0
    return own + strength * contrast


@dataclass(eq=False)
class _Making:
    """A job in work: the drafts that are not whole, and their ``rows`` (P, R) in the reader once begun.

    The first are those of the drafts' own contexts, the second, where there are any, of others. ``whole``:
    the drafts that are, of poems that are not done, by their numbers.
    """

    job: Job
    batch: _Batch
    rows: np.ndarray | None = None
    whole: dict[int, Draft] = field(default_factory=dict)

    @property
    def poems(self) -> np.ndarray:
        """The number in the job of each draft's poem: (R,)."""
        return self.batch.places // self.job.candidates

    def keep(self, drafts: np.ndarray) -> None:
        """Let all but these go: bool (R,)."""
        self.batch = self.batch.part(drafts)
        if self.rows is not None:
            self.rows = self.rows[:, drafts]

    def exchange(self, ended: np.ndarray) -> None:
        """Let drafts with a sentence that has just ``ended`` (R,) go on against each other's context.

        Each of a poem takes the other context of the next one, around; who is alone keeps its own.
        """
        drafts = np.flatnonzero(ended)
        poems = self.poems[drafts]
        first, last = np.searchsorted(poems, poems), np.searchsorted(poems, poems, side="right") - 1
        places = np.arange(len(drafts))
        following = np.where(places == last, first, places + 1)
        if (following != places).any():
            others = self.rows[-1].copy()
            others[drafts] = others[drafts[following]]
            self.rows = np.stack([self.rows[0], others])

    def take_done(self) -> dict[int, list[Draft]]:
        """The whole drafts, in order, of each poem that is done; all that are left of it leave."""
        if self.job.rules.outline:
            whole = self.job.rules.outline.done(self.batch.history)
        else:
            whole = self.batch.ended | (len(self.batch.history) >= self.job.plan.max_gen_len)
        if not whole.any():
            return {}
        self.whole |= {draft.number: draft for draft in self.batch.part(whole).drafts()}
        grown = set(self.poems[whole].tolist())
        self.keep(~whole)
        return {poem: self.drop(poem) for poem in grown if self._is_done(poem)}

    def drop(self, poem: int) -> list[Draft]:
        """Leave a poem: the drafts of it that are whole, in order."""
        self.keep(self.poems != poem)
        return [self.whole.pop(number) for number in self.job.drafts(poem) if number in self.whole]

    def _is_done(self, poem: int) -> bool:
        """Whether all drafts of a poem that are needed are whole: a sound one and those before it, or all."""
        numbers = self.job.drafts(poem)
        before = [self.whole[number] for number in itertools.takewhile(self.whole.__contains__, numbers)]
        return len(before) == len(numbers) or any(map(self.job.is_sound, before))


class Decoder:
    """Composes the drafts of jobs with a model. A job may come in and leave between any two steps."""

    def __init__(self, model: Network, vocabulary: PoemVocabulary):
        self._reader = Reader(model)
        self._vocabulary = vocabulary
        self._marks = np.array([word in MARKS for word in vocabulary.words])
        self._ends = np.array([word in SENTENCE_ENDS for word in vocabulary.words])
        self._makings: list[_Making] = []

    def __len__(self) -> int:
        """Drafts in the making."""
        return sum(len(making.batch) for making in self._makings)

    def decode(self, job: Job) -> list[list[Draft]]:
        """The drafts of a job that is alone, poem by poem, in order; those that are not needed left out.

        Raises PoetryError where a rule leaves nothing.
        """
        self.add(job)
        poems: dict[int, list[Draft]] = {}
        while len(poems) < len(job.plans):
            for _, found in self.step():
                if isinstance(found, PoetryError):
                    raise found
                poems |= found
        return [poems[number] for number in range(len(job.plans))]

    def add(self, job: Job) -> None:
        """Let a job begin with the next step."""
        start = self._vocabulary.encode(job.plan.start)
        self._makings.append(_Making(job, _Batch.of(job.schemes, start)))

    def drop(self, job: Job, poem: int) -> None:
        """Leave the poem of this number in a job."""
        for making in self._makings:
            if making.job is job:
                making.drop(poem)

    def written(self, job: Job, poem: int) -> np.ndarray:
        """The ids so far (R, T) of those drafts of a poem of a job that are in the making."""
        making = next(making for making in self._makings if making.job is job)
        return making.batch.history.ids[making.poems == poem]

    @paddle.no_grad()
    def step(self) -> list[tuple[Job, dict[int, list[Draft]] | PoetryError]]:
        """A character more in every draft that is not whole; the jobs that failed, and of others the poems
        that are done, by their numbers, each with its whole drafts in order.

        A draft that is whole leaves, so does a poem that is done and a job that fails. Of several drafts of a
        poem each is read twice: after its own context, and after the couplets of another without theme and
        prefix.
        """
        found = [(making.job, making.take_done()) for making in self._makings]
        self._makings = [making for making in self._makings if len(making.batch)]
        begun = [making for making in self._makings if making.rows is not None]
        rows = self._reader.read(
            [making.rows for making in begun], [making.batch.history.ids[:, -1] for making in begun]
        )
        for making, after in zip(begun, rows, strict=True):
            making.rows = after
            if making.job.plan.contrast:
                making.exchange(self._ends[making.batch.history.ids[:, -1]])
        for making in self._makings:
            if making.rows is None:
                making.rows = self._opened(making.job)[:, making.batch.places]
        failed = self._extend()
        return [*((job, poems) for job, poems in found if poems), *failed]

    def _opened(self, job: Job) -> np.ndarray:
        """The reader's rows of a job's drafts before their first choice: (P, R), P prompts each."""
        prompts = [self._prompts(plan) for plan in job.plans]
        distinct = {read: ix for ix, read in enumerate(dict.fromkeys(itertools.chain(*prompts)))}
        rows = self._reader.open(list(distinct))
        of_plans = rows[[[distinct[read] for read in reads] for reads in prompts]].T
        return np.repeat(of_plans, len(job) // len(job.plans), axis=1)

    def _prompts(self, plan: Plan) -> list[tuple[int, ...]]:
        """What the drafts of a plan are read after, with their start."""
        vocabulary = self._vocabulary
        start = vocabulary.encode(plan.start).tolist()
        prompts = [(*plan.prompt(vocabulary), *start)]
        if plan.strengthened:
            prompts.append((*prompt(vocabulary, plan.name), *start))
        return prompts

    def _extend(self) -> list[tuple[Job, PoetryError]]:
        """Give every draft its next character, and let the jobs go whose rules leave none.

        Logits are computed for drafts that have a choice.
        """
        forced = [making.job.rules.forced(making.batch.history) for making in self._makings]
        choosing = [np.flatnonzero(ids < 0) for ids in forced]
        wanted = [making.rows[:, free] for making, free in zip(self._makings, choosing, strict=True)]
        logits = iter(
            self._reader.logits([rows for rows in wanted if rows.size]) if any(map(len, choosing)) else ()
        )
        failed = []
        for making, ids, free in zip(list(self._makings), forced, choosing, strict=True):
            (logprobs, needs), left = np.full((2, len(ids)), np.nan), np.zeros(len(ids))
            if len(free):
                try:
                    found = self._chosen(making, free, next(logits))
                    ids[free], logprobs[free], left[free], needs[free] = found
                except PoetryError as error:
                    failed.append((making.job, error))
                    self._makings.remove(making)
                    continue
            making.batch = making.batch.extended(ids, logprobs, left, needs, self._vocabulary.eop)
        return failed

    def _chosen(
        self, making: _Making, free: np.ndarray, logits: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(ids, their log-probabilities, the shares left, the need) of the drafts ``free``.

        By ``logits`` (P, R, V); the need is NaN where no couplet is opened against another context.
        """
        job, batch = making.job, making.batch
        scores = logits[0]
        if len(logits) > 1:
            scores = contrasted(*logits, job.plan.contrast, self._vocabulary.unspoken_ids())
        places = batch.places[free]
        chosen, left = job.rules.choose(
            batch.history.of(free), scores, job.sampling, job.seeds[places], job.numbers[places]
        )
        logprobs, needs = log_probabilities(logits[0], chosen), np.full(len(free), np.nan)
        if len(logits) > 1:
            apart = making.rows[0, free] != making.rows[1, free]  # who is alone has but its own context
            opening = np.flatnonzero(apart & self._opens(batch.history.ids[free]))
            needs[opening] = logprobs[opening] - log_probabilities(logits[1][opening], chosen[opening])
        return chosen, logprobs, left, needs

    def _opens(self, ids: np.ndarray) -> np.ndarray:
        """Whether what comes after ``ids`` (R, T) is of a line that opens a later couplet: bool (R,)."""
        marks = self._marks[ids]
        if not marks.any():
            return np.zeros(len(ids), dtype=bool)
        last = ids.shape[1] - 1 - marks[:, ::-1].argmax(axis=1)
        return self._ends[ids[np.arange(len(ids)), last]]

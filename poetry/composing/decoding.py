"""The decoding loop: every step adds to each draft a forced character or one chosen among the allowed words.

The drafts of one plan form a job. Jobs of several plans are composed side by side: in each step the network
reads all their drafts in one batch, then the rules of each job choose the characters of its own drafts.
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
from poetry.composing.sampling import Sampling, choose, log_probabilities, log_total
from poetry.learning.network import Network
from poetry.text.headings import prompt
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import MARKS, SENTENCE_ENDS


@dataclass(frozen=True)
class Rules:
    """The rules of drafts: masks, then constraints; the outline forces characters and ends poems.

    ``calibration`` is not a rule: it changes scores, but never forbids a word or appears in an error.
    ``marks``: bool (V,), which words end a line: the first characters after them may be sampled at a higher
    temperature (``Sampling.of_lines``). None: one temperature in all places.
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
        totals: np.ndarray,
        sampling: Sampling,
        seeds: np.ndarray,
        numbers: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Choose the next id of each draft ``numbers`` (R,) of ``seeds`` (R,) by ``scores`` (R, V).

        ``totals`` (R,): the ``log_total`` of the scores. Return (the ids, the log of the share of probability
        that the masks leave): (R,) each. ``scores`` are not changed. Raises PoetryError, naming the rule,
        where a rule leaves no word.
        """
        chosen = np.empty(len(numbers), dtype=np.int64)
        left = np.zeros(len(numbers))
        for rows, words in self.masks.groups(history):
            part = history.of(rows)
            choices = Choices(words, words.of(scores if len(rows) == len(scores) else scores[rows]))
            if not len(words.ids):
                raise self._nothing_left(part)
            if self.masks.masks:
                left[rows] = log_total(choices.scores) - totals[rows]
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
        """Apply the rules to ``scores`` (R, V) one by one, in place; yield the name of each once applied."""
        choices = Choices(self.masks.everything, scores)
        for mask in self.masks.masks:
            scores[~mask.sets[mask.keys(history)]] = -np.inf
            yield mask.name
        for constraint in self.constraints:
            constraint(history, choices)
            yield constraint.name

    def _nothing_left(self, history: History) -> PoetryError:
        """The error that names the first rule after which some draft has no word left."""
        scores = np.zeros((len(history.ids), len(self.masks.everything.ids)))
        name = next(name for name in self.applied(history, scores) if np.isneginf(scores).all(axis=1).any())
        return PoetryError(f"the rule of {name} leaves no character; try another start")


@dataclass
class Draft:
    """A composed draft.

    ``number``: its place in its job; ``history``: its ids. ``chosen``: how many of them were chosen freely;
    ``logprob``: the sum of their log-probabilities; ``fit``: the sum, over all choices, of the log of the
    share of probability that the masks left. ``opening``: how many of the chosen ones are in a line that
    opens a later couplet; ``need``: the sum over these of the log-probability after their own context minus
    that after the other context. ``ended``: whether the model ended the draft itself; ``scheme``: the number
    of its scheme in the plan.
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
        """The mean log-probability of a freely chosen character under the bare model; None without any."""
        return self.logprob / self.chosen if self.chosen else None


@dataclass(frozen=True, eq=False)
class Job:
    """Drafts that are composed by the same rules, in step.

    ``seeds``, ``numbers``, ``schemes``: the seed of each draft, its number under that seed, and the number of
    its scheme in the plan: (R,) each. ``plans``: one for each poem; they differ at most in their themes.
    Every poem has the same number of drafts, and the drafts of a poem are consecutive. ``is_sound``: whether
    a finished draft has no fault; once there is one, later drafts of the poem that are longer are not needed
    (see ``Ranking.compared``).
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
        """The places of a poem's drafts in the job."""
        return range(poem * self.candidates, (poem + 1) * self.candidates)

    @property
    def plan(self) -> Plan:
        """The first of the plans; the others differ from it at most in their themes."""
        return self.plans[0]


@dataclass(frozen=True)
class _Batch:
    """Unfinished drafts: the fields of Draft as arrays (R,); ``places`` are their places in the job."""

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
        """The drafts with one more id each: ``ids`` (R,).

        ``logprobs`` is NaN where the id was forced, ``needs`` NaN where it opens no couplet. The end-of-poem
        token ``eop`` ends a draft and is not counted as one of its characters.
        """
        ended = ids == eop
        counts, opening = ~ended & ~np.isnan(logprobs), ~ended & ~np.isnan(needs)
        history = History(np.column_stack([self.history.ids, ids]), self.history.schemes)
        new = (np.where(counts, logprobs, 0.0), left, np.where(opening, needs, 0.0), counts, opening)
        sums = (before + more for before, more in zip(self._sums, new, strict=True))
        return _Batch(self.places, history, *sums, ended)

    def drafts(self) -> list[Draft]:
        """Convert the rows to single drafts."""
        ids = [row[: len(row) - ended] for row, ended in zip(self.history.ids, self.ended, strict=True)]
        columns = (self.places, ids, *self._sums, self.ended, self.history.schemes)
        return [Draft(*(value.tolist() for value in row)) for row in zip(*columns, strict=True)]

    @property
    def _sums(self) -> tuple[np.ndarray, ...]:
        return self.logprob, self.fit, self.need, self.chosen, self.opening


def contrasted(logits: np.ndarray, totals: np.ndarray, strength: float, spared: list[int]) -> np.ndarray:
    """Move the logits after a draft's own context away from those after another one: (R, V).

    ``logits`` (2, R, V): those after either context; ``totals`` (2, R): the ``log_total`` of these.
    Words that would follow any context lose by it (contrastive decoding, Li et al. 2023). The ids ``spared``,
    those of the marks and the end, keep their logits, so that the form does not suffer.
    """
    own, other = logits
    contrast = own - other
    contrast -= (totals[0] - totals[1])[:, None].astype(contrast.dtype)
    contrast[:, spared] = 0.0
    return own + strength * contrast


@dataclass(eq=False)
class _RunningJob:
    """The state of a job that is being composed.

    ``batch``: the unfinished drafts; ``rows`` (P, R): their rows in the reader, None before the first step.
    ``rows[0]`` belongs to the drafts' own contexts, ``rows[1]``, if present, to the other contexts.
    ``whole``: the finished drafts, by number, of poems that are not done.
    """

    job: Job
    batch: _Batch
    rows: np.ndarray | None = None
    whole: dict[int, Draft] = field(default_factory=dict)

    @property
    def poems(self) -> np.ndarray:
        """The number of each draft's poem in the job: (R,)."""
        return self.batch.places // self.job.candidates

    def keep(self, drafts: np.ndarray) -> None:
        """Keep the unfinished drafts where ``drafts``, bool (R,), is true; discard the others."""
        self.batch = self.batch.part(drafts)
        if self.rows is not None:
            self.rows = self.rows[:, drafts]

    def exchange(self, ended: np.ndarray) -> None:
        """Exchange the other contexts of drafts whose sentence has just ``ended``: bool (R,).

        Of these drafts of a poem each takes over the other context of the next one, the last one takes that
        of the first. A single draft keeps the context that it has. Where ``rows`` has no second row yet, the
        own contexts are exchanged to make one.
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
        """Remove the poems that are done; return the finished drafts of each, in order.

        Unfinished drafts of these poems are discarded.
        """
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
        """Discard the unfinished drafts of a poem; remove and return the finished ones, in order."""
        self.keep(self.poems != poem)
        return [self.whole.pop(number) for number in self.job.drafts(poem) if number in self.whole]

    def _is_done(self, poem: int) -> bool:
        """Whether the needed drafts of a poem are finished: a sound one and all before it, or every draft."""
        numbers = self.job.drafts(poem)
        before = [self.whole[number] for number in itertools.takewhile(self.whole.__contains__, numbers)]
        return len(before) == len(numbers) or any(map(self.job.is_sound, before))


class Decoder:
    """Composes the drafts of jobs. Jobs may be added, and poems dropped, between any two steps."""

    def __init__(self, model: Network, vocabulary: PoemVocabulary):
        self._reader = Reader(model)
        self._vocabulary = vocabulary
        self._marks = np.array([word in MARKS for word in vocabulary.words])
        self._ends = np.array([word in SENTENCE_ENDS for word in vocabulary.words])
        self._running: list[_RunningJob] = []

    def __len__(self) -> int:
        """The number of unfinished drafts."""
        return sum(len(running.batch) for running in self._running)

    def decode(self, job: Job) -> list[list[Draft]]:
        """Compose one job alone; return the drafts of each poem, in order, without those that are not needed.

        Raises PoetryError where a rule leaves no character.
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
        """Add a job, which begins with the next step."""
        start = self._vocabulary.encode(job.plan.start)
        self._running.append(_RunningJob(job, _Batch.of(job.schemes, start)))

    def drop(self, job: Job, poem: int) -> None:
        """Discard the poem of this number in a job."""
        for running in self._running:
            if running.job is job:
                running.drop(poem)

    def written(self, job: Job, poem: int) -> np.ndarray:
        """The ids so far of a poem's unfinished drafts: (R, T)."""
        running = next(running for running in self._running if running.job is job)
        return running.batch.history.ids[running.poems == poem]

    @paddle.no_grad()
    def step(self) -> list[tuple[Job, dict[int, list[Draft]] | PoetryError]]:
        """Remove the poems that are done, then add one character to every unfinished draft.

        Return (job, result) for each job that has poems done or has failed. The result is a dict of the
        finished drafts of each poem, in order, by the poem's number, or the error of a failed job, which is
        removed. Where drafts are contrasted each is read twice: after its own context, and after the couplets
        of another draft of its poem, without theme and prefix where these are strengthened.
        """
        found = [(running.job, running.take_done()) for running in self._running]
        self._running = [running for running in self._running if len(running.batch)]
        begun = [running for running in self._running if running.rows is not None]
        rows = self._reader.read(
            [running.rows for running in begun], [running.batch.history.ids[:, -1] for running in begun]
        )
        for running, after in zip(begun, rows, strict=True):
            running.rows = after
            if running.job.plan.contrast:
                running.exchange(self._ends[running.batch.history.ids[:, -1]])
        for running in self._running:
            if running.rows is None:
                running.rows = self._opened(running.job)[:, running.batch.places]
        failed = self._extend()
        return [*((job, poems) for job, poems in found if poems), *failed]

    def _opened(self, job: Job) -> np.ndarray:
        """Open a job in the reader; return the rows of its drafts before their first choice: (P, R).

        P is the number of prompts of each draft.
        """
        prompts = [self._prompts(plan) for plan in job.plans]
        distinct = {read: ix for ix, read in enumerate(dict.fromkeys(itertools.chain(*prompts)))}
        rows = self._reader.open(list(distinct))
        of_plans = rows[[[distinct[read] for read in reads] for reads in prompts]].T
        return np.repeat(of_plans, len(job) // len(job.plans), axis=1)

    def _prompts(self, plan: Plan) -> list[tuple[int, ...]]:
        """The prompts that the drafts of a plan follow, each with the start of the poem.

        There is a second one, without theme and prefix, where the plan strengthens these.
        """
        vocabulary = self._vocabulary
        start = vocabulary.encode(plan.start).tolist()
        prompts = [(*plan.prompt(vocabulary), *start)]
        if plan.strengthened:
            prompts.append((*prompt(vocabulary, plan.name), *start))
        return prompts

    def _extend(self) -> list[tuple[Job, PoetryError]]:
        """Give every draft its next character; remove and return the jobs in which a rule leaves none.

        Logits are computed only for drafts whose next character is not forced.
        """
        forced = [running.job.rules.forced(running.batch.history) for running in self._running]
        choosing = [np.flatnonzero(ids < 0) for ids in forced]
        wanted = [running.rows[:, free] for running, free in zip(self._running, choosing, strict=True)]
        logits = iter(
            self._reader.logits([rows for rows in wanted if rows.size]) if any(map(len, choosing)) else ()
        )
        failed = []
        for running, ids, free in zip(list(self._running), forced, choosing, strict=True):
            (logprobs, needs), left = np.full((2, len(ids)), np.nan), np.zeros(len(ids))
            if len(free):
                try:
                    found = self._chosen(running, free, next(logits))
                    ids[free], logprobs[free], left[free], needs[free] = found
                except PoetryError as error:
                    failed.append((running.job, error))
                    self._running.remove(running)
                    continue
            running.batch = running.batch.extended(ids, logprobs, left, needs, self._vocabulary.eop)
        return failed

    def _chosen(
        self, running: _RunningJob, free: np.ndarray, logits: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Choose the next ids of the drafts ``free`` (R,) by ``logits`` (P, R, V).

        Return (the ids, their log-probabilities, the logs of the shares that the masks leave, the needs),
        (R,) each. A need is NaN where the id opens no later couplet or there is no other context.
        """
        job, batch = running.job, running.batch
        totals = np.array([log_total(context) for context in logits])
        scores, total = logits[0], totals[0]
        if len(logits) > 1:
            scores = contrasted(logits, totals, job.plan.contrast, self._vocabulary.unspoken_ids())
            total = log_total(scores)
        places = batch.places[free]
        chosen, left = job.rules.choose(
            batch.history.of(free), scores, total, job.sampling, job.seeds[places], job.numbers[places]
        )
        logprobs, needs = log_probabilities(logits[0], chosen, totals[0]), np.full(len(free), np.nan)
        if len(logits) > 1:
            apart = running.rows[0, free] != running.rows[1, free]  # a draft may have only its own
            opening = np.flatnonzero(apart & self._opens(batch.history.ids[free]))
            other = log_probabilities(logits[1][opening], chosen[opening], totals[1][opening])
            needs[opening] = logprobs[opening] - other
        return chosen, logprobs, left, needs

    def _opens(self, ids: np.ndarray) -> np.ndarray:
        """Whether the id after ``ids`` (R, T) belongs to a line that opens a later couplet: bool (R,)."""
        marks = self._marks[ids]
        if not marks.any():
            return np.zeros(len(ids), dtype=bool)
        last = ids.shape[1] - 1 - marks[:, ::-1].argmax(axis=1)
        return self._ends[ids[np.arange(len(ids)), last]]

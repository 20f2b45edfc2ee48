"""The decoding loop: every step adds to each draft a forced character or one chosen among the allowed words.

The drafts of one plan form a job. Jobs of several plans are composed side by side: in each step the network
reads all their drafts in one batch, then the rules of each job choose the characters of its own drafts.
"""

import itertools

import numpy as np

from poetry.base.errors import PoetryError
from poetry.composing.contrast import contrasted
from poetry.composing.drafts import Draft, DraftBatch
from poetry.composing.jobs import Job, RunningJob
from poetry.composing.plan import Plan
from poetry.composing.reader import Reader
from poetry.composing.sampling import log_probabilities, log_total
from poetry.learning import paddle
from poetry.learning.network import Network
from poetry.text.headings import prompt
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import MARKS, SENTENCE_ENDS


class Decoder:
    """Composes the drafts of jobs. Jobs may be added, and poems dropped, between any two steps."""

    def __init__(self, model: Network, vocabulary: PoemVocabulary):
        self._reader = Reader(model)
        self._vocabulary = vocabulary
        self._marks = np.array([word in MARKS for word in vocabulary.words])
        self._ends = np.array([word in SENTENCE_ENDS for word in vocabulary.words])
        self._running: list[RunningJob] = []

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
        self._running.append(RunningJob(job, DraftBatch.of(job.schemes, job.poems, start)))

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
            ids = running.batch.history.ids
            running.go_on(self._marks[ids] + self._ends[ids].astype(int))
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
            rated = running.job.ratings
            shares = rated.of(self._reader.features(running.rows[0])) if rated else np.zeros((len(ids), 3))
            running.batch = running.batch.extended(ids, logprobs, left, needs, shares, self._vocabulary.eop)
        return failed

    def _chosen(
        self, running: RunningJob, free: np.ndarray, logits: np.ndarray
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

"""The decoding loop: a batch of drafts in step, each with a forced character or one of the words left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import paddle

from poetry.base.errors import PoetryError
from poetry.composing.choices import Choices, Constraint, History, Masks, Outline
from poetry.composing.plan import Plan
from poetry.composing.reader import Reader
from poetry.composing.sampling import Sampling, choose, log_probabilities, log_softmax, log_total
from poetry.learning.network import Network
from poetry.text.headings import heading
from poetry.text.poem_vocabulary import PoemVocabulary


@dataclass(frozen=True)
class Rules:
    """What holds for drafts: masks, then constraints; the outline forces characters and ends poems."""

    masks: Masks
    constraints: Sequence[Constraint] = ()
    outline: Outline | None = None

    def forced(self, history: History) -> np.ndarray:
        """The id that must come next in each draft, -1 where it is free: (R,)."""
        return self.outline.forced(history) if self.outline else np.full(len(history.ids), -1)

    def choose(
        self, history: History, scores: np.ndarray, sampling: Sampling, seed: int, numbers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The id chosen for each of the drafts ``numbers`` by ``scores`` (R, V), left unchanged: (R,).

        With it comes the log of the share of probability that the masks leave: (R,).
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
            for constraint in self.constraints:
                constraint(part, choices)
            steps = np.full(len(rows), len(history))
            places = choose(choices.scores, sampling, seed, numbers[rows], steps, words.ids)
            if np.isneginf(choices.scores[np.arange(len(rows)), places]).any():
                raise self._nothing_left(part)
            chosen[rows] = words.ids[places]
        return chosen, left

    def _nothing_left(self, history: History) -> PoetryError:
        """The error that names the first rule which leaves some draft nothing."""
        everything = self.masks.everything
        choices = Choices(everything, np.zeros((len(history.ids), len(everything.ids))))

        def names() -> Iterator[str]:  # of the rules, each applied as it is named
            for mask in self.masks.masks:
                choices.scores[~mask.sets[mask.keys(history)]] = -np.inf
                yield mask.name
            for constraint in self.constraints:
                constraint(history, choices)
                yield constraint.name

        name = next(name for name in names() if np.isneginf(choices.scores).all(axis=1).any())
        return PoetryError(f"the rule of {name} leaves no character; try another start")


@dataclass
class Draft:
    """A composed draft: its number, its ids, the sum of log-probabilities over its freely ``chosen`` ones.

    ``fit``: the sum over these of the log of the share of probability that the masks left.
    ``ended``: whether the model itself ended it; ``scheme``: the number of its scheme in the plan.
    """

    number: int
    history: list[int]
    logprob: float = 0.0
    fit: float = 0.0
    chosen: int = 0
    ended: bool = False
    scheme: int = 0

    @property
    def mean_logprob(self) -> float | None:
        """Of a freely chosen character under the bare model, None where there is none."""
        return self.logprob / self.chosen if self.chosen else None


@dataclass(frozen=True)
class _Batch:
    """Drafts in the making, (R,) each, as in Draft."""

    numbers: np.ndarray
    history: History
    logprob: np.ndarray
    fit: np.ndarray
    chosen: np.ndarray
    ended: np.ndarray

    @classmethod
    def of(cls, numbers: np.ndarray, schemes: np.ndarray, start: np.ndarray) -> "_Batch":
        """New drafts that begin with the ids ``start``."""
        rows = len(numbers)
        history = History(np.tile(start, (rows, 1)), schemes)
        sums = np.zeros((2, rows))
        return cls(numbers, history, *sums, np.zeros(rows, int), np.zeros(rows, bool))

    def __len__(self) -> int:
        return len(self.numbers)

    def part(self, rows: np.ndarray) -> "_Batch":
        """Some of the drafts."""
        columns = (self.logprob, self.fit, self.chosen, self.ended)
        return _Batch(self.numbers[rows], self.history.of(rows), *(column[rows] for column in columns))

    def extended(self, ids: np.ndarray, logprobs: np.ndarray, left: np.ndarray, eop: int) -> "_Batch":
        """The drafts with ``ids`` behind them, which were chosen where ``logprobs`` are numbers.

        A chosen ``eop`` ends a draft and is no part of it.
        """
        ended = ids == eop
        counts = ~ended & ~np.isnan(logprobs)
        history = History(np.column_stack([self.history.ids, ids]), self.history.schemes)
        logprob = self.logprob + np.where(counts, logprobs, 0.0)
        return _Batch(self.numbers, history, logprob, self.fit + left, self.chosen + counts, ended)

    def drafts(self) -> list[Draft]:
        """As single drafts."""
        ids = [row[: len(row) - ended] for row, ended in zip(self.history.ids, self.ended, strict=True)]
        sums = (self.logprob, self.fit, self.chosen)
        columns = (self.numbers, ids, *sums, self.ended, self.history.schemes)
        return [Draft(*(value.tolist() for value in row)) for row in zip(*columns, strict=True)]


def contrasted(primed: np.ndarray, unprimed: np.ndarray, strength: float, spared: list[int]) -> np.ndarray:
    """``primed`` logits (R, V) moved away from ``unprimed`` ones.

    The words ``spared``, marks and the end, are left as they are, lest the form suffer.
    """
    contrast = log_softmax(primed) - log_softmax(unprimed)
    contrast[:, spared] = 0.0
    return primed + strength * contrast


@dataclass(frozen=True)
class Decoder:
    """Composes drafts of a plan with a model, by rules."""

    model: Network
    vocabulary: PoemVocabulary
    sampling: Sampling
    rules: Rules
    plan: Plan
    seed: int

    @paddle.no_grad()
    def decode(self, numbers: np.ndarray, schemes: np.ndarray) -> list[Draft]:
        """The drafts of these ``numbers``, (R,), each by the scheme of that number in the plan, (R,).

        A draft that is whole leaves the batch. Where the mood is strengthened every draft is read twice,
        after theme and prefix and without them.
        """
        vocabulary, plan = self.vocabulary, self.plan
        start = vocabulary.encode(plan.start)
        told = heading(vocabulary, plan.name, plan.theme)
        prompts = [[vocabulary.start, *told, *vocabulary.encode(plan.prefix), *start]]
        if (plan.prefix or plan.theme) and plan.mood_strength:
            prompts.append([vocabulary.start, *heading(vocabulary, plan.name), *start])
        reader = Reader(self.model, prompts, len(numbers))
        batch = _Batch.of(numbers, schemes, start)
        drafts: list[Draft] = []
        while True:
            whole = self._whole(batch)
            drafts += batch.part(whole).drafts()
            batch = batch.part(~whole)
            reader.keep(~whole)
            if not len(batch):
                return sorted(drafts, key=lambda draft: draft.number)
            if len(batch.history) > len(start):
                reader.read(batch.history.ids[:, -1])
            batch = self._extended(batch, reader)

    def _extended(self, batch: _Batch, reader: Reader) -> _Batch:
        """The drafts, each with its next character; logits are computed for those that have a choice."""
        ids = self.rules.forced(batch.history)
        logprobs, left = np.full(len(batch), np.nan), np.zeros(len(batch))
        (free,) = np.nonzero(ids < 0)
        if len(free):
            logits = reader.logits(free)
            scores = logits[0]
            if len(logits) > 1:
                spared = self.vocabulary.unspoken_ids()
                scores = contrasted(*logits, self.plan.mood_strength, spared)
            history = batch.history.of(free)
            numbers = batch.numbers[free]
            chosen, left[free] = self.rules.choose(history, scores, self.sampling, self.seed, numbers)
            ids[free], logprobs[free] = chosen, log_probabilities(logits[0], chosen)
        return batch.extended(ids, logprobs, left, self.vocabulary.eop)

    def _whole(self, batch: _Batch) -> np.ndarray:
        """Which drafts are whole: bool (R,)."""
        if self.rules.outline:
            return self.rules.outline.done(batch.history)
        return batch.ended | (len(batch.history) >= self.plan.max_gen_len)

"""Composing: one decoding loop over a batch; continuation, mood priming and acrostic are plans for it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import paddle

from poetry.base.errors import PoetryError
from poetry.base.hashing import mix, uniform
from poetry.composing.constraints import (
    Acrostic,
    Constraint,
    FreeRhyme,
    NewLines,
    Outline,
    Punctuation,
    Readings,
    Repetition,
    Rhyme,
    Shape,
    Tones,
    Triples,
)
from poetry.composing.plan import Plan
from poetry.composing.sampling import Sampling, choose, log_probabilities, log_softmax
from poetry.learning.network import Network, State, join_rows, select_rows
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import MARKS, is_well_formed, layout, triples, verse_lines
from poetry.verse.lines import LineSet

_ROWS = 256  # poems composed side by side


@dataclass(frozen=True)
class Poem:
    """A composed poem.

    ``text``: laid out, a couplet a line; of a bare plan as the model wrote it. ``logprob``: the mean natural
    log-probability that the freely chosen characters have under the bare model, None where none was chosen.
    """

    text: str
    logprob: float | None

    @property
    def lines(self) -> list[str]:
        """The verse lines without marks."""
        return [line for couplet in self.text.split("\n") for line in verse_lines(couplet)]

    @property
    def unbroken(self) -> str:
        """The text without line breaks."""
        return self.text.replace("\n", "")


@dataclass(frozen=True)
class _Rules:
    """What holds for a draft: the constraints, and the outline among them that also forces characters."""

    constraints: Sequence[Constraint]
    outline: Outline | None = None


@dataclass
class _Draft:
    """A poem in the making: its number and rules, the ids so far, the sum over its freely chosen ones."""

    number: int
    rules: _Rules
    history: list[int]
    logprob: float = 0.0
    chosen: int = 0
    ended: bool = False

    @property
    def mean_logprob(self) -> float | None:
        """Of a freely chosen character under the bare model, None where there is none."""
        return self.logprob / self.chosen if self.chosen else None


@dataclass(frozen=True)
class Generator:
    """Composes with ``model``, whose vocabulary is ``vocabulary``; ``known`` lines are not copied."""

    model: Network
    vocabulary: PoemVocabulary
    sampling: Sampling = field(default_factory=Sampling)
    known: LineSet = field(default_factory=lambda: LineSet.of([]))

    def compose(self, plan: Plan, count: int, seed: int, candidates: int = 1) -> Iterator[Poem]:
        """Yield ``count`` poems, each the best of ``candidates`` drafts.

        Poem k of a seed is the same whatever ``count`` is.
        """
        rules = self._rules(plan, seed)
        self.model.eval()
        poems_at_once = max(1, _ROWS // candidates)
        for first in range(0, count, poems_at_once):
            numbers = range(first * candidates, min(count, first + poems_at_once) * candidates)
            drafts = [_Draft(number, rules(number // candidates), []) for number in numbers]
            self._decode(plan, drafts, seed)
            for ix in range(0, len(drafts), candidates):
                yield self._poem(self._best(drafts[ix : ix + candidates]), plan)

    def _rules(self, plan: Plan, seed: int) -> Callable[[int], _Rules]:
        """The rules of the poem of a number."""
        vocabulary = self.vocabulary
        if plan.bare:
            return lambda _: _Rules([])
        no_triples, repetition = Triples(vocabulary), Repetition(vocabulary, plan.form)
        if not plan.schemes:
            punctuation = Punctuation(vocabulary, given=len(plan.start))
            acrostic = Acrostic(vocabulary, plan.heads) if plan.heads else None
            always = [punctuation, no_triples, repetition, FreeRhyme(vocabulary)]
            rules = _Rules([*always, acrostic] if acrostic else always, acrostic)
            return lambda _: rules
        shape = Shape(vocabulary, plan.form, plan.heads)
        readings = Readings(vocabulary)
        new_lines = NewLines(vocabulary, plan.form, self.known)
        by_scheme = [
            _Rules(
                [shape, no_triples, Tones(readings, scheme), Rhyme(readings, scheme), repetition, new_lines],
                shape,
            )
            for scheme in plan.schemes
        ]
        shares = np.cumsum([scheme.share for scheme in plan.schemes])
        return lambda number: by_scheme[int(np.searchsorted(shares, shares[-1] * _chance(seed, number)))]

    def _best(self, drafts: list[_Draft]) -> _Draft:
        """The draft that repeats itself least, then the likeliest, of those of fewest faults.

        Free verse is compared with drafts as long as the first of these: a short poem repeats little.
        """
        if len(drafts) == 1:
            return drafts[0]
        faults = [self._faults(draft) for draft in drafts]
        sound = [draft for draft, found in zip(drafts, faults, strict=True) if found == min(faults)]
        alike = [draft for draft in sound if len(draft.history) == len(sound[0].history)]
        return min(alike, key=lambda draft: (self._repeated(draft), -(draft.mean_logprob or 0.0)))

    def _faults(self, draft: _Draft) -> int:
        """Lines copied whole, uneven lines, three in a row with a given character; all else is kept."""
        text = self.vocabulary.decode(draft.history)
        copied = sum(line in self.known for line in verse_lines(text))
        return copied + (not is_well_formed(text)) + triples(text)

    def _repeated(self, draft: _Draft) -> int:
        """How many characters have come before, doublings such as 萋萋 left out."""
        lines = verse_lines(self.vocabulary.decode(draft.history))
        singled = "".join(re.sub(r"(.)\1", r"\1", line) for line in lines)
        return len(singled) - len(set(singled))

    @paddle.no_grad()
    def _decode(self, plan: Plan, drafts: list[_Draft], seed: int) -> None:
        """The decoding loop: rows step together; a row that has ended leaves the batch.

        Where the mood is strengthened every draft has two rows: after the prefix, and without it.
        """
        start = self.vocabulary.encode(plan.start).tolist()
        for draft in drafts:
            draft.history.extend(start)
        prompts = [[self.vocabulary.start, *self.vocabulary.encode(plan.prefix), *start]]
        if plan.prefix and plan.mood_strength:
            prompts.append([self.vocabulary.start, *start])
        logits, state = self._read(prompts, len(drafts))
        active = [draft for draft in drafts if not self._ended(draft, plan)]
        while active:
            moods = logits.numpy().reshape(len(prompts), len(active), -1)
            self._extend(active, moods, plan.mood_strength, seed)
            running = [row for row, draft in enumerate(active) if not self._ended(draft, plan)]
            if not running:
                break
            if len(running) < len(active):
                rows = [row + mood * len(active) for mood in range(len(prompts)) for row in running]
                active = [active[row] for row in running]
                state = select_rows(state, rows)
            last = paddle.to_tensor([[draft.history[-1]] for draft in active] * len(prompts), dtype="int64")
            logits, state = self.model(last, state)
            logits = logits[:, 0]

    def _read(self, prompts: list[list[int]], copies: int) -> tuple[paddle.Tensor, State]:
        """Logits (P * copies, V) and state after each of P prompts, ``copies`` rows of each."""
        logits, states = [], []
        for prompt in prompts:
            features, state = self.model.features(paddle.to_tensor([prompt], dtype="int64"))
            logits.append(self.model.output(features[:, -1]).expand([copies, -1]))
            states.append(select_rows(state, [0] * copies))
        return paddle.concat(logits), join_rows(states)

    def _extend(self, drafts: list[_Draft], moods: np.ndarray, strength: float, seed: int) -> None:
        """Give every draft its next character: the forced one, or one chosen within the constraints.

        ``moods``: logits (1 or 2, R, V), the second ones without the prefix.
        """
        free = []
        for row, draft in enumerate(drafts):
            forced = draft.rules.outline.forced(draft.history) if draft.rules.outline else None
            if forced is None:
                free.append(row)
            else:
                draft.history.append(forced)
        if not free:
            return
        moods = moods if len(free) == len(drafts) else moods[:, free]
        bare = moods[0]
        choosing = [drafts[row] for row in free]
        scores = np.array(bare) if len(moods) == 1 else self._contrasted(*moods, strength)
        scores = self._constrained(choosing, scores)
        numbers = np.array([draft.number for draft in choosing])
        steps = np.array([len(draft.history) for draft in choosing])
        chosen = choose(scores, self.sampling, seed, numbers, steps)
        logprobs = log_probabilities(bare, chosen)
        for draft, ix, logprob in zip(choosing, chosen.tolist(), logprobs.tolist(), strict=True):
            if ix == self.vocabulary.eop:
                draft.ended = True
            else:
                draft.history.append(ix)
                draft.logprob += logprob
                draft.chosen += 1

    def _contrasted(self, primed: np.ndarray, unprimed: np.ndarray, strength: float) -> np.ndarray:
        """``primed`` logits (R, V) moved away from ``unprimed`` ones.

        Marks and the end are left as they are, lest the form suffer.
        """
        contrast = log_softmax(primed) - log_softmax(unprimed)
        contrast[:, self.vocabulary.unspoken_ids()] = 0.0
        return primed + strength * contrast

    def _constrained(self, drafts: list[_Draft], scores: np.ndarray) -> np.ndarray:
        """``scores`` (R, V) within the constraints. Raises PoetryError naming the one that leaves nothing."""
        for place in range(len(drafts[0].rules.constraints)):  # all drafts of a plan have the same kinds
            for draft, score in zip(drafts, scores, strict=True):
                draft.rules.constraints[place](draft.history, score)
            if scores.max(axis=1).min() == -np.inf:
                name = drafts[0].rules.constraints[place].name
                raise PoetryError(f"the rule of {name} leaves no character; try another start")
        return scores

    def _ended(self, draft: _Draft, plan: Plan) -> bool:
        if draft.rules.outline:
            return draft.rules.outline.done(draft.history)
        return draft.ended or len(draft.history) >= plan.max_gen_len

    def _poem(self, draft: _Draft, plan: Plan) -> Poem:
        text = self.vocabulary.decode(draft.history)
        if plan.bare:
            return Poem(text, draft.mean_logprob)
        if not draft.ended:
            text = _without_open_line(text, len(plan.start), plan.max_gen_len)
        return Poem(layout(text), draft.mean_logprob)


def _chance(seed: int, number: int) -> float:
    """A number between 0 and 1 that depends on both alone."""
    return float(uniform(mix(mix(np.uint64(seed)) ^ np.uint64(number)))[0])


def _without_open_line(text: str, given: int, most: int) -> str:
    """``text`` up to its last mark; where it has none, with room for one; not less than is ``given``."""
    end = max(text.rfind(mark) for mark in MARKS) + 1
    return text[: max(end or most - 1, given)]

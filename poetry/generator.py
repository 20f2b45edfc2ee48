"""Composing: one decoding loop over a batch; continuation, mood priming and acrostic are plans for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import paddle

from poetry.constraints import Acrostic, Constraint, Punctuation
from poetry.errors import PoetryError
from poetry.form import MARKS, PERIOD, layout, verse_lines
from poetry.model import PoetryModel
from poetry.sampling import Sampling, choose, log_probabilities
from poetry.vocab import Vocabulary

MAX_HEADS = 32
MAX_PREFIX = 1000
_ROWS = 256  # poems composed side by side


@dataclass(frozen=True)
class Poem:
    """A composed poem.

    ``text``: laid out, a couplet a line. ``logprob``: the mean natural log-probability that the freely chosen
    characters have under the bare model, None where none was chosen.
    """

    text: str
    logprob: float | None

    @property
    def lines(self) -> list[str]:
        """The verse lines without marks."""
        return [line for couplet in self.text.split("\n") for line in verse_lines(couplet)]


@dataclass(frozen=True)
class Plan:
    """What is asked of a poem.

    ``prefix``: text that sets the mood and is not printed; ``start``: how the poem begins; ``heads``: the
    characters that open its lines, for an acrostic; all in the vocabulary. ``max_gen_len``: most characters,
    marks counted; an acrostic takes what its heads need.
    """

    max_gen_len: int
    prefix: str = ""
    start: str = ""
    heads: str = ""


def make_plan(
    vocabulary: Vocabulary,
    max_gen_len: int,
    start: str | None = None,
    prefix: str | None = None,
    acrostic: str | None = None,
) -> Plan:
    """The plan that typed text asks for. Raises PoetryError, in one line, where it cannot be met."""
    plan = Plan(
        max_gen_len,
        _typed_prefix(vocabulary, prefix) if prefix is not None else "",
        _typed_start(vocabulary, start, max_gen_len) if start is not None else "",
        _typed_heads(vocabulary, acrostic) if acrostic is not None else "",
    )
    if plan.heads and plan.start:
        lines = verse_lines(plan.start)
        for number, (line, head) in enumerate(zip(lines, plan.heads, strict=False), 1):
            if line[0] != head:
                raise PoetryError(
                    f"--start: line {number} begins with {line[0]}, the acrostic asks for {head}"
                )
        if len(lines) > len(plan.heads):
            raise PoetryError(
                f"--start has {len(lines)} lines, the acrostic {len(plan.heads)} heads; shorten it"
            )
    return plan


def _typed_prefix(vocabulary: Vocabulary, typed: str) -> str:
    text = _typed_verse(vocabulary, typed, "--prefix", MAX_PREFIX)
    return text if text[-1] in MARKS else text + PERIOD


def _typed_start(vocabulary: Vocabulary, typed: str, max_gen_len: int) -> str:
    return _typed_verse(vocabulary, typed, "--start", max_gen_len - 1)


def _typed_verse(vocabulary: Vocabulary, typed: str, name: str, limit: int) -> str:
    text = vocabulary.read(typed, name)
    if not text:
        raise PoetryError(f"{name} is empty; give it characters of verse or leave it out")
    if len(text) > limit:
        raise PoetryError(f"{name} has {len(text)} characters, at most {limit} are taken; shorten it")
    for ix, character in enumerate(text):
        if character in MARKS and (ix == 0 or text[ix - 1] in MARKS):
            raise PoetryError(
                f"{name}: the mark {character} at position {ix + 1} follows no character; take it out"
            )
    return text


def _typed_heads(vocabulary: Vocabulary, typed: str) -> str:
    text = vocabulary.read("".join(typed.split()), "--acrostic")
    if not 0 < len(text) <= MAX_HEADS:
        raise PoetryError(f"--acrostic has {len(text)} characters; give 1 to {MAX_HEADS}, one for each line")
    for ix, character in enumerate(text, 1):
        if character in MARKS:
            raise PoetryError(
                f"--acrostic: {character} at position {ix} is a mark and cannot open a line; take it out"
            )
    return text


@dataclass
class _Draft:
    """A poem in the making: its number, the ids so far, and the sum over its freely chosen characters."""

    number: int
    history: list[int]
    logprob: float = 0.0
    chosen: int = 0
    ended: bool = False


@dataclass(frozen=True)
class _Rules:
    """The constraints of a plan, and the acrostic that also forces characters."""

    constraints: Sequence[Constraint]
    acrostic: Acrostic | None = None


@dataclass(frozen=True)
class Generator:
    """Composes with ``model``, whose vocabulary is ``vocabulary``."""

    model: PoetryModel
    vocabulary: Vocabulary
    sampling: Sampling = field(default_factory=Sampling)

    def compose(self, plan: Plan, count: int, seed: int) -> Iterator[Poem]:
        """Yield ``count`` poems; poem k of a seed is the same whatever ``count`` is."""
        rules = self._rules(plan)
        self.model.eval()
        for first in range(0, count, _ROWS):
            numbers = range(first, min(count, first + _ROWS))
            for draft in self._decode(plan, rules, numbers, seed):
                yield self._poem(draft)

    def _rules(self, plan: Plan) -> _Rules:
        punctuation = Punctuation(self.vocabulary, given=len(plan.start))
        if not plan.heads:
            return _Rules([punctuation])
        acrostic = Acrostic(self.vocabulary, plan.heads)
        return _Rules([punctuation, acrostic], acrostic)

    @paddle.no_grad()
    def _decode(self, plan: Plan, rules: _Rules, numbers: range, seed: int) -> list[_Draft]:
        """The decoding loop: rows step together; a row that has ended leaves the batch."""
        start = self.vocabulary.encode(plan.start).tolist()
        drafts = [_Draft(number, list(start)) for number in numbers]
        prompt = [self.vocabulary.start, *self.vocabulary.encode(plan.prefix), *start]
        features, state = self.model.features(paddle.to_tensor([prompt], dtype="int64"))
        logits = self.model.output(features[:, -1]).expand([len(drafts), -1])
        state = tuple(part.expand([-1, len(drafts), -1]) for part in state)
        active = drafts
        while True:
            self._extend(active, logits.numpy(), rules, seed)
            running = [row for row, draft in enumerate(active) if not self._ended(draft, plan, rules)]
            if not running:
                return drafts
            if len(running) < len(active):
                active = [active[row] for row in running]
                state = tuple(paddle.index_select(part, paddle.to_tensor(running), axis=1) for part in state)
            last = paddle.to_tensor([[draft.history[-1]] for draft in active], dtype="int64")
            logits, state = self.model(last, state)
            logits = logits[:, 0]

    def _extend(self, drafts: list[_Draft], logits: np.ndarray, rules: _Rules, seed: int) -> None:
        """Give every draft its next character: the forced one, or one chosen within the constraints."""
        free = []
        for row, draft in enumerate(drafts):
            forced = rules.acrostic.forced(draft.history) if rules.acrostic else None
            if forced is None:
                free.append(row)
            else:
                draft.history.append(forced)
        if not free:
            return
        bare = logits if len(free) == len(drafts) else logits[free]
        scores = np.array(bare)
        for constraint in rules.constraints:
            for row, score in zip(free, scores, strict=True):
                constraint(drafts[row].history, score)
            if scores.max(axis=1).min() == -np.inf:
                raise PoetryError(f"the rule of {constraint.name} leaves no character; try another start")
        poems = np.array([drafts[row].number for row in free])
        steps = np.array([len(drafts[row].history) for row in free])
        chosen = choose(scores, self.sampling, seed, poems, steps)
        logprobs = log_probabilities(bare, chosen)
        for row, ix, logprob in zip(free, chosen.tolist(), logprobs.tolist(), strict=True):
            draft = drafts[row]
            if ix == self.vocabulary.eop:
                draft.ended = True
            else:
                draft.history.append(ix)
                draft.logprob += logprob
                draft.chosen += 1

    def _ended(self, draft: _Draft, plan: Plan, rules: _Rules) -> bool:
        if rules.acrostic:
            return rules.acrostic.done(draft.history)
        return draft.ended or len(draft.history) >= plan.max_gen_len

    def _poem(self, draft: _Draft) -> Poem:
        text = self.vocabulary.decode(draft.history)
        if not draft.ended:
            text = _without_open_line(text)
        return Poem(layout(text), draft.logprob / draft.chosen if draft.chosen else None)


def _without_open_line(text: str) -> str:
    """``text`` up to its last mark; the whole of it where it has none."""
    end = max((text.rfind(mark) for mark in MARKS), default=-1)
    return text[: end + 1] if end > 0 else text

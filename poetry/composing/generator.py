"""Composing: build the rules of a plan, compose drafts in batches, choose the best draft of each poem."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from poetry.base.hashing import mix, uniform
from poetry.composing.calibration import Calibration, calibration
from poetry.composing.choices import Masks
from poetry.composing.constraints import Acrostic, FreeRhyme, LineLength, Punctuation, Repetition, Triples
from poetry.composing.decoding import Decoder
from poetry.composing.drafts import Draft
from poetry.composing.jobs import Job
from poetry.composing.known import known_lines
from poetry.composing.lexicon import Lexicon, lexicon
from poetry.composing.metre import Feet, NewLines, Once, Parallel, Rhyme, Shape, Tones
from poetry.composing.plan import Plan
from poetry.composing.ranking import JudgedDraft, Part, Ranking
from poetry.composing.ratings import Ratings, ratings
from poetry.composing.rules import Rules
from poetry.composing.sampling import Sampling
from poetry.composing.theme_gains import ThemeGains
from poetry.learning.checkpoint import Checkpoint
from poetry.learning.network import Network
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse import tunes
from poetry.verse.form import MARKS, layout, verse_lines
from poetry.verse.lines import LineSet
from poetry.verse.tune_scheme import TuneScheme

MIDDLE_GAIN = 0.45  # weight of a pair's log odds (parallelism) in a character's score, in a middle couplet
COUPLET_GAIN = 0.6  # the same in a couplet that stands alone
ROWS = 256  # drafts composed side by side


@dataclass(frozen=True)
class Poem:
    """A composed poem.

    ``text``: laid out, one couplet per line; with a bare plan as the model wrote it. ``logprob``: the mean
    natural log-probability of the freely chosen characters under the bare model, None where none was chosen.
    ``parts``: the parts of its judgement, by which it was chosen among the drafts; empty where there was no
    choice.
    """

    text: str
    logprob: float | None
    parts: Mapping[str, Part] = field(default_factory=dict)

    @property
    def lines(self) -> list[str]:
        """The verse lines without marks."""
        return [line for couplet in self.text.split("\n") for line in verse_lines(couplet)]

    @property
    def unbroken(self) -> str:
        """The text without line breaks."""
        return self.text.replace("\n", "")


@dataclass(frozen=True, eq=False)
class PreparedPlan:
    """A plan with all that composing it needs: rules, sampling, and the ranking that chooses among drafts."""

    plan: Plan
    rules: Rules
    sampling: Sampling
    ranking: Ranking

    def of_poem(self, seed: int, number: int) -> "PreparedPlan":
        """The same for poem ``number`` of a seed, with its own plan."""
        plan = self.plan.of_poem(self.ranking.vocabulary, seed, number)
        return (
            self if plan is self.plan else replace(self, plan=plan, ranking=replace(self.ranking, plan=plan))
        )

    def job(self, seeds: np.ndarray, poems: np.ndarray, candidates: int) -> Job:
        """The job of the poems numbered ``poems`` (N,) of ``seeds`` (N,), with ``candidates`` drafts each."""
        shares = np.cumsum([scheme.share for scheme in self.plan.schemes] or [1.0])
        schemes = np.searchsorted(shares, shares[-1] * _chances(seeds, poems))
        pairs = zip(seeds.tolist(), poems.tolist(), strict=True)
        plans = [self.plan.of_poem(self.ranking.vocabulary, *pair) for pair in pairs]
        numbers = (poems[:, None] * candidates + np.arange(candidates)).ravel()
        seeds, schemes = np.repeat(seeds, candidates), np.repeat(schemes, candidates)
        rated = self.ranking.ratings if candidates > 1 else None
        is_sound, slips = self.ranking.is_sound, self.ranking.slips
        rules, themes = self.rules, [plan.theme.counted for plan in plans]
        if any(themes):
            gains = ThemeGains(lexicon(self.ranking.vocabulary), themes, self.plan.mood_strength)
            rules = replace(rules, theme=gains)
        return Job(plans, rules, self.sampling, seeds, numbers, schemes, is_sound, slips, rated)

    def drafts(self, numbers: range, seed: int, candidates: int) -> Iterator[list[Draft]]:
        """Yield the drafts of each of the poems ``numbers`` of a seed; at most ROWS drafts go in one job."""
        model = self.ranking.model
        decoder = Decoder(model, self.ranking.vocabulary)
        model.eval()
        at_once = max(1, ROWS // candidates)
        for begin in range(0, len(numbers), at_once):
            poems = np.array(numbers[begin : begin + at_once])
            yield from decoder.decode(self.job(np.full(len(poems), seed), poems, candidates))

    def best(self, drafts: Sequence[Draft]) -> Poem:
        """The best of the ``drafts`` of a poem."""
        return self._poem(self.ranking.best(drafts))

    def different(self, drafts: Sequence[Draft], count: int) -> list[tuple[int, Poem]]:
        """The best ``count`` of the ``drafts``, all different, as (place among the drafts, poem), best first.

        Drafts that are not compared with the best one (see ``Ranking.compared``) are taken only where there
        are not enough others, and of those compared with one another the ones much like a better one (see
        ``_various``) only where there are not enough of them.
        """
        left = {id(draft): place for place, draft in enumerate(drafts)}
        taken: dict[str, tuple[int, Poem]] = {}
        while left and len(taken) < count:
            found: dict[str, tuple[int, Poem]] = {}
            for judged in self.ranking.ranked([drafts[place] for place in left.values()]):
                poem, place = self._poem(judged), left.pop(id(judged.draft))
                if poem.text not in taken:
                    found.setdefault(poem.text, (place, poem))
            texts = list(found)
            taken |= {texts[ix]: found[texts[ix]] for ix in _various(texts, count - len(taken))}
        return list(taken.values())

    def _poem(self, judged: JudgedDraft) -> Poem:
        """The poem of a judged draft."""
        return replace(self.laid_out(judged.draft), parts=judged.parts)

    def laid_out(self, draft: Draft) -> Poem:
        """The poem of a draft, not judged."""
        plan, text = self.plan, self.ranking.vocabulary.decode(draft.history)
        if plan.bare:
            return Poem(text, draft.mean_logprob)
        if not draft.ended:
            text = _without_open_line(text, len(plan.start), plan.max_gen_len)
        scheme = plan.schemes[draft.scheme] if plan.schemes else None
        is_ci = isinstance(scheme, TuneScheme)
        return Poem(tunes.layout(text, scheme.stanzas) if is_ci else layout(text), draft.mean_logprob)


@dataclass(frozen=True)
class Generator:
    """Composes with ``model``, whose vocabulary is ``vocabulary``; ``known`` lines are not copied.

    ``calibration``: gives for the name of a form what keeps the model from choosing some characters too
    often, None for no correction; made from poems, it is not used for ci and couplets. ``ratings``: what
    predicts how readers would rate a draft, None for nothing; not used for couplets.
    """

    model: Network
    vocabulary: PoemVocabulary
    sampling: Sampling = field(default_factory=Sampling)
    known: LineSet = field(default_factory=lambda: LineSet.of([]))
    calibration: Callable[[str], Calibration | None] = lambda form: None
    ratings: Ratings | None = None

    @classmethod
    def of(cls, loaded: Checkpoint, sampling: Sampling) -> "Generator":
        """The generator of a checkpoint of verse, with its known lines, its calibration and its ratings."""
        calibrated = partial(calibration, loaded.vocabulary, loaded.sha256, sampling.temperature)
        known, rated = known_lines(loaded), ratings(loaded.sha256)
        return cls(loaded.model, loaded.vocabulary, sampling, known, calibrated, rated)

    def compose(
        self, plan: Plan, count: int, seed: int, candidates: int = 1, first: int = 0
    ) -> Iterator[Poem]:
        """Yield ``count`` poems of a seed from number ``first`` on, each the best of ``candidates`` drafts.

        Poem k of a seed is the same whatever ``count`` and ``first`` are.
        """
        prepared, numbers = self.prepare(plan), range(first, first + count)
        for number, drafts in zip(numbers, prepared.drafts(numbers, seed, candidates), strict=True):
            yield prepared.of_poem(seed, number).best(drafts)

    def prepare(self, plan: Plan) -> PreparedPlan:
        """Prepare a plan: make its rules and its ranking."""
        rated = None if plan.is_couplet else self.ratings
        ranking = Ranking(self.model, self.vocabulary, self.known, plan, rated)
        return PreparedPlan(plan, self._rules(plan), self.sampling, ranking)

    def _rules(self, plan: Plan) -> Rules:
        """The rules of a plan."""
        if plan.bare:
            return Rules(Masks(len(self.vocabulary)))
        calibrated = self.calibration(plan.form.name) if _is_poem(plan) else None
        lexicon, no_triples = self._lexicon, Triples(self._lexicon)
        if plan.schemes:
            shape = Shape(lexicon, plan.schemes, plan.heads, plan.locked)
            rhyme = Rhyme(lexicon, plan.schemes, plan.locked)
            masks = Masks(len(lexicon), [shape, Tones(lexicon, plan.schemes), rhyme])
            repetition = Repetition(lexicon, Feet(plan.schemes), plan.locked)
            new_lines = NewLines(lexicon, plan.schemes, self.known)
            gain = COUPLET_GAIN if plan.is_couplet else MIDDLE_GAIN
            parallel = Parallel(lexicon, plan.schemes, gain, plan.locked)
            constraints = [no_triples, rhyme, repetition, parallel, new_lines]
            constraints = [*constraints, Once()] if plan.is_couplet else constraints
            return Rules(masks, constraints, shape, calibrated, marks=lexicon.marks)
        punctuation = Punctuation(lexicon, given=len(plan.start))
        always = [punctuation, no_triples, Repetition(lexicon), FreeRhyme(lexicon)]
        if plan.heads:
            acrostic = Acrostic(lexicon, plan.heads)
            return Rules(Masks(len(lexicon)), [*always, acrostic], acrostic, calibrated, marks=lexicon.marks)
        masks = [LineLength(lexicon)] if _may_be_even(plan.start) else []
        return Rules(Masks(len(lexicon), masks), always, None, calibrated, marks=lexicon.marks)

    @property
    def _lexicon(self) -> Lexicon:
        return lexicon(self.vocabulary)


def _various(texts: Sequence[str], count: int) -> list[int]:
    """The indices, ascending, of ``count`` of the ``texts``, which are sorted, the best first.

    A text that shares more than half of its characters with a better one that is taken is taken itself only
    where there are not enough others. Places in which all texts agree do not count.
    """
    varying = [ix for ix, signs in enumerate(zip(*texts, strict=False)) if len(set(signs)) > 1]
    taken: list[int] = []
    for ix, text in enumerate(texts):
        shared = (sum(text[place] == texts[better][place] for place in varying) for better in taken)
        if all(2 * number <= len(varying) for number in shared):
            taken.append(ix)
    alike = (ix for ix in range(len(texts)) if ix not in taken)
    return sorted([*taken, *alike][:count])


def _chances(seeds: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Pseudo-random numbers between 0 and 1, each determined by its seed and its number: (N,)."""
    return uniform(mix(mix(seeds.astype(np.uint64)) ^ numbers.astype(np.uint64)))


def _is_poem(plan: Plan) -> bool:
    """Whether a plan is for a poem, and neither for a ci nor for a couplet."""
    return not (plan.is_couplet or isinstance(plan.form, tunes.Tune))


def _may_be_even(start: str) -> bool:
    """Whether all lines of a poem that begins with ``start`` can have the same length."""
    sizes = [len(line) for line in verse_lines(start)]
    whole = sizes if start[-1:] in MARKS else sizes[:-1]
    return len(set(whole)) <= 1 and max(sizes, default=0) <= max(whole, default=math.inf)


def _without_open_line(text: str, given: int, most: int) -> str:
    """Cut ``text`` after its last mark, or, where it has none, to ``most`` - 1 characters.

    At least the ``given`` characters are kept.
    """
    end = max(text.rfind(mark) for mark in MARKS) + 1
    return text[: max(end or most - 1, given)]

"""Composing: the rules of a plan, drafts by them in batches, and the best of the drafts of a poem."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from poetry.base.hashing import mix, uniform
from poetry.composing.choices import Masks
from poetry.composing.constraints import Acrostic, FreeRhyme, Punctuation, Repetition, Triples
from poetry.composing.decoding import Decoder, Draft, Rules
from poetry.composing.lexicon import Lexicon
from poetry.composing.metre import Feet, NewLines, Rhyme, Shape, Tones
from poetry.composing.plan import Plan
from poetry.composing.sampling import Sampling
from poetry.learning.network import Network
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse import tunes
from poetry.verse.form import MARKS, is_well_formed, layout, triples, verse_lines
from poetry.verse.lines import LineSet
from poetry.verse.tune_scheme import TuneScheme

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
        decoder = Decoder(self.model, self.vocabulary, self.sampling, self._rules(plan), plan, seed)
        shares = np.cumsum([scheme.share for scheme in plan.schemes] or [1.0])
        self.model.eval()
        poems_at_once = max(1, _ROWS // candidates)
        for first in range(0, count, poems_at_once):
            poems = np.arange(first, min(count, first + poems_at_once))
            schemes = np.searchsorted(shares, shares[-1] * _chances(seed, poems))
            numbers = np.arange(poems[0] * candidates, (poems[-1] + 1) * candidates)
            drafts = decoder.decode(numbers, np.repeat(schemes, candidates))
            for ix in range(0, len(drafts), candidates):
                yield self._poem(self._best(drafts[ix : ix + candidates]), plan)

    def _rules(self, plan: Plan) -> Rules:
        """The rules of a plan."""
        if plan.bare:
            return Rules(Masks(len(self.vocabulary)))
        lexicon, no_triples = self._lexicon, Triples(self._lexicon)
        if plan.schemes:
            shape = Shape(lexicon, plan.schemes, plan.heads)
            rhyme = Rhyme(lexicon, plan.schemes)
            masks = Masks(len(lexicon), [shape, Tones(lexicon, plan.schemes), rhyme])
            repetition = Repetition(lexicon, Feet(plan.schemes))
            new_lines = NewLines(lexicon, plan.schemes, self.known)
            return Rules(masks, [no_triples, rhyme, repetition, new_lines], shape)
        punctuation = Punctuation(lexicon, given=len(plan.start))
        always = [punctuation, no_triples, Repetition(lexicon), FreeRhyme(lexicon)]
        acrostic = Acrostic(lexicon, plan.heads) if plan.heads else None
        return Rules(Masks(len(lexicon)), [*always, acrostic] if acrostic else always, acrostic)

    @functools.cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self.vocabulary)

    def _best(self, drafts: list[Draft]) -> Draft:
        """The draft that repeats itself least, then the likeliest, of those of fewest faults.

        Free verse is compared with drafts as long as the first of these: a short poem repeats little.
        """
        if len(drafts) == 1:
            return drafts[0]
        faults = [self._faults(draft) for draft in drafts]
        sound = [draft for draft, found in zip(drafts, faults, strict=True) if found == min(faults)]
        alike = [draft for draft in sound if len(draft.history) == len(sound[0].history)]
        return min(alike, key=lambda draft: (self._repeated(draft), -(draft.mean_logprob or 0.0)))

    def _faults(self, draft: Draft) -> int:
        """Lines copied whole, uneven lines, three in a row with a given character; all else is kept."""
        text = self.vocabulary.decode(draft.history)
        copied = sum(line in self.known for line in verse_lines(text))
        return copied + (not is_well_formed(text)) + triples(text)

    def _repeated(self, draft: Draft) -> int:
        """How many characters have come before, doublings such as 萋萋 left out."""
        lines = verse_lines(self.vocabulary.decode(draft.history))
        singled = "".join(re.sub(r"(.)\1", r"\1", line) for line in lines)
        return len(singled) - len(set(singled))

    def _poem(self, draft: Draft, plan: Plan) -> Poem:
        text = self.vocabulary.decode(draft.history)
        if plan.bare:
            return Poem(text, draft.mean_logprob)
        if not draft.ended:
            text = _without_open_line(text, len(plan.start), plan.max_gen_len)
        scheme = plan.schemes[draft.scheme] if plan.schemes else None
        is_ci = isinstance(scheme, TuneScheme)
        return Poem(tunes.layout(text, scheme.stanzas) if is_ci else layout(text), draft.mean_logprob)


def _chances(seed: int, numbers: np.ndarray) -> np.ndarray:
    """Numbers between 0 and 1, each of which depends on both alone."""
    return uniform(mix(mix(np.uint64(seed)) ^ numbers.astype(np.uint64)))


def _without_open_line(text: str, given: int, most: int) -> str:
    """``text`` up to its last mark; where it has none, with room for one; not less than is ``given``."""
    end = max(text.rfind(mark) for mark in MARKS) + 1
    return text[: max(end or most - 1, given)]

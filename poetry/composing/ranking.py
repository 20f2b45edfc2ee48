"""Choosing the best draft of a poem: each draft is judged by named parts, and their weighted sum decides.

- ``likelihood``: the mean log-probability of the freely chosen characters under the bare model. Alone it
  prefers stock phrases.
- ``repetition``: the number of repeated characters, doublings such as 萋萋 not counted.
- ``fit``: the mean log of the share of probability that the masks of the form leave at a chosen character.
  The share is small where the model does not expect the rhyme or tone. Summed over a poem it is the weight of
  a draft in sequential Monte Carlo sampling under constraints (Lew et al. 2023).
- ``need``: how much likelier the lines that open later couplets are after the poem's own couplets than after
  those of another draft, without theme and prefix where these are strengthened, in nats per character. A line
  that would suit any poem scores 0. The decoding loop measures it on the drafts composed together.
- ``ending``: the mean log-probability under the bare model of the freely chosen characters that end a
  sentence, as rhymes do. It is low where a word is broken for its rhyme.
- ``sense``, ``coherence``, ``freshness``: how readers would rate a draft, as ``poetry.composing.ratings``
  predicts it; not of couplets, and only by the model that the table of ratings was made for.
- ``theme``: how much of its theme words a draft has, as ``poetry.composing.associates`` measures it; only
  where there are theme words.
- ``register``: how much a draft uses the characters of hymns, gathas and alchemy, as
  ``poetry.composing.register`` measures it; only where what is given does not ask for them.
- ``scene``: how much a draft mixes words of spring and autumn, or of sunset and night, as
  ``poetry.composing.scene`` measures it; only where what is given does not mix them itself.
- ``parallelism``: of the couplets that are to be parallel, as ``poetry.verse.parallelism`` measures it.
- ``future``: for a revised poem, the log-probability of the characters that stay after the first gap, given
  the text of the draft before each, in nats per chosen character. With ``fit`` it is an importance-sampling
  weight: the network reads from left to right, so it composes drafts without seeing what comes later.

docs/ranking.md tells what each part is worth and where the weights come from.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poetry.composing.associates import bearing
from poetry.composing.drafts import Draft
from poetry.composing.plan import Plan
from poetry.composing.ratings import WEIGHTS as RATINGS
from poetry.composing.ratings import Ratings
from poetry.composing.register import doctrine
from poetry.composing.sampling import log_probabilities
from poetry.composing.scene import clash
from poetry.learning import paddle
from poetry.learning.network import Network, State, select_rows
from poetry.text import script
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.bound import broken_words
from poetry.verse.doublings import false_doublings
from poetry.verse.edges import misplaced
from poetry.verse.form import (
    GAP,
    MARKS,
    PAUSE,
    PERIOD,
    SENTENCE_ENDS,
    Form,
    is_well_formed,
    triples,
    verse_lines,
)
from poetry.verse.lines import LineSet
from poetry.verse.parallelism import score
from poetry.verse.tunes import Tune

WEIGHTS = {
    "likelihood": 0.35,
    "repetition": -0.5,
    "fit": 1.5,
    "need": 1.0,
    "ending": 0.3,
    "theme": 0.7,
    "register": -10.0,
    "scene": -1.0,
    "parallelism": 0.1,
}
RATED_WEIGHTS = WEIGHTS | RATINGS | {"likelihood": 0.0}  # where ratings are predicted
RATED_CI_WEIGHTS = RATED_WEIGHTS | {"need": 0.0}  # of ci there
FUTURE_WEIGHT = {"future": 1.0}  # of revisions
COUPLET_WEIGHTS = {"likelihood": 1.0, "parallelism": 1.0}  # of a couplet that stands alone
_ROWS = 256  # drafts that the network reads at once
ASKED = 0.3  # nats of ``register`` above which what is given asks for such characters


def usual_weights(form: Form | Tune, rated: bool) -> dict[str, float]:
    """The weights of the parts for poems of a form; ``rated``: whether ratings are predicted."""
    if not rated:
        return WEIGHTS
    return RATED_CI_WEIGHTS if isinstance(form, Tune) else RATED_WEIGHTS


@dataclass(frozen=True)
class Part:
    """One part of the judgement of a draft: its value, the mean over all drafts compared, its weight."""

    value: float
    mean: float
    weight: float


@dataclass(frozen=True)
class JudgedDraft:
    """A draft and the parts of its judgement; empty where it was compared with no other."""

    draft: Draft
    parts: dict[str, Part]


@dataclass(frozen=True)
class Ranking:
    """Chooses among the drafts that ``model`` composed by ``plan``; ``known`` lines are not to be copied.

    ``ratings``: predicts how readers would rate a draft; None where that is not known.
    """

    model: Network
    vocabulary: PoemVocabulary
    known: LineSet
    plan: Plan
    ratings: Ratings | None = None

    def best(self, drafts: Sequence[Draft]) -> JudgedDraft:
        """The best draft."""
        return self.ranked(drafts)[0]

    def ranked(self, drafts: Sequence[Draft]) -> list[JudgedDraft]:
        """The drafts that ``compared`` selects, the best first."""
        if len(drafts) == 1:
            return [JudgedDraft(drafts[0], {})]
        alike, values = self.compared(drafts)
        weights = self._weights
        totals = sum(weight * values[name] for name, weight in weights.items())
        means = {name: float(values[name].mean()) for name in weights}
        judged = []
        for ix in np.argsort(-totals, kind="stable").tolist():
            parts = {name: Part(float(values[name][ix]), means[name], weights[name]) for name in weights}
            judged.append(JudgedDraft(alike[ix], parts if len(alike) > 1 else {}))
        return judged

    @property
    def _weights(self) -> dict[str, float]:
        """The weight of each part that counts for the plan."""
        plan = self.plan
        if plan.is_couplet:
            return COUPLET_WEIGHTS
        texts = (plan.prefix, plan.start, *plan.heads, plan.locked.replace(GAP, PERIOD), *plan.theme.read)
        given = PERIOD.join(filter(None, texts))  # no words across two texts, heads or gaps
        left_out = {
            "theme": not plan.theme.shown,
            "register": doctrine(given) > ASKED,
            "scene": clash(given) > 0,
        }
        weights = usual_weights(plan.form, rated=self.ratings is not None)
        weights = weights | FUTURE_WEIGHT if plan.locked else weights
        return {name: weight for name, weight in weights.items() if not left_out.get(name)}

    def compared(self, drafts: Sequence[Draft]) -> tuple[list[Draft], dict[str, np.ndarray]]:
        """(the N drafts that can be compared, the values of each part by its name: (N,)).

        These are the drafts with the fewest faults whose lines end in the same places as in the first of
        them.
        """
        faults = [self._faults(draft) for draft in drafts]
        sound = [draft for draft, found in zip(drafts, faults, strict=True) if found == min(faults)]
        ends = self._ends(sound[0])
        alike = [draft for draft in sound if self._ends(draft) == ends]
        chosen = np.array([max(1, draft.chosen) for draft in alike])
        ids = np.array([draft.history for draft in alike])
        texts = [self.vocabulary.decode(draft.history) for draft in alike]
        theme = self.plan.theme.counted
        revised = {"future": self._future(ids) / chosen} if self.plan.locked else {}
        likelihood = np.array([draft.mean_logprob or 0.0 for draft in alike])
        return alike, revised | self._rated(alike, likelihood) | {
            "likelihood": likelihood,
            "repetition": np.array([self._repeated(draft) for draft in alike]),
            "fit": np.array([draft.fit for draft in alike]) / chosen,
            "need": np.array([draft.need / max(1, draft.opening) for draft in alike]),
            "ending": np.array([self._ending(draft) for draft in alike]),
            "theme": np.array([bearing(text, theme) for text in texts]),
            "register": np.array([doctrine(text) for text in texts]),
            "scene": np.array([clash(text) for text in texts]),
            "parallelism": np.array([self._parallelism(draft) for draft in alike]),
        }

    def is_sound(self, draft: Draft) -> bool:
        """Whether a draft has no fault."""
        return not self._faults(draft)

    def _faults(self, draft: Draft) -> int:
        """The number of faults: copied lines, those of ``slips``, and one for a text that is not well formed
        (lines of unequal length).
        """
        text = self.vocabulary.decode(draft.history)
        copied = sum(line in self.known for line in verse_lines(text))
        return copied + (not is_well_formed(text)) + self.slips(draft.history)

    def slips(self, ids: Sequence[int]) -> int:
        """The number of faults of wording in whole lines: broken words, false doublings, characters that
        hardly ever open or end a line and do, and one for a (given) character three times in a row.
        """
        text = self.vocabulary.decode(ids)
        return triples(text) + self._broken(verse_lines(text))

    def _broken(self, lines: Sequence[str]) -> int:
        """The number of faults of words and characters in verse ``lines``.

        Lines of a traditional vocabulary are converted to simplified characters first.
        """
        if self.vocabulary.is_traditional:
            lines = list(map(script.to_simplified, lines))
        return broken_words(lines) + false_doublings(lines) + misplaced(lines)

    def _ends(self, draft: Draft) -> list[int]:
        """The places of the marks, and of the end."""
        marks = [place for place, ix in enumerate(draft.history) if self.vocabulary.words[ix] in MARKS]
        return [*marks, len(draft.history)]

    def _ending(self, draft: Draft) -> float:
        """The mean log-probability of the freely chosen characters that end a sentence; 0 without any."""
        pairs = zip(draft.logprobs, draft.history[1:], strict=False)
        ends = [logprob for logprob, after in pairs if self.vocabulary.words[after] in SENTENCE_ENDS]
        found = [logprob for logprob in ends if not math.isnan(logprob)]
        return sum(found) / max(1, len(found))

    def _repeated(self, draft: Draft) -> int:
        lines = verse_lines(self.vocabulary.decode(draft.history))
        singled = "".join(re.sub(r"(.)\1", r"\1", line) for line in lines)
        return len(singled) - len(set(singled))

    def _parallelism(self, draft: Draft) -> float:
        """The parallelism of the places that are to be parallel in the plan; 0 without any."""
        places = self.plan.schemes[0].places if self.plan.schemes else ()
        pairs = [(place.answers, ix) for ix, place in enumerate(places) if place.answers is not None]
        words = [
            [self.vocabulary.words[draft.history[ix]] for ix in side] for side in zip(*pairs, strict=True)
        ]
        return score(*words) if words else 0.0

    def _rated(self, drafts: Sequence[Draft], likelihood: np.ndarray) -> dict[str, np.ndarray]:
        """The predicted ratings (N,) of drafts by name."""
        if not self.ratings:
            return {}
        composed = [max(1, len(draft.history) - len(self.plan.start)) for draft in drafts]
        shares = np.array([draft.ratings for draft in drafts]) / np.array(composed)[:, None]
        return self.ratings.predicted(shares, likelihood)

    @paddle.no_grad()
    def _future(self, ids: np.ndarray) -> np.ndarray:
        """The log-probability of the characters that stay after the first gap in drafts ``ids`` (N, T): (N,).

        Marks are not counted.
        """
        locked = self.plan.locked
        first = locked.find(GAP) if GAP in locked else len(locked)  # none where repetitions fill them all
        places = [ix for ix in range(first, len(locked)) if locked[ix] not in MARKS + PAUSE + GAP]
        total = np.zeros(len(ids))
        for begin in range(0, len(ids), _ROWS):
            part = ids[begin : begin + _ROWS]
            features, _ = self.model.features(paddle.to_tensor(part), self._prompted(len(part)))
            for place in places:
                logits = self.model.output(features[:, place - 1]).numpy()
                total[begin : begin + _ROWS] += log_probabilities(logits, part[:, place])
        return total

    def _prompted(self, rows: int) -> State:
        """The state of the network after the prompt of the plan, repeated in ``rows`` rows."""
        ids = self.plan.prompt(self.vocabulary)
        _, state = self.model.features(paddle.to_tensor([ids], dtype="int64"))
        return select_rows(state, np.zeros(rows, dtype=np.int64))

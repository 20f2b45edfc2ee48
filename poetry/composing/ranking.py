"""The best of the drafts of a poem: each is judged by named parts, and their weighted sum decides.

- ``likelihood``: the mean log-probability of its freely chosen characters under the bare model. Alone it
  prefers stock phrases.
- ``repetition``: characters that have come before, doublings such as 萋萋 left out.
- ``fit``: the mean log of the share of probability that the masks of the form leave at a chosen character. A
  rhyme or a tone that the line does not lead to leaves little. Over a whole poem it is the weight of a draft
  in sequential Monte Carlo sampling under constraints (Lew et al. 2023).
- ``need``: how much likelier the lines that open later couplets are after the poem's own couplets than after
  those of another draft, without theme and prefix where these are strengthened, nats a character: a line
  that would go with any poem scores 0. The decoding loop has it from the drafts that are composed together.
- ``parallelism``: of the couplets that are to be parallel, as ``poetry.verse.parallelism`` measures it.
- ``future``: where a poem is revised, the log-probability of the characters that stay behind the first gap
  after what the draft has before them, nats a character that was chosen. With ``fit`` it is the weight of
  importance sampling: the network reads from left to right, so drafts are made without a view of it.

docs/ranking.md tells what each is worth and where the weights come from.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import paddle

from poetry.composing.decoding import Draft
from poetry.composing.plan import Plan
from poetry.composing.sampling import log_probabilities
from poetry.learning.network import Network, State, select_rows
from poetry.text import script
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.bound import broken_words
from poetry.verse.doublings import false_doublings
from poetry.verse.form import GAP, MARKS, PAUSE, is_well_formed, triples, verse_lines
from poetry.verse.lines import LineSet
from poetry.verse.parallelism import score

WEIGHTS = {"likelihood": 0.35, "repetition": -0.5, "fit": 1.5, "need": 1.0, "parallelism": 0.1}
REVISION_WEIGHTS = WEIGHTS | {"future": 1.0}
COUPLET_WEIGHTS = {"likelihood": 1.0, "parallelism": 0.5}  # of a couplet that stands alone


@dataclass(frozen=True)
class Part:
    """One part of the judgement of a draft: its value, the mean of all drafts compared, its weight."""

    value: float
    mean: float
    weight: float


@dataclass(frozen=True)
class Judged:
    """A draft, the weighted sum of its parts, and these; none where it was compared with no other."""

    draft: Draft
    value: float
    parts: dict[str, Part]


@dataclass(frozen=True)
class Ranking:
    """Chooses among the drafts that ``model`` composed by ``plan``; ``known`` lines are not to be copied."""

    model: Network
    vocabulary: PoemVocabulary
    known: LineSet
    plan: Plan

    def best(self, drafts: Sequence[Draft]) -> Judged:
        """The best draft."""
        return self.ranked(drafts)[0]

    def ranked(self, drafts: Sequence[Draft]) -> list[Judged]:
        """The drafts that are worth comparing, the best first."""
        alike, values = self.compared(drafts)
        weights = self._weights
        totals = sum(weight * values[name] for name, weight in weights.items())
        means = {name: float(values[name].mean()) for name in weights}
        judged = []
        for ix in np.argsort(-totals, kind="stable").tolist():
            parts = {name: Part(float(values[name][ix]), means[name], weights[name]) for name in weights}
            judged.append(Judged(alike[ix], float(totals[ix]), parts if len(alike) > 1 else {}))
        return judged

    @property
    def _weights(self) -> dict[str, float]:
        """What each part counts."""
        return COUPLET_WEIGHTS if self.plan.is_couplet else REVISION_WEIGHTS if self.plan.locked else WEIGHTS

    def compared(self, drafts: Sequence[Draft]) -> tuple[list[Draft], dict[str, np.ndarray]]:
        """The drafts that are worth comparing, N of them, and all parts of each by name: (N,).

        They are those of fewest faults, and of these only those whose lines end where the first one's do.
        """
        faults = [self._faults(draft) for draft in drafts]
        sound = [draft for draft, found in zip(drafts, faults, strict=True) if found == min(faults)]
        ends = self._ends(sound[0])
        alike = [draft for draft in sound if self._ends(draft) == ends]
        chosen = np.array([max(1, draft.chosen) for draft in alike])
        ids = np.array([draft.history for draft in alike])
        revised = {"future": self._future(ids) / chosen} if self.plan.locked else {}
        return alike, revised | {
            "likelihood": np.array([draft.mean_logprob or 0.0 for draft in alike]),
            "repetition": np.array([self._repeated(draft) for draft in alike]),
            "fit": np.array([draft.fit for draft in alike]) / chosen,
            "need": np.array([draft.need / max(1, draft.opening) for draft in alike]),
            "parallelism": np.array([self._parallelism(draft) for draft in alike]),
        }

    def is_sound(self, draft: Draft) -> bool:
        """Whether a draft has no fault."""
        return not self._faults(draft)

    def _faults(self, draft: Draft) -> int:
        """Lines copied whole, uneven lines, three in a row with a given character, broken words, false
        doublings.
        """
        text = self.vocabulary.decode(draft.history)
        lines = verse_lines(text)
        copied = sum(line in self.known for line in lines)
        return copied + (not is_well_formed(text)) + triples(text) + self._broken(lines)

    def _broken(self, lines: Sequence[str]) -> int:
        """The broken words and false doublings of verse ``lines``; a traditional vocabulary's are read as
        simplified.
        """
        broken = broken_words(lines) + false_doublings(lines)
        if broken and self.vocabulary.is_traditional:
            lines = list(map(script.to_simplified, lines))
            return broken_words(lines) + false_doublings(lines)
        return broken

    def _ends(self, draft: Draft) -> list[int]:
        """The places of the marks, and of the end."""
        marks = [place for place, ix in enumerate(draft.history) if self.vocabulary.words[ix] in MARKS]
        return [*marks, len(draft.history)]

    def _repeated(self, draft: Draft) -> int:
        lines = verse_lines(self.vocabulary.decode(draft.history))
        singled = "".join(re.sub(r"(.)\1", r"\1", line) for line in lines)
        return len(singled) - len(set(singled))

    def _parallelism(self, draft: Draft) -> float:
        """Of the places that the plan wants parallel."""
        places = self.plan.schemes[0].places if self.plan.schemes else ()
        pairs = [(place.answers, ix) for ix, place in enumerate(places) if place.answers is not None]
        words = [
            [self.vocabulary.words[draft.history[ix]] for ix in side] for side in zip(*pairs, strict=True)
        ]
        return score(*words) if words else 0.0

    @paddle.no_grad()
    def _future(self, ids: np.ndarray) -> np.ndarray:
        """The log-probability of what stays of a poem behind its first gap in drafts ``ids`` (N, T): (N,)."""
        locked = self.plan.locked
        first = locked.find(GAP) if GAP in locked else len(locked)  # none where repetitions fill them all
        places = [ix for ix in range(first, len(locked)) if locked[ix] not in MARKS + PAUSE + GAP]
        features, _ = self.model.features(paddle.to_tensor(ids), self._prompted(len(ids)))
        total = np.zeros(len(ids))
        for place in places:
            logits = self.model.output(features[:, place - 1]).numpy()
            total += log_probabilities(logits, ids[:, place])
        return total

    def _prompted(self, rows: int) -> State:
        """The state of the network in so many ``rows`` when it has read what comes before the poem."""
        ids = self.plan.prompt(self.vocabulary)
        _, state = self.model.features(paddle.to_tensor([ids], dtype="int64"))
        return select_rows(state, np.zeros(rows, dtype=np.int64))

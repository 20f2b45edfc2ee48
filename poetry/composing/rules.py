"""The rules of drafts: which words may come next, which must, and what raises or lowers a score."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from poetry.base.errors import PoetryError
from poetry.composing.calibration import Calibration
from poetry.composing.choices import Choices, Constraint, History, Masks, Outline
from poetry.composing.constraints import Lines
from poetry.composing.sampling import Sampling, choose, log_total
from poetry.composing.theme_gains import ThemeGains


@dataclass(frozen=True)
class Rules:
    """The rules of drafts: masks, then constraints; the outline forces characters and ends poems.

    ``calibration`` and ``theme`` are no rules: they change scores, but never forbid a word or appear in an
    error.
    ``marks``: bool (V,), which words end a line: the first characters after them may be sampled at a higher
    temperature (``Sampling.of_lines``). None: one temperature in all places.
    """

    masks: Masks
    constraints: Sequence[Constraint] = ()
    outline: Outline | None = None
    calibration: Calibration | None = None
    theme: ThemeGains | None = None
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
            for change in (self.calibration, self.theme, *self.constraints):
                if change:
                    change(part, choices)
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

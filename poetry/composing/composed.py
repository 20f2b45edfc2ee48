"""A composed poem with all that there is to tell of it."""

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from poetry.composing.asked import Asked
from poetry.composing.card import report_card
from poetry.composing.plan import Plan
from poetry.composing.ranking import Part
from poetry.learning.checkpoint import Checkpoint
from poetry.verse.checking import check_verse
from poetry.verse.ci import CiReport
from poetry.verse.form import verse_lines
from poetry.verse.prosody import Fault, Report


@dataclass(frozen=True)
class Composed:
    """A composed poem.

    ``text``: as it is printed, a couplet or sentence a line; ``title``: empty unless one was asked for.
    ``seed``, ``number``: which poem of which seed it is; ``logprob``, ``parts``: as in Poem. ``asked``,
    ``plan``, ``model``: what it was composed by.
    """

    text: str
    title: str
    seed: int
    number: int
    logprob: float | None
    parts: Mapping[str, Part]
    asked: Asked
    plan: Plan
    model: Checkpoint

    @property
    def lines(self) -> list[str]:
        """The verse lines without marks."""
        return [line for printed in self.text.split("\n") for line in verse_lines(printed)]

    @functools.cached_property
    def report(self) -> Report | CiReport:
        """What its form's rules say of it."""
        return check_verse(self.text.replace("\n", ""), self.plan.form)

    @property
    def faults(self) -> list[Fault]:
        """What it breaks of the rules of its form: where a rule was not asked for, or what was given does."""
        return self.report.faults

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of what was asked, a line each."""
        return self.plan.notes

    def judged(self) -> dict[str, Any]:
        """ "logprob" and "parts" as plain data, to four places: the rest depends on the batch."""
        logprob = None if self.logprob is None else round(self.logprob, 4)
        parts = {
            name: {part: round(value, 4) for part, value in asdict(parts).items()}
            for name, parts in self.parts.items()
        }
        return {"logprob": logprob, "parts": parts}

    def card(self) -> dict[str, Any]:
        """All of it as plain data that JSON can hold: enough to show it, and to compose it again.

        Text, title, notes, seed, number, logprob and parts; what ``report_card`` tells; "model": the SHA-256
        of the model's file; "asked": what differs from the defaults.
        """
        return {
            "text": self.text,
            "title": self.title,
            **report_card(self.report, self.text, self.plan.given_places(self.text)),
            "notes": list(self.notes),
            "seed": self.seed,
            "number": self.number,
            **self.judged(),
            "model": self.model.sha256,
            "asked": self.asked.changed(),
        }

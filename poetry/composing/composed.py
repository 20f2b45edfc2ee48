"""A composed poem with its report, judgement and options."""

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
from poetry.verse.ci_report import CiReport
from poetry.verse.form import verse_lines
from poetry.verse.prosody import Fault, Report


@dataclass(frozen=True)
class Composed:
    """A composed poem.

    ``text``: as printed, one couplet or sentence per line; ``title``: empty unless one was asked for.
    ``seed``, ``number``: the seed, and the poem's number under it; ``logprob``, ``parts``: as in Poem.
    ``asked``, ``plan``, ``model``: what it was composed with.
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
        """The report of checking it by the rules of its form."""
        return check_verse(self.text.replace("\n", ""), self.plan.form)

    @property
    def faults(self) -> list[Fault]:
        """The faults by the rules of its form: from rules that were not asked for, or from given text."""
        return self.report.faults

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the user on what was asked, one line each."""
        return self.plan.notes

    def judged(self) -> dict[str, Any]:
        """ "logprob" and "parts" as plain data, to four decimals; further digits depend on the batch."""
        logprob = None if self.logprob is None else round(self.logprob, 4)
        parts = {
            name: {part: round(value, 4) for part, value in asdict(parts).items()}
            for name, parts in self.parts.items()
        }
        return {"logprob": logprob, "parts": parts}

    def card(self) -> dict[str, Any]:
        """The poem as plain data that JSON can hold: enough to show it, and to compose it again.

        Text, title, notes, seed, number, logprob and parts; the fields of ``report_card``; "model": the
        SHA-256 of the model's file; "asked": the options that differ from the defaults.
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

"""Checking typed verse, including gaps, for the answer of /v1/check."""

from typing import Any

from poetry.base.errors import PoetryError
from poetry.composing import checking
from poetry.composing.card import fault_card, report_card
from poetry.composing.revision import with_gaps
from poetry.text import script
from poetry.verse.checking import as_checked, check_verse
from poetry.verse.form import FREE, GAP, Form
from poetry.verse.prosody import Report
from poetry.verse.tunes import Tune


def read(text: str, form: str | None) -> tuple[str, Form | Tune | None]:
    """As ``checking.read``, with GAP for each ？ that a revision of the text would fill."""
    verse, named = checking.read(text, form)
    try:
        whole = with_gaps(checking.titled(text)[1], named)
    except PoetryError:  # it has not the lines of the form: its faults say so
        return verse, named
    return whole if GAP in whole else verse, named


def checked(verse: str, form: Form | Tune | None) -> dict[str, Any]:
    """What the rules say of verse that ``read`` has read."""
    report = check_verse(verse, form)
    poem = report if isinstance(report, Report) else None
    card = report_card(report, as_checked(verse, report))
    for line in card["lines"]:
        line["text"] = line["text"].replace(GAP, "？")
        for character in line["characters"]:
            character["character"] = character["character"].replace(GAP, "？")
    return card | {
        "form": card["form"] if card["form"] != FREE.name else None,
        "notes": list(map(fault_card, report.notes)),
        "regulated": poem is not None and poem.regulated,
        "gaps": verse.count(GAP),
        "traditional": script.to_simplified(verse) != verse,
    }

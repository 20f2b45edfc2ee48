"""Reports on checked verse as plain data, for display: lines, characters, faults."""

from collections.abc import Collection
from typing import Any

from poetry.verse.ci_report import CiReport
from poetry.verse.form import MARKS, PAUSE
from poetry.verse.prosody import Fault, Report
from poetry.verse.readings import dominant_group, rhyme_groups


def report_card(report: Report | CiReport, text: str, given: Collection[int] = ()) -> dict[str, Any]:
    """The report on ``text`` as plain data; ``given``: the places of characters that were not composed.

    "form" and "form_name"; "rhyme", the group of regulated verse; "lines": the "text" of each line with
    its 、, the "mark" after it, and its "characters", each with whether a "pause" 、 follows it, the "tones"
    that it has, the one "wanted" (P, Z, "." for either), whether it "rhymes", its rhyme "group", whether it
    was "given", and its "surprise", None until measured; "faults" as from ``fault_card``; "stanzas": the
    number of lines in each.
    """
    is_ci = isinstance(report, CiReport)
    begins = [*(report.stanzas if is_ci else [1]), len(report.lines) + 1]
    return {
        "form": report.tune.name if is_ci else report.form.name,
        "form_name": report.tune.name if is_ci else report.form.chinese,
        "rhyme": None if is_ci else report.rhyme or None,
        "lines": _lines(report, text, given),
        "faults": [fault_card(fault) for fault in report.faults],
        "stanzas": [end - begin for begin, end in zip(begins, begins[1:], strict=False)],
    }


def fault_card(fault: Fault) -> dict[str, Any]:
    """A fault as plain data; line and position from 1, None where it concerns the whole poem or line."""
    return {
        "name": fault.name,
        "line": fault.line or None,
        "position": fault.position or None,
        "detail": fault.detail,
    }


def _lines(report: Report | CiReport, text: str, given: Collection[int]) -> list[dict[str, Any]]:
    places = [ix for ix, sign in enumerate(text) if sign not in MARKS + PAUSE and not sign.isspace()]
    rhyming, rhyme = set(report.rhyming), "" if isinstance(report, CiReport) else report.rhyme
    lines, begin = [], 0
    for number, line in enumerate(report.lines, 1):
        end = begin + len(line.text)
        characters = []
        for position, character in enumerate(line.text, 1):
            wanted, rhymes = line.expected[position - 1 : position], (number, position) in rhyming
            in_rhyme = rhymes and rhyme in rhyme_groups(character)
            characters.append(
                {
                    "character": character,
                    "pause": position < len(line.text) and text[places[begin + position - 1] + 1] == PAUSE,
                    "tones": line.tones[position - 1],
                    "wanted": wanted if wanted in ("P", "Z") else ".",
                    "rhymes": rhymes,
                    "group": (rhyme if in_rhyme else dominant_group(character)) or None,
                    "given": places[begin + position - 1] in given,
                    "surprise": None,
                }
            )
        behind = text[places[end - 1] + 1 : places[end] if end < len(places) else None]
        spoken = "".join(each["character"] + PAUSE * each["pause"] for each in characters)
        lines.append({"text": spoken, "mark": behind.strip(), "characters": characters})
        begin = end
    return lines

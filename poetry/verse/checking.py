"""Check verse of any kind: a poem, a ci or a couplet, of a given form or of one to be found."""

import itertools
from dataclasses import replace
from itertools import dropwhile

from poetry.base.errors import PoetryError
from poetry.verse import parallelism
from poetry.verse.alignment import MarkedText
from poetry.verse.ci import check_ci, find_ci
from poetry.verse.ci_report import CiReport
from poetry.verse.couplet import COUPLET, check_couplet
from poetry.verse.form import (
    COMMA,
    FREE,
    PERIOD,
    Form,
    characters,
    commas_at,
    recognise,
    verse_lines,
    with_marks,
    without_pauses,
)
from poetry.verse.prosody import Report, check_poem, in_order
from poetry.verse.tunes import Tune


def check_verse(text: str, form: Form | Tune | None = None) -> Report | CiReport:
    """Return the report on a poem, a ci or a couplet whose ``text`` is normalised (``poetry.verse.typed``).

    A 、 in it is a pause within a line of a ci, and else a comma. The report on a regulated poem has notes on
    how parallel its middle couplets are. Without a ``form``, a text that is not a regulated poem is taken for
    a ci if it fits a tune; if it has the shape of a poem, or has it below a title, it must fit without
    faults. Raises PoetryError if the length differs from every variant of the given tune by more than half of
    the variant's length.
    """
    if isinstance(form, Tune):
        size = len(characters(text))
        if all(abs(len(variant) - size) > len(variant) / 2 for variant in form.variants):
            sizes = "/".join(map(str, sorted({len(variant) for variant in form.variants})))
            raise PoetryError(
                f"a text of {size} characters is no {form}, which has {sizes}; take another form"
            )
        return check_ci(text, form)
    if form == COUPLET:
        return check_couplet(without_pauses(text))
    marked = with_marks(without_pauses(text), form)
    report = check_poem(marked, form)
    if report.regulated:
        return replace(report, notes=in_order([*report.notes, *parallelism.notes(marked)]))
    ci = find_ci(text) if form is None else None
    shape = recognise(_below_title(marked))
    return ci if ci and (shape is FREE or not ci.faults) else report


def as_checked(text: str, report: Report | CiReport) -> str:
    """Return the ``text`` of a report with the marks that it lacks, and commas for 、 that are no pauses."""
    if isinstance(report, Report):
        return with_marks(without_pauses(text), report.form)
    if not MarkedText.of(text).breaks:
        whole = len(characters(text)) == len(report.variant)
        lines = COMMA.join(line.text for line in report.lines) + PERIOD
        return report.variant.with_marks(text) if whole else lines
    return commas_at(text, set(itertools.accumulate(len(line.text) for line in report.lines)))


def _below_title(text: str) -> str:
    """Return ``text`` without the lines at its beginning that are not as long as the last one."""
    lines = verse_lines(text) or [""]
    return COMMA.join(dropwhile(lambda line: len(line) != len(lines[-1]), lines))

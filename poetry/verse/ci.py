"""Checking a ci 词 against its tune, and finding the tune of a text."""

import math
from collections.abc import Mapping, Sequence

from poetry.verse.alignment import MarkedText, fits, possible_ends
from poetry.verse.ci_report import COUNT_WEIGHT, CiReport, Comparison
from poetry.verse.form import FREE, MARKS, PAUSE, PERIOD, recognise, with_marks, without_pauses
from poetry.verse.tunes import Tune, Variant, tunes

# A tune that the text does not name is accepted if the total weight of the faults and notes is at most the
# share _MOST_FAULTS of the text's characters, and if the lengths differ by at most _OTHER_LENGTHS characters.
_MOST_FAULTS = 0.1
_OTHER_LENGTHS = 2
_MOST_OFF = 0.2  # largest share of wrong line ends, or of wrong tones, for a full comparison
MOST_STANZAS = 4


def check_ci(text: str, tune: Tune) -> CiReport:
    """Return the report on a text with its marks, by the variant of ``tune`` that it breaks least."""
    return _least(MarkedText.of(text), [(tune, variant) for variant in tune.variants])


def find_ci(text: str, known: Mapping[str, Tune] | None = None) -> CiReport | None:
    """Return the report on a text by the tune that it breaks least; None if it fits no tune.

    ``known``: the tunes to try, by name; all tunes if it is not given.
    """
    laid = MarkedText.of(text)
    size = len(laid.characters)
    near = [
        (tune, variant)
        for tune in (known or tunes()).values()
        for variant in tune.variants
        if abs(len(variant) - size) <= _OTHER_LENGTHS and _may_be(laid, variant)
    ]
    best = _least(laid, near) if near else None
    return best if best and best.weight <= _MOST_FAULTS * size else None


def _may_be(text: MarkedText, variant: Variant) -> bool:
    """Whether a text is near enough to a variant for a full comparison.

    Most of its lines must end where lines of the variant may end, counted from the beginning or from the end.
    If the lengths are equal, most characters must also have the variant's tones; if they differ, the text
    must have marks.
    """
    longer = len(variant) - len(text.characters)
    ends = possible_ends(variant)
    off = sum(not {place, place + longer} & ends for place in text.breaks)
    if off > _MOST_OFF * len(text.breaks):
        return False
    if longer:
        return bool(text.breaks)
    pairs = zip(text.characters, variant.tones, strict=True)
    return sum(not fits(*pair) for pair in pairs) <= _MOST_OFF * len(variant)


def stanzas_of_one(texts: Sequence[str], tune: Tune | None) -> int:
    """Return how many of ``texts``, from the first, are the stanzas of one ci.

    With a ``tune``: the number whose total length is nearest to one of its variants. Without one: the
    smallest number that fits some tune, or 1 if the first text has the shape of a regulated poem or nothing
    fits.
    """
    joined = [join_stanzas(texts[: count + 1]) for count in range(min(len(texts), MOST_STANZAS))]
    if tune is None:
        found = (
            count for count, text in enumerate(joined, 1) if count == 1 and _is_poem(text) or find_ci(text)
        )
        return next(found, 1)
    sizes = [len(MarkedText.of(text).characters) for text in joined]
    off = [min(abs(len(variant) - size) for variant in tune.variants) for size in sizes]
    return off.index(min(off)) + 1


def join_stanzas(texts: Sequence[str]) -> str:
    """Join stanzas to one text, with 。 after a stanza that ends in no mark and no 、."""
    ended = (text if text[-1] in MARKS + PAUSE else text + PERIOD for text in texts[:-1])
    return "".join([*ended, texts[-1]])


def _is_poem(text: str) -> bool:
    """Whether a text has the shape of a regulated poem."""
    return recognise(with_marks(without_pauses(text))) is not FREE


def _least(text: MarkedText, candidates: list[tuple[Tune, Variant]]) -> CiReport:
    """Return the report of least weight.

    Variants of another length are tried only if those of the text's length give more weight than one 字数,
    and only of tunes that have no variant with the line ends of the text.
    """
    size = len(text.characters)
    reports = [Comparison(text, *one).report() for one in candidates if len(one[1]) == size]
    if min((report.weight for report in reports), default=math.inf) > COUNT_WEIGHT:
        same_lines = {
            report.tune.name for report in reports if all(fault.name != "断句" for fault in report.faults)
        }
        others = [one for one in candidates if len(one[1]) != size and one[0].name not in same_lines]
        reports += [Comparison(text, *one).report() for one in others]
    return min(reports, key=lambda report: (report.weight, -report.variant.count))

"""The corpus of poems: cleaned, chosen, and encoded as rows of ids."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text import script
from poetry.text.chinese_poetry import Raw
from poetry.text.cleaning import Dropped, clean_title, sound_text
from poetry.text.poem_vocabulary import EOP, PAD, START, TITLE, PoemVocabulary
from poetry.verse.form import COMMA, FREE, characters, couplets, recognise

MIN_COUNT = 2


@dataclass
class CorpusReport:
    """Counts of the poems of a corpus: read, kept, cut, and dropped by reason.

    ``gained`` counts kept poems with a variant form that, without folding, would be too rare or unknown.
    """

    read: int = 0
    kept: int = 0
    cut: int = 0
    gained: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        """The report as lines of text."""
        rows = [
            f"{self.read:7,} poems read",
            f"{self.kept:7,} kept, {self.cut:,} of them cut to the row's length",
            f"{self.gained:7,} of these gained by folding variant forms",
        ]
        return rows + [f"{count:7,} dropped: {reason}" for reason, count in self.dropped.most_common()]


def fit(text: str, columns: int) -> tuple[str, bool]:
    """Return ``text``, cut if necessary to fit a row of ``columns`` ids, and whether it is whole.

    A whole poem needs two more columns, for <START> and <EOP>. A longer poem is cut after the last couplet
    that leaves one column for <START>. Raises Dropped when not even one couplet fits.
    """
    if len(text) + 2 <= columns:
        return text, True
    kept = ""
    for couplet in couplets(text):
        if len(kept) + len(couplet) + 1 > columns:
            break
        kept += couplet
    if not kept:
        raise Dropped("no couplet fits the row")
    return kept, False


@dataclass(frozen=True)
class CleanPoem:
    """A clean poem that fits its row; ``name`` (of its tune or form) and ``title`` may be empty.

    ``variants`` are the variant forms that were folded in it.
    """

    text: str
    whole: bool
    name: str = ""
    title: str = ""
    variants: str = ""


def build(
    poems: Iterable[Raw],
    columns: int,
    convert: Callable[[str], str] = script.to_simplified,
    vocabulary: PoemVocabulary | None = None,
    leave_out: Callable[[list[str]], Callable[[str], bool]] | None = None,
    min_count: int = MIN_COUNT,
    headings: bool = False,
    ci_columns: int = 0,
) -> tuple[np.ndarray, PoemVocabulary, CorpusReport]:
    """Clean raw poems and encode them: (data int32 (N, T), vocabulary, report).

    A row is <START>, the poem, and <EOP> when the poem is whole, padded on the left. A poem may take
    ``columns`` ids, a ci ``ci_columns``. With ``headings``, the name of its tune or form, a comma, its title
    and <TITLE> follow <START>, in addition to these. T is ``columns`` or the longest row. A poem that equals
    an earlier one except for marks is dropped. Without ``vocabulary``, the vocabulary is made of the
    characters seen at least ``min_count`` times, and poems with a rarer one are dropped. With it, poems with
    a character that it lacks are dropped. ``leave_out`` takes the texts of all clean poems and returns a
    predicate, true for a poem that shows a held-out line; such poems are dropped. Raises PoetryError when no
    poem is left.
    """
    report = CorpusReport()
    kept = list(_distinct(_cleaned(poems, columns, ci_columns, convert, headings, report), report))
    forms = Counter(form for poem in kept for form in poem.variants)
    if vocabulary is None:
        forms = Counter({form: count for form, count in forms.items() if count < min_count})
        kept, words = _drop_rare(kept, min_count, report)
        _check_any(kept, report)
        vocabulary = PoemVocabulary([*words, TITLE] if headings else words)
    else:
        known = [poem for poem in kept if all(character in vocabulary for character in poem.text + poem.name)]
        _count(report, "characters outside the given vocabulary", len(kept) - len(known))
        kept = known
        if headings and vocabulary.title is None:
            raise PoetryError("the given vocabulary has no headings; make that data file with --headings")
    if leave_out is not None:
        betrays = leave_out([poem.text for poem in kept])
        apart = [poem for poem in kept if not betrays(poem.text)]
        _count(report, "a line that is held out", len(kept) - len(apart))
        kept = apart
    _check_any(kept, report)
    report.kept = len(kept)
    report.cut = sum(not poem.whole for poem in kept)
    foreign = {form for form in forms if convert(form) not in vocabulary}
    report.gained = sum(not foreign.isdisjoint(poem.variants) for poem in kept)
    return _rows(kept, vocabulary, columns), vocabulary, report


def _check_any(kept: list[CleanPoem], report: CorpusReport) -> None:
    """Raise PoetryError, with the reasons, where no poem is kept."""
    if not kept:
        dropped = [f"{count:,} dropped: {reason}" for reason, count in report.dropped.most_common()]
        raise PoetryError("; ".join([f"no poem is left of the {report.read:,} of this source", *dropped]))


def _cleaned(
    poems: Iterable[Raw],
    columns: int,
    ci_columns: int,
    convert: Callable[[str], str],
    headings: bool,
    report: CorpusReport,
) -> Iterator[CleanPoem]:
    for raw in poems:
        report.read += 1
        try:
            is_ci = bool(raw.tune)
            written = sound_text(raw.text, keep_pauses=is_ci)
            text = convert(script.fold_variants(written))
            text, whole = fit(text, ci_columns if is_ci else columns)
        except Dropped as reason:
            report.dropped[str(reason)] += 1
            continue
        variants = script.variants(written)
        if not headings:
            yield CleanPoem(text, whole, variants=variants)
        elif is_ci:
            yield CleanPoem(text, whole, clean_title(raw.tune, convert), variants=variants)
        else:
            form = recognise(text)
            name = "" if form is FREE or not whole else form.chinese
            yield CleanPoem(text, whole, name, clean_title(raw.title, convert), variants)


def _distinct(poems: Iterable[CleanPoem], report: CorpusReport) -> Iterator[CleanPoem]:
    seen: set[str] = set()
    for poem in poems:
        key = characters(poem.text)
        if key in seen:
            report.dropped["equal to an earlier poem but for marks and variants"] += 1
        else:
            seen.add(key)
            yield poem


def _drop_rare(
    poems: list[CleanPoem], min_count: int, report: CorpusReport
) -> tuple[list[CleanPoem], list[str]]:
    """Drop the poems with a character seen fewer than ``min_count`` times.

    Returns (poems, words), the most frequent words first.
    """
    counts = Counter(character for poem in poems for character in poem.text + poem.name)
    rare = {character for character, count in counts.items() if count < min_count}
    kept = [poem for poem in poems if rare.isdisjoint(poem.text + poem.name)]
    _count(report, f"a character seen fewer than {min_count} times", len(poems) - len(kept))
    # omit words that occur in no kept poem
    used = {character for poem in kept for character in poem.text + poem.name}
    words = sorted(used, key=lambda character: (-counts[character], character))
    return kept, [*words, EOP, START, PAD]


def _count(report: CorpusReport, reason: str, number: int) -> None:
    if number:
        report.dropped[reason] += number


def _rows(poems: list[CleanPoem], vocabulary: PoemVocabulary, columns: int) -> np.ndarray:
    rows = [_ids(poem, vocabulary) for poem in poems]
    columns = max(columns, *map(len, rows))
    data = np.full((len(poems), columns), vocabulary.pad, dtype=np.int32)
    for row, ids in zip(data, rows, strict=True):
        row[columns - len(ids) :] = ids
    return data


def _ids(poem: CleanPoem, vocabulary: PoemVocabulary) -> list[int]:
    title = "".join(filter(vocabulary.__contains__, poem.title))
    heading = poem.name + (COMMA + title if title else "")
    ids = [*vocabulary.encode(heading), vocabulary.title] if heading else []
    return [vocabulary.start, *ids, *vocabulary.encode(poem.text), *([vocabulary.eop] if poem.whole else [])]

"""From raw poems to clean ones: chinese-poetry's JSON, editors' notes, lost characters, variants."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text import script
from poetry.text.poem_vocabulary import EOP, PAD, START, PoemVocabulary
from poetry.verse.form import COMMA, MARKS, PERIOD, SENTENCE_ENDS, characters, couplets, verse_lines
from poetry.verse.typed import WRAPPING

MIN_COUNT = 2
MAX_LINE = 14  # characters; what is longer is an editor's prose

_NOTE = re.compile(r"[（(][^（）()]*[）)]|〖[^〖〗]*〗")
_FOOTNOTE_NUMBER = re.compile(r"\[[一二三四五六七八九十〇○\d]*\]")
_LOST = re.compile(r"[□○●◎…{}\u2ff0-\u2fff\ufffd]")
_BRACKETS = re.compile(r"[（）()〖〗【】]")
_STRAY = re.compile(r"[0-9A-Za-z０-９\s\-—/|=·•.'*#_+<>]")
_MARK_RUN = re.compile(f"[{MARKS}]+")
_MARK_FORMS = str.maketrans("：、,?!;:", "，，，？！；，")


class Dropped(Exception):
    """A poem that cannot be used; its text is the reason."""


@dataclass
class Report:
    """What became of the poems of a corpus: counts of poems kept, cut and dropped, by reason."""

    read: int = 0
    kept: int = 0
    cut: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        """The report as lines of text."""
        rows = [
            f"{self.read:7,} poems read",
            f"{self.kept:7,} kept, {self.cut:,} of them cut to the row's length",
        ]
        return rows + [f"{count:7,} dropped: {reason}" for reason, count in self.dropped.most_common()]


def read_poems(folder: Path, dynasty: str) -> Iterator[str]:
    """Yield the raw text of every poem of a dynasty from a chinese-poetry folder (or its folder 全唐诗).

    Raises PoetryError when the folder holds no such file or one of them is not what it should be.
    """
    inner = folder / "全唐诗"
    paths = list((inner if inner.is_dir() else folder).glob(f"poet.{dynasty}.*.json"))
    if not paths:
        raise PoetryError(
            f"{folder} holds no poet.{dynasty}.N.json; give the folder of chinese-poetry as --source"
        )
    for path in sorted(paths, key=_file_number):
        yield from _read_file(path)


def _file_number(path: Path) -> tuple[int, str]:
    number = path.name.split(".")[2]
    return (int(number) if number.isdecimal() else 0, path.name)


def _read_file(path: Path) -> Iterator[str]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PoetryError(f"cannot read {path}: {error}; fetch it anew") from None
    try:
        if not all(isinstance(entry["paragraphs"], list) for entry in entries):
            raise TypeError
        texts = ["".join(entry["paragraphs"]) for entry in entries]
    except (KeyError, TypeError):
        raise PoetryError(f"{path} is not a list of poems with paragraphs; fetch it anew") from None
    yield from texts


def clean(raw: str, convert: Callable[[str], str] = script.to_simplified) -> str:
    """The poem in ``raw`` without editors' notes and marks: characters of the basic plane and verse marks.

    ``convert`` brings it into the wanted script, after variants are folded. The text ends in a mark that
    ends a sentence. Raises Dropped with the reason when no sound poem is left.
    """
    text = raw
    while text != (without := _NOTE.sub("", text)):  # innermost first, so notes within notes go too
        text = without
    text = WRAPPING.sub("", _FOOTNOTE_NUMBER.sub("", text))
    if _LOST.search(text):
        raise Dropped("lost or described characters")
    if _BRACKETS.search(text):
        raise Dropped("brackets that do not match")
    text = _STRAY.sub("", text).translate(_MARK_FORMS)
    text = _MARK_RUN.sub(_one_mark, text).lstrip(MARKS)
    if not text:
        raise Dropped("empty")
    if text[-1] not in SENTENCE_ENDS:
        text = text.rstrip(COMMA) + PERIOD
    _check_characters(text)
    if max(map(len, verse_lines(text))) > MAX_LINE:
        raise Dropped("prose")
    return convert(script.fold_variants(text))


def _one_mark(run: re.Match[str]) -> str:
    """The one mark that a run of marks stands for: the first that ends a sentence, else a comma."""
    return next((mark for mark in run.group() if mark in SENTENCE_ENDS), COMMA)


def _check_characters(text: str) -> None:
    for character in text:
        if ord(character) > script.BASIC_PLANE_END:
            raise Dropped("characters outside the basic plane")
        if not ("一" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf" or character in MARKS):
            raise Dropped("foreign characters")


def fit(text: str, columns: int) -> tuple[str, bool]:
    """``text`` as it fits a row of ``columns`` ids, and whether it is whole.

    A whole poem takes two columns more, for <START> and <EOP>. A longer one is cut after the last whole
    couplet that leaves one for <START>. Raises Dropped when not even one couplet fits.
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


def build(
    poems: Iterable[str],
    columns: int,
    convert: Callable[[str], str] = script.to_simplified,
    vocabulary: PoemVocabulary | None = None,
    leave_out: Callable[[str], bool] | None = None,
) -> tuple[np.ndarray, PoemVocabulary, Report]:
    """Clean raw poems and encode them: (data int32 (N, columns), vocabulary, report).

    Rows are <START>, the poem, <EOP> when it is whole, padded on the left. A poem equal to an earlier one
    but for marks is dropped. Without ``vocabulary`` it is made of the characters seen at least twice, and
    poems with a rarer one are dropped; with it, poems with a character that it lacks are. ``leave_out`` tells
    of a clean poem whether it shows a line that another corpus holds out. Raises PoetryError when nothing is
    left.
    """
    report = Report()
    kept = list(_distinct(_cleaned(poems, columns, convert, report), report))
    if vocabulary is None:
        kept, words = _drop_rare(kept, report)
        vocabulary = PoemVocabulary(words)
    else:
        known = [poem for poem in kept if all(character in vocabulary for character in poem[0])]
        _count(report, "characters outside the given vocabulary", len(kept) - len(known))
        kept = known
    if leave_out is not None:
        apart = [poem for poem in kept if not leave_out(poem[0])]
        _count(report, "a line held out by the given data file", len(kept) - len(apart))
        kept = apart
    if not kept:
        raise PoetryError("no poem is left of this source; nothing was written")
    report.kept = len(kept)
    report.cut = sum(not whole for _, whole in kept)
    return _rows(kept, vocabulary, columns), vocabulary, report


def _cleaned(
    poems: Iterable[str], columns: int, convert: Callable[[str], str], report: Report
) -> Iterator[tuple[str, bool]]:
    for raw in poems:
        report.read += 1
        try:
            yield fit(clean(raw, convert), columns)
        except Dropped as reason:
            report.dropped[str(reason)] += 1


def _distinct(poems: Iterable[tuple[str, bool]], report: Report) -> Iterator[tuple[str, bool]]:
    seen: set[str] = set()
    for text, whole in poems:
        key = characters(text)
        if key in seen:
            report.dropped["equal to an earlier poem but for marks and variants"] += 1
        else:
            seen.add(key)
            yield text, whole


def _drop_rare(poems: list[tuple[str, bool]], report: Report) -> tuple[list[tuple[str, bool]], list[str]]:
    """Drop the poems with a character seen fewer than MIN_COUNT times: (poems, words, commonest first)."""
    counts = Counter(character for text, _ in poems for character in text)
    rare = {character for character, count in counts.items() if count < MIN_COUNT}
    kept = [poem for poem in poems if rare.isdisjoint(poem[0])]
    _count(report, f"a character seen fewer than {MIN_COUNT} times", len(poems) - len(kept))
    used = {character for text, _ in kept for character in text}  # no word without a poem to learn it from
    words = sorted(used, key=lambda character: (-counts[character], character))
    return kept, [*words, EOP, START, PAD]


def _count(report: Report, reason: str, number: int) -> None:
    if number:
        report.dropped[reason] += number


def _rows(poems: list[tuple[str, bool]], vocabulary: PoemVocabulary, columns: int) -> np.ndarray:
    data = np.full((len(poems), columns), vocabulary.pad, dtype=np.int32)
    for row, (text, whole) in zip(data, poems, strict=True):
        ids = [vocabulary.start, *vocabulary.encode(text), *([vocabulary.eop] if whole else [])]
        row[columns - len(ids) :] = ids
    return data

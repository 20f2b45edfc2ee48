"""The tunes 词牌 of the Song: for every variant its tones, rhymes, lines and stanzas, as real ci have them.

A variant is written as spans, each ending with a rhyme. A span is written as its tones and the letter of the
rhyme class of its last character. Tones are P, Z, "." for either, and "=": a run of n "=" repeats the n
characters just before it. Source: ``poetry/verse/tables/tunes.tsv``.
"""

import difflib
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from operator import add

from poetry.verse.cilin import ci_rhymes
from poetry.verse.form import COMMA, PAUSE, PERIOD, characters, couplets, verse_lines
from poetry.verse.readings import LEVEL, OBLIQUE, TONE_SIGNS

_REPEAT = re.compile("=+")
_LENGTHS = re.compile(f"([{COMMA}{PAUSE}{PERIOD}])")


@dataclass(frozen=True)
class Division:
    """One way to divide a span into lines: (place, mark), counted in characters from the span's beginning.

    A 。 within the span ends a line that rhymes with the span's end.
    """

    marks: tuple[tuple[int, str], ...]

    @functools.cached_property
    def lines(self) -> frozenset[int]:
        """The places where a line ends."""
        return frozenset(place for place, mark in self.marks if mark != PAUSE)

    @functools.cached_property
    def pauses(self) -> frozenset[int]:
        """The places where a 、 stands."""
        return self.all - self.lines

    @functools.cached_property
    def all(self) -> frozenset[int]:
        """The places where a mark may stand."""
        return frozenset(place for place, _ in self.marks)

    @classmethod
    def parse(cls, text: str) -> "Division":
        """Parse lengths with marks between them, as in 3、4，6."""
        lengths = _LENGTHS.split(text)
        places, end = [], 0
        for length, mark in zip(lengths[:-1:2], lengths[1::2], strict=True):
            end += int(length)
            places.append((end, mark))
        return cls(tuple(places))


@dataclass(frozen=True)
class Span:
    """The part of a ci from the end of one rhyme to the end of the next: characters [``begin``, ``end``).

    ``group``: the letter of the rhyme class of its last character; ``divisions``: the ways to divide it into
    lines, the commonest first.
    """

    begin: int
    end: int
    group: str
    divisions: tuple[Division, ...]


@dataclass(frozen=True)
class Variant:
    """One way to write a tune.

    ``count``: the number of ci of this variant in the corpus; ``tones``: P, Z or "." for every character;
    ``stanzas``: the places where stanzas begin, the first of them 0; ``repeats``: (place, n) where n
    characters repeat the n characters just before them.
    """

    tune: str
    count: int
    tones: str
    spans: tuple[Span, ...]
    stanzas: tuple[int, ...]
    repeats: tuple[tuple[int, int], ...]

    def __hash__(self) -> int:
        return hash((self.tones, self.count))  # quick, and enough to tell variants apart

    def __len__(self) -> int:
        return len(self.tones)

    def __str__(self) -> str:
        tones = {LEVEL: "level", OBLIQUE: "oblique"}
        rhymes = [
            tones[tone]
            for tone in dict.fromkeys(self.tones[span.end - 1] for span in self.spans)
            if tone in tones
        ]
        return f"{len(self)} characters, {' and '.join(rhymes) or 'free'} rhymes"

    def lines(self) -> list[int]:
        """Return the number of characters of each line, in the commonest division."""
        ends = [
            span.begin + place
            for span in self.spans
            for place in (*sorted(span.divisions[0].lines), span.end - span.begin)
        ]
        return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]

    def pattern(self) -> str:
        """Return its tones in Chinese, in the commonest division, with a wide space between stanzas."""
        marked = zip(self.tones.translate(TONE_SIGNS), self.marks(), strict=True)
        spaces = ("\u3000" * (place in self.stanzas[1:]) for place in range(len(self)))
        return "".join(space + sign + mark for space, (sign, mark) in zip(spaces, marked, strict=True))

    def with_marks(self, text: str) -> str:
        """Return ``text``, as long as the variant and without marks, with those of the commonest division."""
        return "".join(map(add, characters(text), self.marks()))

    def marks(self) -> list[str]:
        """Return the mark after each character, empty for none, in the commonest division."""
        marks = [""] * len(self)
        for span in self.spans:
            for place, mark in (*span.divisions[0].marks, (span.end - span.begin, PERIOD)):
                marks[span.begin + place - 1] = mark
        return marks


@dataclass(frozen=True)
class Tune:
    """A tune: its name, other names, and its variants, the commonest first.

    ``corpus_name``: its name in chinese-poetry.
    """

    name: str
    aliases: tuple[str, ...]
    variants: tuple[Variant, ...]
    corpus_name: str

    def __str__(self) -> str:
        return self.name


def parse_variant(tune: str, count: int, pattern: str, lines: str) -> Variant:
    """Parse a variant from a row of the table: spans separated by spaces, "/" where a stanza begins."""
    tones, begin = "", 0
    spans: list[Span] = []
    stanzas, repeats = [0], []
    divided = iter(lines.split(" "))
    for word in pattern.split(" "):
        if word == "/":
            stanzas.append(begin)
            continue
        for run in _REPEAT.finditer(word):
            repeats.append((begin + run.start(), len(run.group())))
        for sign in word[:-1]:
            tones += sign
        divisions = tuple(map(Division.parse, next(divided).split("|")))
        spans.append(Span(begin, len(tones), word[-1], divisions))
        begin = len(tones)
    for place, size in repeats:
        tones = tones[:place] + tones[place - size : place] + tones[place + size :]
    return Variant(tune, count, tones, tuple(spans), tuple(stanzas), tuple(repeats))


@functools.cache
def rhyme_numbers(character: str, tone: str) -> frozenset[int]:
    """Return the groups of the 词林正韵 of ``character`` in a tone: LEVEL, OBLIQUE, or "." for any."""
    return frozenset(
        rhyme.number
        for rhyme in ci_rhymes(character)
        if tone == "." or (rhyme.tone == LEVEL) == (tone == LEVEL)
    )


@functools.cache
def tunes() -> dict[str, Tune]:
    """Return all tunes by name, the commonest first."""
    text = resources.files("poetry.verse.tables").joinpath("tunes.tsv").read_text(encoding="utf-8")
    return read_tunes(text)


def read_tunes(text: str) -> dict[str, Tune]:
    """Parse the tunes of a table's text: rows of name, other names, number of ci, pattern, lines.

    If the corpus has another name for the tune, it follows the name after "=".
    """
    variants: dict[str, list[Variant]] = {}
    aliases: dict[str, tuple[str, ...]] = {}
    corpus_names: dict[str, str] = {}
    for row in text.splitlines():
        if not row.startswith("#"):
            names, others, count, pattern, lines = row.split("\t")
            name, _, corpus_name = names.partition("=")
            corpus_names.setdefault(name, corpus_name or name)
            variants.setdefault(name, []).append(parse_variant(name, int(count), pattern, lines))
            aliases.setdefault(name, tuple(others.split()))
    return {
        name: Tune(name, aliases[name], tuple(found), corpus_names[name]) for name, found in variants.items()
    }


@functools.cache
def _names() -> dict[str, Tune]:
    """Return the tunes by all their names."""
    others = {alias: tune for tune in tunes().values() for alias in tune.aliases}
    return others | tunes()


def layout(text: str, stanzas: Sequence[int]) -> str:
    """Lay out a ci for printing: one sentence per line, an empty line before each stanza but the first.

    ``stanzas``: the number of verse lines before each stanza.
    """
    printed, lines = [], 0
    for sentence in couplets(text):
        printed.append("\n" * (lines in stanzas and lines > 0) + sentence)
        lines += len(verse_lines(sentence))
    return "\n".join(printed)


def find_tune(name: str) -> Tune | None:
    """Return the tune with this name or alias (simplified characters), or None."""
    return _names().get(name.strip())


def nearest_tunes(name: str, count: int = 3) -> list[str]:
    """Return the ``count`` names or aliases most similar to ``name``."""
    return difflib.get_close_matches(name.strip(), _names(), count, 0.0)

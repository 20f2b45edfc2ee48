"""The tunes 词牌 of the Song: for every variant its tones, rhymes, lines and stanzas, as real ci have them.

A variant is written as spans, each up to and with a rhyme; a span as its tones (P, Z, "." for either, "=" for
a character that repeats the one as many places before as the run of "=" is long) and the letter of the class
that its last character rhymes in. Source: ``poetry/verse/tables/tunes.tsv``.
"""

import difflib
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from poetry.verse.cilin import ci_rhymes
from poetry.verse.form import COMMA, PAUSE, PERIOD, couplets, verse_lines
from poetry.verse.readings import LEVEL, OBLIQUE

_REPEAT = re.compile("=+")
_LENGTHS = re.compile(f"([{COMMA}{PAUSE}{PERIOD}])")


@dataclass(frozen=True)
class Division:
    """One way to divide a span into lines: marks by their place, counted in characters from its beginning.

    A 。 within it is a line that rhymes with the span's end.
    """

    marks: tuple[tuple[int, str], ...]

    @functools.cached_property
    def lines(self) -> frozenset[int]:
        """The places where a line ends."""
        return frozenset(place for place, mark in self.marks if mark != PAUSE)

    @functools.cached_property
    def all(self) -> frozenset[int]:
        """The places where a mark may stand."""
        return frozenset(place for place, _ in self.marks)

    @classmethod
    def parse(cls, text: str) -> "Division":
        """From lengths with marks between them, as in 3、4，6."""
        lengths = _LENGTHS.split(text)
        places, end = [], 0
        for length, mark in zip(lengths[:-1:2], lengths[1::2], strict=True):
            end += int(length)
            places.append((end, mark))
        return cls(tuple(places))


@dataclass(frozen=True)
class Span:
    """What stands between two rhymes: [``begin``, ``end``) of the ci's characters; ``group`` is the letter of
    the class that its last one rhymes in; ``divisions`` the ways to divide it, the commonest first.
    """

    begin: int
    end: int
    group: str
    divisions: tuple[Division, ...]


@dataclass(frozen=True)
class Variant:
    """One way to write a tune.

    ``count``: ci of the corpus that are so; ``tones``: P, Z or "." for every character; ``stanzas``: the
    places where stanzas begin, the first of them 0; ``repeats``: (place, characters) of what repeats that
    many characters just before it.
    """

    tune: str
    count: int
    tones: str
    spans: tuple[Span, ...]
    stanzas: tuple[int, ...]
    repeats: tuple[tuple[int, int], ...]

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
        """The characters of each line, divided as most ci are."""
        ends = [
            span.begin + place
            for span in self.spans
            for place in (*sorted(span.divisions[0].lines), span.end - span.begin)
        ]
        return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]

    def pattern(self) -> str:
        """Its tones in Chinese, divided as most ci are, stanzas apart."""
        signs = dict(zip("PZ.", "平仄中", strict=True))
        parts: list[str] = []
        for span in self.spans:
            if span.begin in self.stanzas[1:]:
                parts.append("\u3000")
            marks = dict(span.divisions[0].marks) | {span.end - span.begin: PERIOD}
            for place in range(span.begin, span.end):
                parts += [signs[self.tones[place]], marks.get(place + 1 - span.begin, "")]
        return "".join(parts)


@dataclass(frozen=True)
class Tune:
    """A tune: its name, other names, and its variants, the commonest first.

    ``corpus_name``: what chinese-poetry calls it.
    """

    name: str
    aliases: tuple[str, ...]
    variants: tuple[Variant, ...]
    corpus_name: str

    def __str__(self) -> str:
        return self.name


def parse_variant(tune: str, count: int, pattern: str, lines: str) -> Variant:
    """A variant from a row of the table: spans apart by spaces, "/" where a stanza begins."""
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
    """The groups of the 词林正韵 that ``character`` has in a tone, LEVEL or OBLIQUE, in either for "."."""
    return frozenset(
        rhyme.number
        for rhyme in ci_rhymes(character)
        if tone == "." or (rhyme.tone == LEVEL) == (tone == LEVEL)
    )


@functools.cache
def tunes() -> dict[str, Tune]:
    """All tunes by name, the commonest first."""
    text = resources.files("poetry.verse.tables").joinpath("tunes.tsv").read_text(encoding="utf-8")
    return read_tunes(text)


def read_tunes(text: str) -> dict[str, Tune]:
    """The tunes of a table's text: rows of name, other names, ci, pattern, lines.

    Behind the name stands "=" and the corpus's own where that is another.
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
    """Tunes by every name that they have."""
    others = {alias: tune for tune in tunes().values() for alias in tune.aliases}
    return others | tunes()


def layout(text: str, stanzas: Sequence[int]) -> str:
    """A ci as it is printed: a sentence a line, an empty line before each stanza but the first.

    ``stanzas``: how many lines (between marks that end lines) stand before each stanza.
    """
    printed, lines = [], 0
    for sentence in couplets(text):
        printed.append("\n" * (lines in stanzas and lines > 0) + sentence)
        lines += len(verse_lines(sentence))
    return "\n".join(printed)


def find_tune(name: str) -> Tune | None:
    """The tune of this name or alias (simplified characters); None when there is none."""
    return _names().get(name.strip())


def nearest_tunes(name: str, count: int = 3) -> list[str]:
    """The names most like ``name``."""
    return difflib.get_close_matches(name.strip(), _names(), count, 0.0)

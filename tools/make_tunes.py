"""Make poetry/verse/tables/tunes.tsv: the tunes 词牌, derived from the ci of the corpus.

A variant of a tune has a length, places where 。 stands (a rhyme), and a tone of the last rhyme. A place is
level or oblique where nearly all its one-tone characters agree. Rhymes are of one class where their groups
in the 词林正韵 agree. ， ends a line, 、 is a pause. Repetitions of the preceding characters are marked. The
second stanza begins where the line lengths after it repeat those before it, or where tune_stanzas.txt says.
"""

import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.base.files import atomic_write  # noqa: E402
from poetry.text import chinese_poetry, cleaning  # noqa: E402
from poetry.verse.alignment import fits  # noqa: E402
from poetry.verse.form import COMMA, PAUSE, PERIOD  # noqa: E402
from poetry.verse.readings import LEVEL, OBLIQUE, tones  # noqa: E402
from poetry.verse.tunes import rhyme_numbers  # noqa: E402

TABLE = ROOT / "poetry" / "verse" / "tables" / "tunes.tsv"
STANZAS = Path(__file__).with_name("tune_stanzas.txt")
NAMES = Path(__file__).with_name("tune_names.txt")

MARKS = COMMA + PAUSE + PERIOD
AGREED = 0.95  # share of the one-tone characters of a place that makes it level or oblique
DOUBT = 0.4  # characters of the other tone added to each place: caution where there are few characters
RHYMED = 0.9  # share of the ci that makes a place a rhyme
USUAL = 0.05  # share of the ci that makes a division into lines usual
REPEATED = 0.9  # share of the ci that makes a line a repetition
SAME_CLASS = 0.5  # share of the ci whose two rhymes agree that puts these into one class
TABLE_NOTE = """\
# Tunes: a name (= the corpus's where that is another), other names, how many ci of the corpus are so, the
# tones and rhymes of every place, the ways to divide it into lines (see poetry/verse/tunes.py). Made by
# tools/make_tunes.py from the Song ci of chinese-poetry (MIT licence).
"""
LEAST = 8  # minimum number of ci of a variant
LEAST_SHARE = 0.02  # the same as a share of the ci of its tune
LEAST_OF_TUNE = 20  # minimum number of ci of a tune

_OPEN_RHYME = re.compile(r"\.[A-Z]( |$)")


class Ci(NamedTuple):
    """A ci: its characters, and the marks by the number of characters before them."""

    text: str
    marks: dict[int, str]

    @classmethod
    def of(cls, text: str) -> "Ci":
        """Parse a text with the marks ，、。"""
        marks: dict[int, str] = {}
        verse: list[str] = []
        for character in text:
            if character in MARKS:
                marks[len(verse)] = character
            else:
                verse.append(character)
        return cls("".join(verse), marks)

    @property
    def rhymes(self) -> tuple[int, ...]:
        """The places of 。, counted in characters before it."""
        return tuple(sorted(place for place, mark in self.marks.items() if mark == PERIOD))


@dataclass
class Tune:
    """A tune of the corpus: its ci, the names it has there, and its other names, both counted in ci."""

    ci: list[str] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    aliases: Counter[str] = field(default_factory=Counter)


def read_corpus(folder: Path) -> dict[str, Tune]:
    """Return the tunes of a chinese-poetry folder with their clean ci, simplified, each once."""
    renamed = {other: name for name, *others in read_rows(NAMES) for other in others}
    found: dict[str, Tune] = defaultdict(Tune)
    seen: set[str] = set()
    raws = chinese_poetry.read_ci(folder)
    for raw in cleaning.sound_poems(raws, partial(cleaning.clean, keep_pauses=True)):
        name = renamed.get(f"{raw.alias}・{raw.tune}", renamed.get(raw.tune, raw.tune))
        if name != "-" and raw.text not in seen:
            seen.add(raw.text)
            found[name].ci.append(raw.text)
            found[name].names[raw.tune] += 1
            found[name].aliases.update({raw.alias, raw.tune} - {name, ""})
    return found


def read_rows(path: Path) -> list[list[str]]:
    """Return the words of each line of a list beside this file, without comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if not line.startswith("#")]


def families(cis: Iterable[Ci], least: int) -> list[list[Ci]]:
    """Group the ci of a tune by length, rhyme places and tone of the last rhyme, the largest group first.

    For each length, the most common rhyme places define the first family, which takes all ci with a mark at
    each of them. The most common rhyme places of the remaining ci define the second, and so on. Each family
    is split by tone. Families of fewer than ``least`` ci are left out.
    """
    by_length: dict[int, list[Ci]] = defaultdict(list)
    for ci in cis:
        by_length[len(ci.text)].append(ci)
    found: list[list[Ci]] = []
    for _, left in sorted(by_length.items()):
        while len(left) >= least:
            counts = Counter(ci.rhymes for ci in left)
            head = min(counts, key=lambda rhymes: (-counts[rhymes], rhymes))
            family = [ci for ci in left if ci.marks.keys() >= set(head)]
            left = [ci for ci in left if not ci.marks.keys() >= set(head)]
            found += by_tone(family, least)
    return sorted((family for family in found if len(family) >= least), key=len, reverse=True)


def by_tone(family: list[Ci], least: int) -> list[list[Ci]]:
    """Split a family by the tone of the last rhyme; fewer than ``least`` ci of the rarer tone are left out.

    A ci whose last rhyme has both tones goes to the side that it fits better.
    """
    sides = {tone: [ci for ci in family if tones(ci.text[-1]) == {tone}] for tone in (LEVEL, OBLIQUE)}
    rarer, commoner = sorted(sides, key=lambda tone: len(sides[tone]))
    if len(sides[rarer]) < least:
        return [[ci for ci in family if tones(ci.text[-1]) != {rarer}]]
    patterns = {tone: place_tones(side) for tone, side in sides.items()}
    for ci in family:
        if len(tones(ci.text[-1])) != 1:
            misfits = {
                tone: sum(not fits(*pair) for pair in zip(ci.text, pattern, strict=True))
                for tone, pattern in patterns.items()
            }
            sides[min((commoner, rarer), key=misfits.__getitem__)].append(ci)
    return [sides[commoner], sides[rarer]]


def place_tones(family: list[Ci]) -> str:
    """Return the tone of every place as a string: P (level), Z (oblique) or "." (either)."""
    signs = ""
    for column in zip(*(ci.text for ci in family), strict=True):
        counts = Counter(next(iter(known)) for known in map(tones, column) if len(known) == 1)
        total = sum(counts.values()) + DOUBT
        agreed = (tone for tone in (LEVEL, OBLIQUE) if counts[tone] / total >= AGREED)
        signs += next(agreed, ".")
    return signs


def rhyme_places(family: list[Ci]) -> list[int]:
    """Return the places of rhymes, counted in characters up to and including the rhyme."""
    counts = Counter(place for ci in family for place in ci.rhymes)
    return sorted(place for place, count in counts.items() if count / len(family) >= RHYMED)


def rhyme_classes(family: list[Ci], places: list[int], pattern: str) -> str:
    """Return a letter for each rhyme; rhymes that agree in most ci have the same letter."""
    ends = [[rhyme_numbers(ci.text[place - 1], pattern[place - 1]) for place in places] for ci in family]
    letters: list[int] = []
    for ix in range(len(places)):
        share: dict[int, list[float]] = defaultdict(list)
        for before in range(ix):
            pairs = [(row[ix], row[before]) for row in ends if row[ix] and row[before]]
            agreed = sum(not one.isdisjoint(other) for one, other in pairs)
            share[letters[before]].append(agreed / max(1, len(pairs)))
        means = {letter: sum(found) / len(found) for letter, found in share.items()}
        best = max(means, key=means.__getitem__, default=-1)
        letters.append(best if means.get(best, 0) >= SAME_CLASS else max(letters, default=-1) + 1)
    return "".join(chr(ord("A") + letter) for letter in letters)


def with_rhyme_tones(pattern: str, places: list[int], letters: str) -> str:
    """Replace "." at a rhyme in ``pattern`` by the tone of its class, if the class has only one tone."""
    signs = list(pattern)
    for place, letter in zip(places, letters, strict=True):
        others = {signs[at - 1] for at, other in zip(places, letters, strict=True) if other == letter} - {"."}
        if signs[place - 1] == "." and len(others) == 1:
            signs[place - 1] = next(iter(others))
    return "".join(signs)


def divisions(family: list[Ci], begin: int, end: int) -> list[str]:
    """Return the usual divisions of a span, the most common first, each written like 3、4，6.

    The ci are grouped twice: by their line ends, ignoring pauses, and by the places of all marks, whichever
    they are. Each group with the share USUAL of the ci gives one division, its most common marking.
    """
    counts: Counter[tuple[tuple[int, str], ...]] = Counter()
    ways: dict[tuple[str, tuple[int, ...]], Counter] = defaultdict(Counter)
    for ci in family:
        marks = tuple(
            (place - begin, ci.marks[place]) for place in range(begin + 1, end) if place in ci.marks
        )
        counts[marks] += 1
        ways["lines", tuple(place for place, mark in marks if mark != PAUSE)][marks] += 1
        ways["marks", tuple(place for place, _ in marks)][marks] += 1
    usual = [found for found in ways.values() if found.total() >= USUAL * len(family)]
    kept = {min(found, key=lambda marks: (-found[marks], marks)) for found in usual}
    return [_lengths(marks, end - begin) for marks in sorted(kept, key=lambda marks: (-counts[marks], marks))]


def _lengths(marks: tuple, size: int) -> str:
    places = [0, *(place for place, _ in marks), size]
    signs = [*(mark for _, mark in marks), ""]
    return "".join(f"{b - a}{sign}" for a, b, sign in zip(places, places[1:], signs, strict=False))


def repeats(family: list[Ci], begin: int, end: int) -> int:
    """Return how many first characters of a span, up to a mark, repeat those just before it; 0 for none."""
    ends = {place for ci in family for place in ci.marks if begin < place <= min(end, 2 * begin)}
    for place in sorted(ends, reverse=True):
        size = place - begin
        same = sum(ci.text[begin:place] == ci.text[begin - size : begin] for ci in family)
        if same >= REPEATED * len(family):
            return size
    return 0


def stanza_break(lines: list[str]) -> int:
    """Return the span that begins the second stanza: where most line lengths repeat those before; 0 for none.

    Lengths are compared from the ends of both stanzas, because the second one often begins differently.
    """

    def alike(ix: int) -> int:
        pairs = zip(reversed(lines[:ix]), reversed(lines[ix:]), strict=False)
        same = [re.split(r"\D", one) == re.split(r"\D", other) for one, other in pairs]
        return [*same, False].index(False)

    best = max(range(len(lines)), key=lambda ix: (alike(ix), -abs(2 * ix - len(lines))))
    return best if alike(best) else 0


def derive_variant(family: list[Ci], known_stanzas: list[str] | None = None) -> tuple[str, str]:
    """Return (pattern, lines) of the ci of a family, as written in the table.

    ``known_stanzas``: number of characters before each stanza but the first, alternatives separated by "|".
    """
    pattern, places = place_tones(family), rhyme_places(family)
    letters = rhyme_classes(family, places, pattern)
    pattern = with_rhyme_tones(pattern, places, letters)
    spans = list(zip([0, *places], places, strict=False))
    lines = [divisions(family, *span) for span in spans]
    if known_stanzas is None:
        stanzas = {spans[stanza_break([found[0] for found in lines])][0]}
    else:
        stanzas = {int(place) for known in known_stanzas for place in known.split("|")}
    words = []
    for (begin, end), letter in zip(spans, letters, strict=True):
        if begin and begin in stanzas:
            words.append("/")
        size = repeats(family, begin, end)
        words.append("=" * size + pattern[begin + size : end] + letter)
    return " ".join(words), " ".join("|".join(found) for found in lines)


def contradicts(family: list[Ci]) -> bool:
    """Whether a place is level in one half of the ci and oblique in the other (halves by a hash)."""
    halves: list[list[Ci]] = [[], []]
    for ci in family:
        halves[zlib.crc32(ci.text.encode()) % 2].append(ci)
    pairs = zip(*(place_tones(half) for half in halves if half), strict=True)
    return any(set(pair) == {LEVEL, OBLIQUE} for pair in pairs)


def derive(
    texts_of: dict[str, list[str]], least: int = LEAST_OF_TUNE
) -> dict[str, list[tuple[int, str, str]]]:
    """Return the variants (number of ci, pattern, lines) of tunes of ``least`` ci or more, largest first."""
    known = {(tune, int(size)): places for tune, size, *places in read_rows(STANZAS)}
    found: dict[str, list[tuple[int, str, str]]] = {}
    for tune, texts in sorted(texts_of.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        if len(texts) < least:
            continue
        for family in families(map(Ci.of, texts), max(LEAST, round(LEAST_SHARE * len(texts)))):
            variant = derive_variant(family, known.get((tune, len(family[0].text))))
            if not contradicts(family) and not _OPEN_RHYME.search(variant[0]):
                found.setdefault(tune, []).append((len(family), *variant))
    return found


def table_text(known: dict[str, Tune]) -> str:
    """Return the text of the table."""
    found = derive({name: tune.ci for name, tune in known.items()})
    owners: dict[str, str] = {}
    for name in found:  # an alias of two tunes belongs to the more common one
        for alias in sorted(known[name].aliases):
            if "□" not in alias:
                owners.setdefault(alias, name)
    rows = []
    for name, variants in found.items():
        aliases = " ".join(alias for alias, owner in owners.items() if owner == name and alias not in found)
        ((corpus_name, _),) = known[name].names.most_common(1) or ((name, 0),)
        names = name if corpus_name == name else f"{name}={corpus_name}"
        for ix, (count, *texts) in enumerate(variants):
            rows.append("\t".join((names, "" if ix else aliases, str(count), *texts)))
    return TABLE_NOTE + "\n".join([*rows, ""])


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(source: Path) -> None:
    """Wire everything together: SOURCE is the folder of chinese-poetry."""
    text = table_text(read_corpus(source))
    with atomic_write(TABLE) as file:
        file.write(text.encode())
    click.echo(f"{text.count(chr(10)) - TABLE_NOTE.count(chr(10))} variants; wrote {TABLE}")


if __name__ == "__main__":
    main()

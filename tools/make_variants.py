"""Make poetry/text/tables/variants.txt: variant forms of characters that verse uses without distinction.

Pairs of forms come from the Unihan variant fields, from OpenCC, from the list beside this file, and from
verse itself: two characters of the same sound that replace each other in otherwise equal lines. Their
neighbours decide: a form is folded if the characters beside it are like those beside the standard form.
UNIHAN is the folder that holds Unihan_Variants.txt and Unihan_Readings.txt, packed (bzip2) or not; the
Debian package unicode-data installs them in /usr/share/unicode.
"""

import bz2
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from opencc import OpenCC

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.base.files import atomic_write  # noqa: E402
from poetry.text import chinese_poetry, cleaning, script  # noqa: E402
from poetry.verse.form import verse_lines  # noqa: E402
from poetry.verse.readings import rhyme_groups  # noqa: E402

TABLE = ROOT / "poetry" / "text" / "tables" / "variants.txt"
KEPT = Path(__file__).with_name("kept_variants.txt")

RELATIONS = ("kSemanticVariant", "kSpecializedSemanticVariant", "kZVariant")
SOUNDS = ("kMandarin", "kHanyuPinyin", "kXHC1983", "kTGHZ2013")
STANDARD = "kTGHZ2013"  # the field of all characters in today's standard list (通用规范汉字表)
REGIONS = ("jp2t", "hk2t", "tw2t")  # forms of Japan, Hong Kong and Taiwan

SMOOTHING = 20.0  # weight, in uses, of the neighbours in the whole corpus beside those of one character
# Lower limits of Fit, in nats per use: (there, back) for forms that to_simplified makes one character anyway;
# there, for a pair of different words that a table knows; (there, back) for a pair that only verse shows.
SAME_SIMPLIFIED = (-1.3, -2.5)
KNOWN = -1.3
SHOWN = (-0.8, -1.3)
SHOWN_USES = 20  # minimum uses of a form that no table knows
PREFERRED = "tang"  # its files keep to one standard of forms, those of the Song do not

NOTE = """\
# Variant forms of characters, folded when a corpus is cleaned and when typed text holds a character that a
# model does not know. One standard traditional form a line, then its variants. Made by tools/make_variants.py
# from the Unihan variant fields (Unicode licence), OpenCC (Apache 2.0) and kept_variants.txt beside it, as
# far as the verse of chinese-poetry (MIT licence) uses both forms alike.
"""


@dataclass(frozen=True)
class Fit:
    """How much better the uses of a form fit the neighbours of another than that form's own uses do.

    In nats per use: ``there`` of the variant beside the standard form's neighbours, ``back`` the reverse.
    """

    there: float
    back: float


class Evidence:
    """The neighbours of all characters in lines of verse."""

    def __init__(self, lines: Iterable[str], same: dict[str, str]):
        """``same``: maps characters to those that they are counted as when they are neighbours."""
        text = "\n" + "\n".join(lines) + "\n"
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        found, keys = np.unique(codes, return_inverse=True)
        self.ids = {chr(code): ix for ix, code in enumerate(found)}
        classes: dict[str, int] = {}
        alike = [same.get(character, character) for character in self.ids]
        self._class = np.array([classes.setdefault(character, len(classes)) for character in alike])
        beside = self._class[keys]
        self.uses = np.bincount(keys)
        self._share = np.bincount(beside) / len(beside)
        self._sides = [self._table(keys[1:], beside[:-1]), self._table(keys[:-1], beside[1:])]

    def _table(self, keys: np.ndarray, beside: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (where each key's pairs begin, the classes of the neighbours, their counts)."""
        pairs, counts = np.unique(keys.astype(np.int64) * len(self._share) + beside, return_counts=True)
        key, neighbour = np.divmod(pairs, len(self._share))
        return np.searchsorted(key, np.arange(len(self.ids) + 1)), neighbour, counts

    def fit(self, variant: str, standard: str) -> Fit:
        """Return how well the two forms fit in each other's places."""
        first, second = self.ids[variant], self.ids[standard]
        return Fit(self._one_way(first, second), self._one_way(second, first))

    def _one_way(self, form: int, other: int) -> float:
        joined = self._class[form], self._class[other]  # as neighbours, too, they count as one character
        share = self._share.copy()
        share[joined[1]] = share[list(set(joined))].sum()
        total = 0.0
        for side in self._sides:
            new, own = self._neighbours(side, form, joined), self._neighbours(side, other, joined)
            total += self._mean_gain(new, own, share, self.uses[other])
            total -= self._mean_gain(own, own - 1, share, self.uses[other] - 1)  # leave-one-out
        return total

    def _neighbours(self, side: tuple, form: int, joined: tuple[int, int]) -> np.ndarray:
        starts, neighbours, counts = side
        row = slice(starts[form], starts[form + 1])
        found = np.zeros(len(self._share))
        found[neighbours[row]] = counts[row]
        if joined[0] != joined[1]:
            found[joined[1]] += found[joined[0]]
            found[joined[0]] = 0
        return found

    @staticmethod
    def _mean_gain(uses: np.ndarray, known: np.ndarray, share: np.ndarray, total: int) -> float:
        """Return the mean log ratio of a neighbour's probability beside the known uses to that anywhere."""
        seen = uses > 0
        chance = (known[seen] + SMOOTHING * share[seen]) / (total + SMOOTHING)
        return float((uses[seen] * np.log(chance / share[seen])).sum() / uses.sum())


def exchanged(lines: Iterable[str]) -> set[tuple[str, str]]:
    """Return pairs of characters that replace each other in otherwise equal lines, in both orders."""
    by_size = defaultdict(list)
    for line in lines:
        if len(line) >= 5:
            by_size[len(line)].append(line)
    pairs: set[tuple[str, str]] = set()
    random = np.random.default_rng(0)
    for size, same_size in by_size.items():
        codes = np.frombuffer("".join(same_size).encode("utf-32-le"), np.uint32).reshape(-1, size)
        weights = random.integers(2**63, size=size, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        hashes = (codes * weights).sum(1, dtype=np.uint64)
        for column in range(size):
            rest = hashes - codes[:, column] * weights[column]  # hash of the line without this character
            order = np.argsort(rest, kind="stable")
            ranked, shown = rest[order], codes[order, column]
            for step in (1, 2, 3):
                equal = ranked[step:] == ranked[:-step]
                for one, other in zip(shown[step:][equal], shown[:-step][equal], strict=True):
                    pairs |= {(chr(one), chr(other)), (chr(other), chr(one))}
    return pairs


def read_unihan(folder: Path, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield (character, field, value) for every line of a Unihan file, packed with bzip2 or not."""
    packed = folder / f"{name}.txt.bz2"
    file = (
        bz2.open(packed, "rt", encoding="utf-8")
        if packed.exists()
        else open(folder / f"{name}.txt", encoding="utf-8")
    )
    with file:
        for line in file:
            if line.startswith("U+"):
                code, field, value = line.rstrip("\n").split("\t")
                yield chr(int(code[2:], 16)), field, value


class Tables:
    """Data from Unihan and OpenCC: related forms, sounds, and today's standard characters."""

    def __init__(self, unihan: Path):
        self.related: dict[str, set[str]] = defaultdict(set)
        for character, field, value in read_unihan(unihan, "Unihan_Variants"):
            if field in RELATIONS:
                for code in re.findall(r"U\+(\w+)", value):
                    self._relate(character, chr(int(code, 16)))
        self.standard: set[str] = set()
        self._sounds: dict[str, set[str]] = defaultdict(set)
        for character, field, value in read_unihan(unihan, "Unihan_Readings"):
            if field in SOUNDS:
                self._sounds[character] |= set(re.findall(r"[^\W\d_]+", value))
            if field == STANDARD:
                self.standard.add(character)
        for region in REGIONS:
            convert = OpenCC(region).convert
            for character in map(chr, (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))):
                self._relate(character, convert(character))

    def _relate(self, one: str, other: str) -> None:
        if one != other and max(one, other) <= chr(script.BASIC_PLANE_END):
            self.related[one].add(other)
            self.related[other].add(one)

    def one_sound(self, one: str, other: str) -> bool:
        """Whether the two may sound alike, today and in verse; unknown sounds count as alike."""
        verse = rhyme_groups(one), rhyme_groups(other)
        today = self._sounds[one], self._sounds[other]
        return not (all(verse) and verse[0].isdisjoint(verse[1])) and not (
            all(today) and today[0].isdisjoint(today[1])
        )


class Folding:
    """Decides which forms are folded into which."""

    def __init__(self, counts: Counter[str], preferred: Counter[str], tables: Tables):
        """``counts`` of all characters; ``preferred``: counts in the files whose forms are preferred."""
        self._counts, self._preferred, self._tables = counts, preferred, tables
        self._simplified = {character: script.to_simplified(character) for character in counts}
        self._today = {c for c, simplified in self._simplified.items() if simplified in tables.standard}
        self._order = sorted(counts, key=lambda c: (c in self._today, self._rank(c), c), reverse=True)
        self._groups: dict[str, set[str]] = defaultdict(set)
        for character, simplified in self._simplified.items():
            self._groups[simplified].add(character)

    def decide(self, evidence: Evidence, shown: dict[str, set[str]], kept: dict[str, str]) -> dict[str, str]:
        """Return the standard form of each variant.

        ``shown``: forms that replace each other in verse; ``kept``: variants folded without evidence.
        """
        standard = {form: other for form, other in kept.items() if form not in self._counts}
        for form in self._order:
            choices = [
                other
                for other in (self._candidates(form, shown[form]) if form not in kept else ())
                if standard.get(other) == other and self._same(form, other, evidence.fit(form, other))
            ]
            standard[form] = kept.get(form) or max(choices, key=self._rank, default=form)
        ends = {form: standard.get(other, other) for form, other in standard.items()}
        return {form: other for form, other in ends.items() if form != other}

    def _rank(self, form: str) -> tuple[int, int]:
        return self._preferred[form], self._counts[form]

    def _candidates(self, form: str, shown: set[str]) -> list[str]:
        found = self._groups[self._simplified[form]] - {form}
        if form not in self._today:  # different words of today's standard list are never merged
            others = shown if self._counts[form] >= SHOWN_USES else set()
            others = others | self._tables.related[form]
            found = found | {
                other
                for other in others
                if self._rank(other) > self._rank(form) and self._tables.one_sound(form, other)
            }
        return sorted(found)

    def _same(self, form: str, other: str, fit: Fit) -> bool:
        few = self._counts[form] ** -0.5  # tolerance for forms with few uses
        if self._simplified[form] == self._simplified[other]:
            return fit.there >= SAME_SIMPLIFIED[0] - few and fit.back >= SAME_SIMPLIFIED[1]
        if other in self._tables.related[form]:
            return fit.there >= KNOWN - few
        return fit.there >= SHOWN[0] and fit.back >= SHOWN[1]


def read_kept(path: Path) -> dict[str, str]:
    """Read the standard form of each variant from lines of a standard form and its variants."""
    rows = (line.split() for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {variant: standard for standard, variants in rows for variant in variants}


def read_lines(source: Path, dynasty: str) -> Iterator[str]:
    """Yield the lines of every clean poem, with variants and script unchanged."""
    for raw in cleaning.sound_poems(chinese_poetry.read_poems(source, dynasty), cleaning.sound_text):
        yield from verse_lines(raw.text)


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("unihan", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(source: Path, unihan: Path) -> None:
    """Wire everything together: SOURCE is the folder of chinese-poetry."""
    lines = {dynasty: list(read_lines(source, dynasty)) for dynasty in ("tang", "song")}
    counts = {dynasty: Counter("".join(found)) for dynasty, found in lines.items()}
    distinct = list(dict.fromkeys(line for found in lines.values() for line in found))
    total = counts["tang"] + counts["song"]
    tables, kept = Tables(unihan), read_kept(KEPT)
    folding = Folding(total, counts[PREFERRED], tables)
    shown: dict[str, set[str]] = defaultdict(set)
    for one, other in exchanged(distinct):
        shown[one].add(other)
    standard = kept
    for _ in range(3):  # neighbours are folded by the result of the previous round
        same = {c: script.to_simplified(standard.get(c, c)) for c in total}
        standard = folding.decide(Evidence(distinct, same), shown, kept)
    rows: dict[str, str] = defaultdict(str)
    for variant, form in sorted(standard.items(), key=lambda pair: (-total[pair[1]], -total[pair[0]], pair)):
        rows[form] += variant
    with atomic_write(TABLE) as file:
        file.write((NOTE + "".join(f"{form} {found}\n" for form, found in rows.items())).encode())
    click.echo(f"{len(standard):,} variants of {len(rows):,} characters; wrote {TABLE}")


if __name__ == "__main__":
    main()

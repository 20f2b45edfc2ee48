"""What the checker finds in ci that the patterns were not made from, and in such ci with a planted fault.

One ci in --folds, chosen by a hash of its text, is held out; the patterns are made from the others. Tunes
with fewer than --least ci are skipped. Faults are planted in held-out ci without faults, one at a time. A
fault is found when the checker reports one of its name in its line. For a line too many or too few, any line
up to the rhymes before and after it counts, as lines of one length cannot be told apart; where only two lines
rhyme with each other, either counts.
"""

import random
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.verse.ci import check_ci, find_ci  # noqa: E402
from poetry.verse.ci_report import CiReport  # noqa: E402
from poetry.verse.cilin import NEIGHBOURS  # noqa: E402
from poetry.verse.readings import LEVEL, OBLIQUE, OPPOSITE, tones  # noqa: E402
from poetry.verse.tunes import Tune, read_tunes, rhyme_numbers  # noqa: E402
from tools import make_tunes  # noqa: E402

MARKS = "，、。"
Planted = (
    tuple[str | None, set[str], set[int]] | None
)  # (text, names of the fault, lines where it may be found)


class Sown:
    """A ci without faults, in the layout of its report, in which one fault at a time is planted."""

    def __init__(self, text: str, report: CiReport, draw: random.Random, alphabet: str):
        self.text, self.report, self.draw, self.alphabet = text, report, draw, alphabet
        self.where = [ix for ix, character in enumerate(text) if character not in MARKS]
        lines = [number for number, line in enumerate(report.lines, 1) for _ in line.text]
        self.line = dict(enumerate(lines))
        self.variant = report.variant
        self.ends = [span.end - 1 for span in self.variant.spans]

    def _drawn_line(self) -> tuple[int, int, int]:
        """(a line, its begin in the text, its end after the mark)."""
        line = self.draw.randrange(1, len(self.report.lines) + 1)
        places = [place for place, number in self.line.items() if number == line]
        return line, self.where[places[0]], self.where[places[-1]] + 2

    def _around(self, line: int) -> set[int]:
        """Return the lines of the span between two rhymes that holds ``line``, and one more on each side."""
        place = next(place for place, number in self.line.items() if number == line)
        span = next(span for span in self.variant.spans if span.begin <= place < span.end)
        return set(range(self.line[span.begin] - 1, self.line[span.end - 1] + 2))

    def _replaced(self, place: int, wanted: Callable[[str], bool]) -> str | None:
        fitting = list(filter(wanted, self.alphabet))
        if not fitting:
            return None
        found = self.draw.choice(fitting)
        ix = self.where[place]
        return self.text[:ix] + found + self.text[ix + 1 :]

    def _wrong_tone(self, tone: str, rhymes: bool) -> Planted:
        repeated = {
            p - d for begin, n in self.variant.repeats for p in range(begin, begin + n) for d in (0, n)
        }
        places = [
            place
            for place, known in enumerate(self.variant.tones)
            if known == tone and (place in self.ends) == rhymes and place not in repeated
        ]
        if not places:
            return None
        place = self.draw.choice(places)
        text = self._replaced(place, lambda character: tones(character) == {OPPOSITE[tone]})
        return text, {"失律"}, {self.line[place]}

    def level_tone(self) -> Planted:
        """An oblique character in a level place."""
        return self._wrong_tone(LEVEL, False)

    def oblique_tone(self) -> Planted:
        """A level character in an oblique place."""
        return self._wrong_tone(OBLIQUE, False)

    def rhyme_tone(self) -> Planted:
        """A rhyme of the wrong tone."""
        return self._wrong_tone(self.draw.choice([LEVEL, OBLIQUE]), True)

    def off_rhyme(self) -> Planted:
        """A rhyme of the right tone and a group that is no neighbour's."""
        span = self.draw.choice(self.variant.spans)
        tone = self.variant.tones[span.end - 1]
        same = [other for other in self.variant.spans if other.group == span.group and other != span]
        if tone == "." or not same:
            return None
        characters = [self.text[self.where[other.end - 1]] for other in same]
        near = {n for c in characters for n in rhyme_numbers(c, ".")}
        near |= {n for pair in NEIGHBOURS for n in pair if near & set(pair)}
        repeated = any(
            begin <= p < begin + n or begin - n <= p < begin
            for begin, n in self.variant.repeats
            for p in [span.end - 1]
        )
        if repeated:
            return None
        text = self._replaced(
            span.end - 1,
            lambda c: tones(c) == {tone} and near.isdisjoint(rhyme_numbers(c, ".")),
        )
        lines = {self.line[other.end - 1] for other in same} if len(same) == 1 else set()
        return text, {"出韵"}, lines | {self.line[span.end - 1]}

    def lost_character(self) -> Planted:
        """A character that is left out, of a line of several."""
        place = self.draw.choice([p for p in self.line if len(self.report.lines[self.line[p] - 1].text) > 2])
        ix = self.where[place]
        return self.text[:ix] + self.text[ix + 1 :], {"字数"}, {self.line[place]}

    def more_characters(self) -> Planted:
        """A character too many, within a line."""
        place = self.draw.choice(
            [p for p in self.line if p - 1 in self.line and self.line[p - 1] == self.line[p]]
        )
        ix = self.where[place]
        return self.text[:ix] + self.draw.choice(self.alphabet) + self.text[ix:], {"字数"}, {self.line[place]}

    def lost_line(self) -> Planted:
        """A line that is left out."""
        line, begin, end = self._drawn_line()
        return self.text[:begin] + self.text[end:], {"字数"}, self._around(line)

    def moved_mark(self) -> Planted:
        """The mark of a line, a character too early or too late."""
        line = self.draw.randrange(1, len(self.report.lines))
        places = [place for place, number in self.line.items() if number == line]
        ix = self.where[places[-1]]
        mark = self.text[ix + 1]
        if len(places) > 2 and self.draw.random() < 0.5:
            text = self.text[:ix] + mark + self.text[ix] + self.text[ix + 2 :]
        else:
            text = self.text[: ix + 1] + self.text[ix + 2] + mark + self.text[ix + 3 :].lstrip(MARKS)
        return text, {"断句", "字数"}, {line, line + 1}

    def doubled_line(self) -> Planted:
        """A line that stands twice."""
        line, begin, end = self._drawn_line()
        return self.text[:end] + self.text[begin:], {"字数"}, self._around(line)

    def joined_lines(self) -> Planted:
        """A rhyme without its mark."""
        span = self.draw.choice(self.variant.spans[:-1])
        ix = self.where[span.end - 1]
        return self.text[: ix + 1] + self.text[ix + 2 :], {"断句"}, {self.line[span.end - 1]}

    def lost_repeat(self) -> Planted:
        """A character of a repeated line that is another one of its tone and group."""
        if not self.variant.repeats:
            return None
        begin, size = self.draw.choice(self.variant.repeats)
        place = begin + self.draw.randrange(size)
        old = self.text[self.where[place]]
        text = self._replaced(
            place,
            lambda c: (
                c != old and tones(c) == tones(old) and rhyme_numbers(c, ".") == rhyme_numbers(old, ".")
            ),
        )
        return text, {"叠句"}, {self.line[place]}


KINDS = (
    Sown.level_tone, Sown.oblique_tone, Sown.rhyme_tone, Sown.off_rhyme, Sown.lost_character,
    Sown.more_characters, Sown.lost_line, Sown.doubled_line, Sown.moved_mark, Sown.joined_lines,
    Sown.lost_repeat,
)  # fmt: skip


def plant(sound: list[tuple[str, CiReport]], alphabet: str, each: int, draw: random.Random) -> None:
    """Print how many planted faults of each kind are found."""
    for kind in KINDS:
        order = draw.sample(sound, len(sound))
        tried = found = 0
        for text, report in order:
            planted = kind(Sown(text, report, draw, alphabet))
            if planted is None or planted[0] is None:
                continue
            tried += 1
            faults = check_ci(planted[0], report.tune).faults
            found += any(fault.name in planted[1] and fault.line in planted[2] for fault in faults)
            if tried == each:
                break
        click.echo(f"{kind.__doc__:75} {tried:6,} {found / max(1, tried):8.1%}")


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=config.FOLDER)
@click.option("--least", default=100, show_default=True, type=config.Count(1), help="Ci of a tune.")
@click.option(
    "--folds", default=5, show_default=True, type=config.Count(2), help="One ci of so many is held out."
)
@click.option(
    "--each", default=1000, show_default=True, type=config.Count(1), help="Planted faults of a kind."
)
@config.options("seed", seed=1)
def main(source: Path, least: int, folds: int, each: int, seed: int) -> None:
    """Derive, check and print."""
    corpus = make_tunes.read_corpus(source)
    kept = {name: tune for name, tune in corpus.items() if len(tune.ci) >= least}
    held_out = {
        name: [t for t in tune.ci if zlib.crc32(t.encode()) % folds == 0] for name, tune in kept.items()
    }
    parts = {
        name: make_tunes.Tune([t for t in tune.ci if t not in set(held_out[name])])
        for name, tune in kept.items()
    }
    tunes: dict[str, Tune] = read_tunes(make_tunes.table_text(parts))
    reports = {name: [(text, check_ci(text, tunes[name])) for text in held_out[name]] for name in tunes}
    checked = [pair for found in reports.values() for pair in found]
    names: Counter[str] = Counter()
    for _, report in checked:
        names.update({fault.name for fault in report.faults})
    sound = [pair for pair in checked if not pair[1].faults]
    click.echo(
        f"{len(tunes)} tunes, {len(checked):,} held-out ci: {len(sound) / len(checked):.1%} without a fault"
    )
    for name, count in names.most_common():
        click.echo(f"  {name} in {count / len(checked):.1%}")
    found = [find_ci(text, tunes) for text, _ in sound]
    right = sum(bool(ci) and ci.tune == report.tune for ci, (_, report) in zip(found, sound, strict=True))
    click.echo(f"the tune of these found from the text alone: {right / len(sound):.1%}")
    alphabet = "".join(sorted({c for text, _ in checked for c in text} - set(MARKS)))
    plant(sound, alphabet, each, random.Random(seed))


if __name__ == "__main__":
    main()

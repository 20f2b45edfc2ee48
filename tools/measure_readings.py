"""Measure the readings on the poems of four and eight lines of chinese-poetry and on its ci.

Printed are the share of ci that rhyme wholly in one group of the 词林正韵, level and oblique separately, and
for each form: the number of poems, the share without a fault, the number whose only fault is one wrong tone;
of these, how often the character has the wanted tone in the 广韵, and how often in second_readings.txt.
"""

import random
import sys
from collections import Counter, defaultdict
from pathlib import Path

import click
from opencc import OpenCC

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.text import chinese_poetry  # noqa: E402
from poetry.text.script import to_simplified  # noqa: E402
from poetry.verse.cilin import ci_rhymes  # noqa: E402
from poetry.verse.form import FORMS  # noqa: E402
from poetry.verse.prosody import check_poem  # noqa: E402
from poetry.verse.readings import tone_of  # noqa: E402
from tools.rhyme_books import Candidates  # noqa: E402
from tools.verse_uses import read_poems  # noqa: E402

TONE_FAULTS = {"失律", "孤平", "三平尾"}
MANY = 100  # minimum number of ci of a tune to be measured


class Books:
    """The tones that books give to simplified characters: those of all forms that each stands for."""

    def __init__(self) -> None:
        sources, simplify = Candidates(), OpenCC("t2s").convert
        self.tones: dict[str, dict[str, set[str]]] = {"广韵": defaultdict(set), "second": defaultdict(set)}
        for form, readings in sources.library.items():
            self.tones["广韵"][simplify(form)] |= {tone_of(reading[0]) for reading in readings}
        for form, readings in sources.second.items():
            self.tones["second"][simplify(form)] |= {tone_of(reading[0]) for reading in readings}


def measure_poems(source: Path, every: int) -> None:
    """Print the figures for regulated verse, on a random sample of one poem in ``every``."""
    books = Books()
    shapes = {(form.size, form.count): form.name for form in FORMS}
    poems = [
        lines for lines in read_poems(source) if {(len(line), len(lines)) for line in lines} <= set(shapes)
    ]
    counts: dict[str, Counter[str]] = {form.name: Counter() for form in FORMS}
    for lines in random.Random(0).sample(poems, len(poems) // every):
        verses = [to_simplified(line) for line in lines]
        report = check_poem("".join(map("{}，{}。".format, verses[::2], verses[1::2])))
        count = counts[shapes[len(lines[0]), len(lines)]]
        count["poems"] += 1
        count["sound"] += report.regulated and not report.faults
        if len(report.faults) == 1 and report.faults[0].name in TONE_FAULTS:
            fault = report.faults[0]
            wanted = report.lines[fault.line - 1].expected[fault.position - 1]
            count["one tone"] += 1
            for book, tones in books.tones.items():
                count[book] += wanted in tones[verses[fault.line - 1][fault.position - 1]]
    for name, count in {**counts, "all": sum(counts.values(), Counter())}.items():
        share = count["sound"] / count["poems"]
        click.echo(
            f"{name}: {count['poems']:,} poems, sound {share:.2%}, one wrong tone {count['one tone']:,}"
        )
        for book in books.tones:
            click.echo(f"  wanted tone in {book}: {count[book]:,} ({count[book] / count['one tone']:.2%})")


def measure_ci(source: Path) -> None:
    """Print how many ci, of the common tunes with one rhyme, rhyme wholly in one group."""
    tunes: dict[str, list[bool]] = defaultdict(list)  # whether each ci does
    for raw in chinese_poetry.read_ci(source):
        ends = [clause.rstrip("》」”")[-1:] for clause in raw.text.split("。") if clause]
        found = Counter(rhyme for end in ends for rhyme in ci_rhymes(end))
        if found:
            tunes[raw.tune].append(found.most_common(1)[0][1] == len(ends))
    many = {
        tune: whole for tune, whole in tunes.items() if len(whole) >= MANY and sum(whole) > len(whole) / 2
    }
    poems = sum(map(len, many.values()))
    click.echo(
        f"{len(many)} tunes of one rhyme, {poems:,} ci, wholly {sum(map(sum, many.values())) / poems:.1%}"
    )


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--every", type=click.IntRange(1), default=1, show_default=True, help="Take one poem of so many."
)
def main(source: Path, every: int) -> None:
    """Wire everything together: SOURCE is the folder of chinese-poetry."""
    measure_ci(source)
    measure_poems(source, every)


if __name__ == "__main__":
    main()

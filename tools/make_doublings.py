"""Make poetry/verse/tables/doublings.txt: characters that verse doubles, such as 萧萧.

These are the characters that occur twice in a row within a line, in MIN_POEMS poems or more. DATA is a data
file of prepare.py; its training side is read.
"""

import itertools
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.base.files import atomic_write  # noqa: E402
from poetry.verse.form import verse_lines  # noqa: E402
from tools.word_tables import training_poems  # noqa: E402

TABLE = ROOT / "poetry" / "verse" / "tables" / "doublings.txt"
MIN_POEMS = 5
ROW = 50  # characters


def doubled(poems: Iterable[str]) -> str:
    """Return the characters that ``poems`` double, those doubled in most poems first."""
    counts: Counter[str] = Counter()
    for poem in poems:
        pairs = itertools.chain.from_iterable(map(itertools.pairwise, verse_lines(poem)))
        counts.update({one for one, other in pairs if one == other})
    found = [character for character, count in counts.items() if count >= MIN_POEMS]
    return "".join(sorted(found, key=lambda character: (-counts[character], character)))


@click.command(cls=cli.Command, help=__doc__)
@click.argument("data", type=config.FILE)
def main(data: Path) -> None:
    """Count and write."""
    found = doubled(training_poems(data))
    rows = [found[first : first + ROW] for first in range(0, len(found), ROW)]
    comment = "# characters that verse doubles, those of most poems first; made by tools/make_doublings.py"
    with atomic_write(TABLE) as file:
        file.write("".join(f"{row}\n" for row in [comment, *rows]).encode())
    click.echo(f"{len(found)} characters")


if __name__ == "__main__":
    main()

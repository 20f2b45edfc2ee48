"""Make poetry/verse/tables/edges.tsv: characters that hardly ever open a line of verse, or end one.

A character is one of them where it stands there in less than the share RARE of the lines that chance would
give it, and the lines have it LEAST times or more. DATA is a data file of prepare.py; its training side is
read.
"""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.verse.form import characters, verse_lines  # noqa: E402
from tools.word_tables import training_poems, write_table  # noqa: E402

TABLE = ROOT / "poetry" / "verse" / "tables" / "edges.tsv"
RARE = 0.05
LEAST = 1000


def edges(lines: Iterable[str]) -> dict[str, str]:
    """Return the characters that hardly "open" and "end" ``lines``, those with most occurrences first."""
    places: Counter[str] = Counter()
    at: dict[str, Counter[str]] = {"open": Counter(), "end": Counter()}
    for line in filter(None, map(characters, lines)):
        places.update(line)
        at["open"][line[0]] += 1
        at["end"][line[-1]] += 1
    found = {}
    for edge, counts in at.items():
        by_chance = counts.total() / places.total()
        rare = (word for word in places if counts[word] < RARE * by_chance * places[word])
        found[edge] = "".join(
            sorted((word for word in rare if places[word] >= LEAST), key=lambda word: (-places[word], word))
        )
    return found


@click.command(cls=cli.Command, help=__doc__)
@click.argument("data", type=config.FILE)
def main(data: Path) -> None:
    """Count and write."""
    found = edges(line for poem in training_poems(data) for line in verse_lines(poem))
    comment = "where, tab, the characters that hardly stand there; made by tools/make_edges.py"
    write_table(TABLE, comment, {edge: [row] for edge, row in found.items()})


if __name__ == "__main__":
    main()

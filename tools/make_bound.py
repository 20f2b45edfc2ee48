"""Make poetry/verse/tables/bound.tsv: characters used almost only in a few two-character words; these words.

A character is bound if the MOST_WORDS most frequent words that it begins, or that it ends, contain at least
the share BOUND of its occurrences. Of the words on this side, those with at least the share MIN_SHARE and at
least MIN_COUNT occurrences are kept. DATA is a data file of prepare.py; its training side is read.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.verse.form import verse_lines  # noqa: E402
from tools.word_tables import training_poems, write_table  # noqa: E402

TABLE = ROOT / "poetry" / "verse" / "tables" / "bound.tsv"
MIN_PLACES = 40  # a character with fewer occurrences is judged as if it had this many
MOST_WORDS = 5
BOUND = 0.85
MIN_COUNT = 2
MIN_SHARE = 0.002


def bound(lines: Iterable[str]) -> dict[str, list[str]]:
    """Return the words of each bound character in ``lines``."""
    places: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for line in lines:
        places.update(line)
        pairs.update(map("".join, zip(line, line[1:], strict=False)))
    sides = defaultdict(lambda: ([], []))  # words that a character ends, words that it begins
    for word, count in pairs.most_common():
        if count >= MIN_COUNT:
            sides[word[1]][0].append(word)
            sides[word[0]][1].append(word)
    found = {}
    for character, both in sorted(sides.items()):
        least = BOUND * max(MIN_PLACES, places[character])
        binding = [words for words in both if sum(pairs[word] for word in words[:MOST_WORDS]) >= least]
        words = [word for word in sum(binding, []) if pairs[word] >= MIN_SHARE * places[character]]
        if words:
            found[character] = words
    return found


@click.command(cls=cli.Command, help=__doc__)
@click.argument("data", type=config.FILE)
def main(data: Path) -> None:
    """Count and write."""
    rows = bound(line for poem in training_poems(data) for line in verse_lines(poem))
    comment = "character, tab, the words that it is bound to; made by tools/make_bound.py"
    write_table(TABLE, comment, rows)


if __name__ == "__main__":
    main()

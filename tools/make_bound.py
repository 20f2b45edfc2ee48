"""Make poetry/verse/tables/bound.tsv: characters used almost only in a few two-character words; these words.

A character is bound if the MOST_WORDS most frequent words that it begins, or that it ends, contain at least
the share BOUND of its occurrences; a doubling such as 皑皑 contains two of them, and a character beside it
makes no word with it. Of the words on this side, those with at least the share MIN_SHARE and at least
MIN_COUNT occurrences are kept, but no misprints: words whose other character rhymes with that of a word with
MISPRINT times the occurrences (芙容 for 芙蓉). DATA is a data file of prepare.py; its training side is read.
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
from poetry.verse.readings import dominant_group  # noqa: E402
from tools.word_tables import training_poems, write_table  # noqa: E402

TABLE = ROOT / "poetry" / "verse" / "tables" / "bound.tsv"
MIN_PLACES = 40  # a character with fewer occurrences is judged as if it had this many
MOST_WORDS = 5
BOUND = 0.85
MIN_COUNT = 2
MIN_SHARE = 0.002
MISPRINT = 50


def bound(lines: Iterable[str]) -> dict[str, list[str]]:
    """Return the words of each bound character in ``lines``."""
    places: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for line in lines:
        places.update(line)
        pairs.update(line[ix : ix + 2] for ix in range(len(line) - 1) if not _beside_doubling(line, ix))
    sides = defaultdict(lambda: ([], []))  # words that a character ends, words that it begins
    for word, count in pairs.most_common():
        if count >= MIN_COUNT:
            sides[word[1]][0].append(word)
            sides[word[0]][1].append(word)

    def held(word: str) -> int:
        """The number of places of its character that a word contains."""
        return pairs[word] * (2 if word[0] == word[1] else 1)

    found = {}
    for character, both in sorted(sides.items()):
        least = BOUND * max(MIN_PLACES, places[character])
        binding = [words for words in both if sum(held(word) for word in words[:MOST_WORDS]) >= least]
        kept = [word for word in sum(binding, []) if pairs[word] >= MIN_SHARE * places[character]]
        words = list(dict.fromkeys(word for word in kept if not _is_misprint(word, kept, pairs)))
        if words:
            found[character] = words
    return found


def _beside_doubling(line: str, ix: int) -> bool:
    """Whether the pair at ``ix`` is a doubled character and one beside it, as 云冉 in 云冉冉."""
    one, other = line[ix : ix + 2]
    return one != other and (line[max(0, ix - 1) : ix] == one or line[ix + 2 : ix + 3] == other)


def _is_misprint(word: str, words: Iterable[str], counts: Counter[str]) -> bool:
    """Whether ``word`` is a far commoner one of ``words`` but for one character of the same rhyme group."""
    return any(
        counts[other] >= MISPRINT * counts[word]
        and sum(map(str.__eq__, word, other)) == 1
        and all(dominant_group(old) == dominant_group(new) for old, new in zip(word, other, strict=True))
        for other in words
    )


@click.command(cls=cli.Command, help=__doc__)
@click.argument("data", type=config.FILE)
def main(data: Path) -> None:
    """Count and write."""
    rows = bound(line for poem in training_poems(data) for line in verse_lines(poem))
    comment = "character, tab, the words that it is bound to; made by tools/make_bound.py"
    write_table(TABLE, comment, rows)


if __name__ == "__main__":
    main()

"""Make poetry/text/tables/themes.tsv: theme words, each with words that often occur in the same poems.

A theme word is one of theme_words.txt that is a foot in so many poems that POEMS contains their number. Its
companions have the largest log of the shrunk odds (count + 5) / (expected + 5) of occurring in the same
poems, and no character in common with it. DATA is a data file of prepare.py; its training side is read.
"""

import sys
from collections import Counter
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.base.tables import table_lines  # noqa: E402
from poetry.text.headings import feet  # noqa: E402
from tools.word_tables import training_poems, write_table  # noqa: E402

TABLE = ROOT / "poetry" / "text" / "tables" / "themes.tsv"
POEMS = range(300, 6001)  # number of poems that contain a word: neither rare words nor too general ones
COMPANIONS = 8
SHRINKAGE = 5.0
WORDS = Path(__file__).with_name("theme_words.txt")


def counted(poems: list[set[str]], themes: set[str]) -> tuple[list[str], np.ndarray]:
    """Return (the ``themes`` that POEMS admits, the number of poems that contain both of two words (N, N)).

    The diagonal holds the number of poems of each word.
    """
    of_word = Counter(word for poem in poems for word in poem)
    words = sorted(
        (word for word, count in of_word.items() if count in POEMS and word in themes),
        key=lambda word: (-of_word[word], word),
    )
    places = {word: ix for ix, word in enumerate(words)}
    shared = np.zeros((len(words), len(words)))
    for poem in poems:
        ids = np.array(sorted(places[word] for word in poem & places.keys()), dtype=np.int64)
        shared[ids[:, None], ids] += 1
    return words, shared


def theme_words() -> set[str]:
    """Return the words of ``theme_words.txt``, which were chosen by hand."""
    return {word for line in table_lines(WORDS) for word in line.split()}


def companions(words: list[str], shared: np.ndarray, poems: int) -> dict[str, list[str]]:
    """Return the companions of each word, those with the largest odds first."""
    alone = shared.diagonal()
    odds = np.log((shared + SHRINKAGE) / (np.outer(alone, alone) / poems + SHRINKAGE))
    found = {}
    for word, row in zip(words, odds, strict=True):
        others = (words[ix] for ix in np.argsort(-row, kind="stable"))
        apart = (other for other in others if not set(other) & set(word))
        found[word] = [next(apart) for _ in range(COMPANIONS)]
    return found


@click.command(cls=cli.Command, help=__doc__)
@click.argument("data", type=config.FILE)
def main(data: Path) -> None:
    """Count, choose, write."""
    poems = [set(feet(poem)) for poem in training_poems(data)]
    words, shared = counted(poems, theme_words())
    comment = "word, tab, words that share its poems; made by tools/make_themes.py"
    write_table(TABLE, comment, companions(words, shared, len(poems)))


if __name__ == "__main__":
    main()

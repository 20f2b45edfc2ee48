"""Make poetry/composing/tables/associates.tsv: words, with the characters that poems about each have oftener.

A poem is about the words in its title and in its lines. The words are characters and pairs of characters
that stand in enough titles (TITLES) and poems (POEMS). The associates of a word have the largest log of the
shrunk odds (count + 5) / (expected + 5) of occurring in its poems, the word itself taken out of their lines.
FOLDER is a chinese-poetry folder; its Tang and Song poems are read, without those held out.
"""

import itertools
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.text import poem_data, script  # noqa: E402
from poetry.verse.form import characters  # noqa: E402
from tools.clean_poems import clean_raws  # noqa: E402
from tools.word_tables import write_table  # noqa: E402

TABLE = ROOT / "poetry" / "composing" / "tables" / "associates.tsv"
TITLES = {1: 100, 2: 30}  # minimum number of titles, by the characters of the word
POEMS = 20  # minimum number of poems
ASSOCIATES = 32
SHRINKAGE = 5.0
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


def words_of(text: str) -> set[str]:
    """Return the characters and the pairs of neighbouring characters of ``text``."""
    runs = _CHINESE.findall(text)
    return set("".join(runs)).union(*(map("".join, itertools.pairwise(run)) for run in runs))


def chosen(poems: Iterable[tuple[str, str]]) -> list[str]:
    """Return the words that stand in enough titles and poems of ``poems``, (title, text) each."""
    titles: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    for title, text in poems:
        titles.update(words_of(title))
        texts.update(words_of(text))
    return sorted(
        word for word, count in titles.items() if count >= TITLES[len(word)] and texts[word] >= POEMS
    )


def associates(poems: Iterable[tuple[str, str]], words: list[str]) -> dict[str, str]:
    """Return the associates of each of ``words`` in ``poems``, those with the largest odds first.

    A single character is counted by the titles alone: in lines it has too many meanings.
    """
    rows = {word: ix for ix, word in enumerate(words)}
    columns: dict[str, int] = {}
    texts = [(title, characters(text)) for title, text in poems]
    for _, text in texts:
        for character in text:
            columns.setdefault(character, len(columns))
    counts = np.zeros((len(words), len(columns)), dtype=np.float32)
    every = np.zeros(len(columns))
    for title, text in texts:
        present = np.array(sorted({columns[character] for character in text}), dtype=np.int64)
        every[present] += 1
        in_lines = {word for word in words_of(text) & rows.keys() if len(word) == 2}
        about = sorted(in_lines | (words_of(title) & rows.keys()))
        counts[np.array([rows[word] for word in about], dtype=np.int64)[:, None], present] += 1
        for word in in_lines:
            gone = set(word) - set(text.replace(word, ""))
            counts[rows[word], [columns[character] for character in gone]] -= 1
    names, found = np.array(list(columns)), {}
    for word, row in zip(words, counts, strict=True):
        odds = (row + SHRINKAGE) / (every * (row.sum() / every.sum()) + SHRINKAGE)
        best = np.argsort(-odds, kind="stable")[:ASSOCIATES]
        found[word] = "".join(names[best[odds[best] > 1]])
    return found


@click.command(cls=cli.Command, help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folder: Path) -> None:
    """Count and write."""
    poems = [
        (script.to_simplified(script.fold_variants(raw.title)), raw.text)
        for raw in clean_raws(folder, simplified=True)
        if not poem_data.is_held_out(raw.text)
    ]
    found = associates(poems, chosen(poems))
    comment = "word, tab, its associates; made by tools/make_associates.py"
    write_table(TABLE, comment, {word: [row] for word, row in found.items()})


if __name__ == "__main__":
    main()

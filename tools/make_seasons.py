"""Make poetry/composing/tables/seasons.tsv: words of spring or autumn, with their log odds.

The odds are those of standing in a poem that names spring and not autumn rather than the other way round:
log of (count + 5) / (expected + 5), positive for spring. Short poems are counted, which seldom have more than
one scene. The table has characters and pairs of characters in one line, seen LEAST_SEEN times or more, whose
log odds are at least LEAST; a pair only if its odds are further from 0 than those of its characters, or on
the other side. DATA is a data file of prepare.py; its training side is read.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.verse.form import verse_lines  # noqa: E402
from tools.word_tables import training_poems, write_table  # noqa: E402

TABLE = ROOT / "poetry" / "composing" / "tables" / "seasons.tsv"
SPRING, AUTUMN = "春秋"
NAMED = 2.0  # nats of the names of the seasons themselves
OF_NO_SEASON = (
    "春秋",
    "千秋",
    "万秋",
    "秋千",
    "秋毫",
    "青春",
    "长春",
    "宜春",
    "阳春",
)  # years, a swing, a place
LONGEST = 70  # characters of a short poem, marks counted
LEAST_SEEN = 60
LEAST = 0.7  # nats
SHRINKAGE = 5.0


def words(text: str) -> set[str]:
    """Return the characters and the pairs of characters in the lines of ``text``."""
    lines = verse_lines(text)
    return {line[ix : ix + size] for line in lines for size in (1, 2) for ix in range(len(line) + 1 - size)}


def log_odds(texts: Iterable[str]) -> dict[str, float]:
    """Return the log odds of the words of the table in ``texts``, in nats."""
    counts = {SPRING: Counter(), AUTUMN: Counter()}
    for text in texts:
        if len(text) <= LONGEST and (SPRING in text) != (AUTUMN in text):
            counts[SPRING if SPRING in text else AUTUMN].update(words(text))
    spring, autumn = counts[SPRING], counts[AUTUMN]
    ratio = spring[SPRING] / autumn[AUTUMN]
    odds = {
        word: float(np.log((spring[word] + SHRINKAGE) / (ratio * autumn[word] + SHRINKAGE)))
        for word in sorted(spring | autumn)
        if spring[word] + autumn[word] >= LEAST_SEEN and not set(word) & {SPRING, AUTUMN}
    }
    named = {SPRING: NAMED, AUTUMN: -NAMED} | dict.fromkeys(OF_NO_SEASON, 0.0)
    return named | dict(_telling(odds))


def _telling(odds: dict[str, float]) -> Iterator[tuple[str, float]]:
    """Yield the words whose log odds say something that those of their characters do not."""
    for word, value in odds.items():
        side = np.sign(value)
        parts = [odds.get(character, 0.0) for character in word] if len(word) > 1 else []
        if abs(value) >= LEAST and all(side * part < abs(value) for part in parts):
            yield word, value


@click.command(cls=cli.Command, help=__doc__)
@click.argument("data", type=config.FILE)
def main(data: Path) -> None:
    """Count and write."""
    comment = "word, tab, log odds of spring rather than autumn, in nats; made by tools/make_seasons.py"
    rows = {word: [f"{odds:.2f}"] for word, odds in log_odds(training_poems(data)).items()}
    write_table(TABLE, comment, rows)


if __name__ == "__main__":
    main()

"""Make poetry/composing/tables/scene.tsv: words of spring or autumn, of sunset or night, with log odds.

The odds are those of standing in a poem that names the first and not the second rather than the other way
round: log of (count + 5) / (expected + 5). Short poems are counted, which seldom have more than one scene.
The table has characters and pairs of characters in one line, seen LEAST_SEEN times or more, whose log odds
are at least USUAL, as less does not count. A pair has a row only if its odds are further from 0 than those of
its characters, or on the other side. The names themselves have NAMED; other words with them, or with a
character of a name of two, have no row. DATA is a data file of prepare.py; its training side is read.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.composing.scene import USUAL  # noqa: E402
from poetry.verse.form import verse_lines  # noqa: E402
from tools.word_tables import training_poems, write_table  # noqa: E402

TABLE = ROOT / "poetry" / "composing" / "tables" / "scene.tsv"
NAMED = 2.0  # nats
LONGEST = 70  # characters of a short poem, marks counted
LEAST_SEEN = 60
SHRINKAGE = 5.0


@dataclass(frozen=True)
class Sides:
    """Names of two things that one scene does not have together.

    ``neither``: words that contain a name and mean neither.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    neither: tuple[str, ...]

    def side(self, text: str) -> int | None:
        """Return 0 or 1, the only side that a text names; None where it names both or neither."""
        for word in self.neither:
            text = text.replace(word, "，")
        named = [any(name in text for name in names) for names in (self.first, self.second)]
        return named.index(True) if sum(named) == 1 else None


SIDES = {
    "season": Sides(
        ("春",), ("秋",), tuple("春秋 千秋 万秋 秋千 秋毫 青春 长春 宜春 阳春".split())
    ),
    "hour": Sides(
        tuple("夕阳 斜阳 残阳 落日 斜日 夕照 斜照 日斜 日落 夕晖 落照 落晖 残照 斜晖".split()),
        tuple("夜 月 三更 五更 星河 银河".split()),
        tuple("正月 二月 三月 四月 五月 六月 七月 八月 九月 十月 岁月 年月 日月 月氏".split()),
    ),
}  # fmt: skip


def words(text: str) -> set[str]:
    """Return the characters and the pairs of characters in the lines of ``text``."""
    lines = verse_lines(text)
    return {line[ix : ix + size] for line in lines for size in (1, 2) for ix in range(len(line) + 1 - size)}


def log_odds(texts: Iterable[str], sides: Sides) -> dict[str, float]:
    """Return the log odds of the words of a table in ``texts``, in nats."""
    counts, poems = (Counter(), Counter()), [0, 0]
    for text in texts:
        side = sides.side(text) if len(text) <= LONGEST else None
        if side is not None:
            counts[side].update(words(text))
            poems[side] += 1
    first, second = counts
    names = (*sides.first, *sides.second)
    parts = set("".join(name for name in names if len(name) > 1))
    odds = {
        word: float(np.log((first[word] + SHRINKAGE) / (poems[0] / poems[1] * second[word] + SHRINKAGE)))
        for word in sorted(first | second)
        if first[word] + second[word] >= LEAST_SEEN
        and not parts & set(word)
        and word not in sides.neither
        and not any(name in word for name in names)
    }
    named = dict.fromkeys(sides.first, NAMED) | dict.fromkeys(sides.second, -NAMED)
    return named | dict.fromkeys(sides.neither, 0.0) | dict(_telling(odds))


def _telling(odds: dict[str, float]) -> Iterator[tuple[str, float]]:
    """Yield the words whose log odds say something that those of their characters do not."""
    for word, value in odds.items():
        side = np.sign(value)
        parts = [odds.get(character, 0.0) for character in word] if len(word) > 1 else []
        if abs(value) >= USUAL and all(side * part < abs(value) for part in parts):
            yield word, value


@click.command(cls=cli.Command, help=__doc__)
@click.argument("data", type=config.FILE)
def main(data: Path) -> None:
    """Count and write."""
    poems = training_poems(data)
    odds = {name: log_odds(poems, sides) for name, sides in SIDES.items()}
    rows = {f"{name}\t{word}": [f"{value:.2f}"] for name in odds for word, value in odds[name].items()}
    comment = "table, word, log odds of its first side, in nats; made by tools/make_scene.py"
    write_table(TABLE, comment, rows)


if __name__ == "__main__":
    main()

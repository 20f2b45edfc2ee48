"""Make poetry/composing/tables/register.tsv: characters of hymns, gathas and alchemy, with their log odds.

The kind of a poem is told by its title and its author. A character's share in poems of doctrine is the mean
of its shares in the three kinds, as there are many more gathas than others. The table has the characters
whose log of the shrunk odds (count + 30) / (expected + 30) against all other poems is at least LEAST. Other
poems by monks are left out. FOLDER is a chinese-poetry folder; its Tang and Song poems are read, without
those held out.
"""

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
from poetry.text import poem_data  # noqa: E402
from poetry.text.chinese_poetry import Raw  # noqa: E402
from poetry.verse.form import characters  # noqa: E402
from tools.clean_poems import clean_raws  # noqa: E402
from tools.word_tables import write_table  # noqa: E402

TABLE = ROOT / "poetry" / "composing" / "tables" / "register.tsv"
LEAST = 0.5  # nats
SHRINKAGE = 30.0
OTHER, MONK = "other", "monk"
KINDS = {  # by author and title, as in the corpus: traditional
    "hymn": re.compile("郊廟|樂章|郊祀|降神|朝會歌"),
    "gatha": re.compile("偈|頌|贊|讚"),
    "alchemy": re.compile("金丹|丹詞|還丹|丹訣|步虛|丹歌|張伯端 |呂巖 |呂岩 "),
}


def kind(raw: Raw) -> str:
    """Return the kind of a poem: one of KINDS, MONK for another poem by a monk, or OTHER."""
    heading = f"{raw.author} {raw.title}"
    found = next((name for name, pattern in KINDS.items() if pattern.search(heading)), None)
    return found or (MONK if raw.author.startswith("釋") else OTHER)


def log_odds(poems: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Return the log odds of each character of doctrine in ``poems``, (kind, text) each."""
    counts = {name: Counter() for name in (*KINDS, MONK, OTHER)}
    for name, text in poems:
        counts[name].update(set(characters(text)))
    size = sum(counts[name].total() for name in KINDS)
    shares = {name: {word: n / counts[name].total() for word, n in counts[name].items()} for name in counts}
    found = {}
    for word in sorted(set().union(*(shares[name] for name in KINDS))):
        here = size * np.mean([shares[name].get(word, 0.0) for name in KINDS])
        odds = np.log((here + SHRINKAGE) / (size * shares[OTHER].get(word, 0.0) + SHRINKAGE))
        if odds >= LEAST:
            found[word] = float(odds)
    return found


@click.command(cls=cli.Command, help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folder: Path) -> None:
    """Count and write."""
    raws = clean_raws(folder, simplified=True)
    found = log_odds((kind(raw), raw.text) for raw in raws if not poem_data.is_held_out(raw.text))
    comment = "character, tab, log odds in nats; made by tools/make_register.py"
    write_table(TABLE, comment, {word: [f"{odds:.2f}"] for word, odds in found.items()})


if __name__ == "__main__":
    main()

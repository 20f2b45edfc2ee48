"""Make poetry/verse/tables/rhymes.tsv: the characters of each rhyme group, the most frequent rhymes first.

The ends of even lines are counted, level and oblique, in the poems of the 全唐诗 and of the Song corpus.
Each end counts in that of its groups that most ends of its poem share; ties are not counted. Characters that
never rhyme in a group come last, sorted by their frequency anywhere.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.base.files import atomic_write  # noqa: E402
from poetry.verse.form import verse_lines  # noqa: E402
from poetry.verse.groups import BOOK  # noqa: E402
from poetry.verse.readings import rhyme_groups  # noqa: E402
from tools.clean_poems import clean_poems  # noqa: E402

TABLE = ROOT / "poetry" / "verse" / "tables" / "rhymes.tsv"
NOTE = """\
# Rhyme groups of the 平水韵 and the simplified characters that verse uses of each, commonest rhymes first.
# Made by tools/make_rhymes.py from the poems of chinese-poetry (MIT licence).
"""


def count_rhymes(poems: Iterable[list[str]]) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Return (per group, how often each character rhymes in it; how often each character is used at all)."""
    rhymes: dict[str, Counter[str]] = defaultdict(Counter)
    uses: Counter[str] = Counter()
    for lines in poems:
        uses.update("".join(lines))
        ends = [line[-1] for line in lines[1::2]]
        votes = Counter(group for end in ends for group in rhyme_groups(end))
        for end in ends:
            ranked = sorted(rhyme_groups(end), key=votes.__getitem__)[-2:]
            if ranked and votes[ranked[-1]] > 1 and (len(ranked) == 1 or votes[ranked[0]] < votes[ranked[1]]):
                rhymes[ranked[-1]][end] += 1
    return rhymes, uses


def read_poems(folder: Path) -> Iterable[list[str]]:
    """Return the lines of every clean poem with an even number of lines, simplified, each poem once."""
    poems = map(verse_lines, clean_poems(folder, simplified=True))
    return (lines for lines in poems if len(lines) % 2 == 0)


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(source: Path) -> None:
    """Wire everything together: SOURCE is the folder of chinese-poetry."""
    rhymes, uses = count_rhymes(read_poems(source))
    members: dict[str, list[str]] = defaultdict(list)
    for character in uses:
        for group in rhyme_groups(character):
            members[group].append(character)
    rows = []
    for group in "".join(BOOK.values()):
        by_use = sorted(members[group], key=lambda character: (-uses[character], character))
        rows.append(f"{group}\t{''.join(sorted(by_use, key=rhymes[group].__getitem__, reverse=True))}")
    with atomic_write(TABLE) as file:
        file.write((NOTE + "\n".join([*rows, ""])).encode())
    click.echo(f"{sum(map(len, members.values())):,} characters in {len(rows)} groups; wrote {TABLE}")


if __name__ == "__main__":
    main()

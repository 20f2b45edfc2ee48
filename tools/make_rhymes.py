"""Make poetry/verse/tables/rhymes.tsv: the characters of each rhyme group, the commonest rhymes first.

The ends of even lines of the poems of the 全唐诗 and of the Song corpus are counted, level and oblique rhymes
alike, each in that of its groups which most other ends of its poem have. What never rhymes in a group follows
in the order of its use anywhere.
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
    """(how often each character rhymes in each group, how often it is used at all), of poems as lines."""
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
    """The lines of every clean poem of even lines, simplified, each poem once."""
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

"""Make poetry/text/tables/radicals.txt: words of verse and the characters whose radicals stand for them.

The radical of a character is the first one that Unihan gives it (kRSUnicode); what radicals stand for is in
radical_words.txt beside this file. UNIHAN is the folder that holds Unihan_IRGSources.txt, packed or not; the
Debian package unicode-data lays it into /usr/share/unicode.
"""

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.base.files import atomic_write  # noqa: E402
from poetry.text.script import is_chinese  # noqa: E402
from tools.make_variants import read_unihan  # noqa: E402

TABLE = ROOT / "poetry" / "text" / "tables" / "radicals.txt"
WORDS = Path(__file__).with_name("radical_words.txt")
NOTE = """\
# What characters are about, by their radicals: a word of verse, a tab, its characters, simplified and
# traditional, as runs of code points (first-last). Made by tools/make_radicals.py from the Unihan field
# kRSUnicode (Unicode licence) and radical_words.txt beside it.
"""


def read_radicals(unihan: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Return (number of the radical of each Chinese character, number of each character that is a radical).

    Compatibility forms are left out: they are normalised wherever text is read.
    """
    radicals, themselves = {}, {}
    for character, field, value in read_unihan(unihan, "Unihan_IRGSources"):
        if field == "kRSUnicode" and is_chinese(character) and unicodedata.is_normalized("NFC", character):
            number, strokes = re.match(r"(\d+)'*\.(-?\d+)", value).groups()  # 149'.6: in its simplified form
            radicals[character] = int(number)
            if strokes == "0":
                themselves[character] = int(number)
    return radicals, themselves


def runs(characters: Iterable[str]) -> Iterator[str]:
    """Yield the runs of consecutive code points among ``characters``: "first-last", or a single character."""
    found: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if found and code == found[-1][1] + 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    for first, last in found:
        yield chr(first) if first == last else f"{chr(first)}-{chr(last)}"


@click.command(cls=cli.Command, help=__doc__)
@click.argument("unihan", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(unihan: Path) -> None:
    """Wire everything together."""
    radicals, themselves = read_radicals(unihan)
    members: dict[int, list[str]] = defaultdict(list)
    for character, number in radicals.items():
        members[number].append(character)
    rows = (line.split() for line in WORDS.read_text("utf-8").splitlines() if not line.startswith("#"))
    about = {word: [c for form in forms for c in members[themselves[form]]] for word, forms in rows}
    lines = (f"{word}\t{' '.join(runs(characters))}\n" for word, characters in about.items())
    with atomic_write(TABLE) as file:
        file.write((NOTE + "".join(lines)).encode())
    count = sum(map(len, about.values()))
    click.echo(f"{count:,} of {len(radicals):,} characters are about {len(about)} words; wrote {TABLE}")


if __name__ == "__main__":
    main()

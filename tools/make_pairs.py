"""Make poetry/verse/tables/pairs.npz: which characters match which in the middle couplets of 律诗.

Lines 3 and 4, 5 and 6 are counted, of the poems of eight lines of five or seven characters in the whole
全唐诗 and the Song corpus, without held-out poems. For two characters in the same place of both lines, in
either order, the value is the log of the shrunk odds, log((count + 5) / (expected + 5)), where ``expected``
follows from their frequencies alone. The matrix of these values is reduced to its 96 eigenvalues of largest
magnitude.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.base.files import atomic_write  # noqa: E402
from poetry.text import poem_data, script  # noqa: E402
from poetry.verse.form import characters, verse_lines  # noqa: E402
from tools.clean_poems import clean_poems  # noqa: E402

TABLE = ROOT / "poetry" / "verse" / "tables" / "pairs.npz"
LEAST = 10  # minimum occurrences of a character in middle couplets; rarer ones are left out
SHRINKAGE = 5.0
DIMENSIONS = 96


def read_poems(folder: Path, held_out: bool) -> Iterator[list[str]]:
    """Yield the lines of the clean poems on one side of the held-out split, simplified, each poem once.

    Only poems of eight lines of five or of seven characters are used.
    """
    seen = set()
    for text in clean_poems(folder, simplified=True):
        lines = verse_lines(text)
        if len(lines) != 8 or {len(line) for line in lines} not in ({5}, {7}):
            continue
        if characters(text) not in seen and poem_data.is_held_out(text) == held_out:
            seen.add(characters(text))
            yield lines


def log_odds(counts: np.ndarray) -> np.ndarray:
    """Return the logs of the shrunk odds of a symmetric matrix of counts (N, N): float64 (N, N)."""
    each = counts.sum(axis=1)
    expected = np.outer(each, each) / each.sum()
    return np.log((counts + SHRINKAGE) / (expected + SHRINKAGE))


def reduce(matrix: np.ndarray, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (vectors float16 (N, D), signs int8 (D,)); vectors * signs @ vectors.T is about ``matrix``."""
    values, basis = np.linalg.eigh(matrix)
    order = np.argsort(-np.abs(values))[:dimensions]
    values, basis = values[order], basis[:, order]
    basis *= np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(len(order))])  # fix the arbitrary sign
    return (basis * np.sqrt(np.abs(values))).astype("<f2"), np.sign(values).astype(np.int8)


def all_forms(known: list[str]) -> list[str]:
    """Return for each simplified character a string of all its written forms, itself first."""
    forms = defaultdict(list)
    for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000)):
        forms[script.to_simplified(script.fold_variants(chr(code)))].append(chr(code))
    return [
        character + "".join(form for form in forms[character] if form != character) for character in known
    ]


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(source: Path) -> None:
    """Wire everything together: SOURCE is the folder of chinese-poetry."""
    poems = list(read_poems(source, held_out=False))
    pairs = [pair for poem in poems for ix in (2, 4) for pair in zip(poem[ix], poem[ix + 1], strict=True)]
    uses = Counter(character for pair in pairs for character in pair)
    known = sorted(character for character, count in uses.items() if count >= LEAST)
    ids = {character: ix for ix, character in enumerate(known)}
    places = np.array([(ids[a], ids[b]) for a, b in pairs if a in ids and b in ids])
    counts = np.zeros((len(known), len(known)))
    np.add.at(counts, (places[:, 0], places[:, 1]), 0.5)
    vectors, signs = reduce(log_odds(counts + counts.T), DIMENSIONS)
    with atomic_write(TABLE) as file:
        np.savez(file, forms=np.array(" ".join(all_forms(known))), vectors=vectors, signs=signs)
    size = TABLE.stat().st_size
    click.echo(f"{2 * len(poems):,} couplets, {len(known):,} characters; wrote {TABLE}, {size:,} bytes")


if __name__ == "__main__":
    main()

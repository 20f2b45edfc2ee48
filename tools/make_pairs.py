"""Make poetry/verse/tables/pairs.npz: which characters stand over which in the middle couplets of 律诗.

Counted are lines 3 and 4, 5 and 6 of the poems of eight lines of five or seven characters in the whole 全唐诗
and the Song corpus, those held out left aside. Of two characters in one place, whichever stands above, the
log of the shrunk odds is taken, log((count + 5) / (expected + 5)), where ``expected`` is what their
frequencies alone would give; the matrix of these is cut down to its 96 largest eigenvalues.
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
LEAST = 10  # times that a character stands in a middle couplet; of a rarer one too little is known
SHRINKAGE = 5.0
DIMENSIONS = 96


def read_poems(folder: Path, held_out: bool) -> Iterator[list[str]]:
    """The eight lines of every clean poem of such a shape on one side of the split, simplified, each once."""
    seen = set()
    for text in clean_poems(folder, simplified=True):
        lines = verse_lines(text)
        if len(lines) != 8 or {len(line) for line in lines} not in ({5}, {7}):
            continue
        if characters(text) not in seen and poem_data.is_held_out(text) == held_out:
            seen.add(characters(text))
            yield lines


def log_odds(counts: np.ndarray) -> np.ndarray:
    """The logs of the shrunk odds of a symmetric matrix of counts (N, N): float64 (N, N)."""
    each = counts.sum(axis=1)
    expected = np.outer(each, each) / each.sum()
    return np.log((counts + SHRINKAGE) / (expected + SHRINKAGE))


def reduce(matrix: np.ndarray, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """(vectors half (N, D), signs int8 (D,)): the largest parts of vectors * signs @ vectors.T = matrix."""
    values, basis = np.linalg.eigh(matrix)
    order = np.argsort(-np.abs(values))[:dimensions]
    values, basis = values[order], basis[:, order]
    basis *= np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(len(order))])  # either sign would do
    return (basis * np.sqrt(np.abs(values))).astype("<f2"), np.sign(values).astype(np.int8)


def all_forms(known: list[str]) -> list[str]:
    """For each simplified character all that are written for it, itself first."""
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

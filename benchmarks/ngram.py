"""A yardstick for the model: held-out perplexity of a 3-gram model of characters on the same split.

Interpolated Kneser-Ney smoothing with three discounts an order (Chen & Goodman 1998).
"""

import math
import sys
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.base.errors import PoetryError  # noqa: E402
from poetry.text import poem_data  # noqa: E402
from poetry.text.ngram import OrderCounts  # noqa: E402


def trigrams(poems: list[np.ndarray], words: int, start: int) -> np.ndarray:
    """Return the codes of all trigrams, where each poem gets one more START: int64 (all targets,)."""
    codes = []
    for poem in poems:
        ids = np.concatenate([[start], poem]).astype(np.int64)
        codes.append((ids[:-2] * words + ids[1:-1]) * words + ids[2:])
    return np.concatenate(codes)


def held_out_probabilities(training: list, held_out: list, words: int, start: int) -> np.ndarray:
    """Return the probability of every held-out target."""
    threes, three_counts = np.unique(trigrams(training, words, start), return_counts=True)
    after_start = threes // words % words == start  # only START precedes START: raw counts
    twos, where = np.unique(threes % words**2, return_inverse=True)
    two_counts = np.bincount(where, np.where(after_start, three_counts, 1)).astype(np.int64)
    ones, where = np.unique(twos % words, return_inverse=True)
    one_counts = np.bincount(where)
    wanted = trigrams(held_out, words, start)
    found = np.full(len(wanted), 1 / words)
    for runs, counts, size in ((ones, one_counts, 1), (twos, two_counts, 2), (threes, three_counts, 3)):
        found = OrderCounts.of(runs, counts, words).probabilities(wanted % words**size, words, found)
    return found


@click.command(cls=cli.Command, help=__doc__)
@config.options("data_path")
@click.option("--also", multiple=True, type=config.FILE, help="More poems, of one vocabulary, to learn from.")
def main(data_path: Path, also: tuple[Path, ...]) -> None:
    """Measure and print."""
    data = poem_data.load(data_path)
    training, held_out = poem_data.both_sides(data)
    for path in also:
        other = poem_data.load(path)
        if other.vocabulary.words != data.vocabulary.words:
            raise PoetryError(f"{path} has another vocabulary than {data_path}")
        training = training + poem_data.training_side(other)
    probabilities = held_out_probabilities(training, held_out, len(data.vocabulary), data.vocabulary.start)
    targets = np.concatenate([poem[1:] for poem in held_out])
    spoken = ~np.isin(targets, data.vocabulary.unspoken_ids())
    every, characters = (math.exp(-np.log(part).mean()) for part in (probabilities, probabilities[spoken]))
    click.echo(f"3-gram: perplexity {every:.1f} (without marks and <EOP> {characters:.1f})")


if __name__ == "__main__":
    main()

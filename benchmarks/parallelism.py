"""Does the score of parallelism recognise parallel couplets? Areas under the ROC curve on unseen poems.

SOURCE is the folder of chinese-poetry, whose held-out poems of eight lines are read. Middle couplets are
compared with ones whose second line is that of another poem, and with last and first couplets. Then
percentiles of the scores are printed.
"""

import sys
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.verse.parallelism import WEAK, score  # noqa: E402
from tools.make_pairs import read_poems  # noqa: E402


def area(above: list[float], below: list[float]) -> float:
    """Return the probability that one of ``above`` is greater than one of ``below``; ties count half."""
    ordered = np.sort(below)
    ranks = np.searchsorted(ordered, above, "left") + np.searchsorted(ordered, above, "right")
    return float(ranks.mean() / 2 / len(below))


def scores(poems: list[list[str]]) -> dict[str, list[float]]:
    """Return the scores of each kind of couplet."""
    following = poems[1:] + poems[:1]
    return {
        "middle": [score(poem[ix], poem[ix + 1]) for poem in poems for ix in (2, 4)],
        "swapped": [
            score(poem[ix], other[ix + 1])
            for poem, other in zip(poems, following, strict=True)
            for ix in (2, 4)
        ],
        "last": [score(*poem[6:]) for poem in poems],
        "first": [score(*poem[:2]) for poem in poems],
    }


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(source: Path) -> None:
    """Measure and print."""
    unseen = list(read_poems(source, held_out=True))
    found = {size: scores([poem for poem in unseen if len(poem[0]) == size]) for size in (7, 5)}
    click.echo("| AUC | poems | true against swapped | middle against last | middle against first |")
    click.echo("|---|---:|---:|---:|---:|")
    for size, kinds in found.items():
        areas = [area(kinds["middle"], kinds[other]) for other in ("swapped", "last", "first")]
        cells = " | ".join(f"{each:.3f}" for each in areas)
        click.echo(f"| {size} characters | {len(kinds['last']):,} | {cells} |")
    click.echo(f"\n| score | mean | 5 % under | 25 % | 50 % | 75 % | under {WEAK} |")
    click.echo("|---|---:|---:|---:|---:|---:|---:|")
    for size, kinds in found.items():
        for name, values in kinds.items():
            cells = " | ".join(f"{share:.2f}" for share in np.percentile(values, [5, 25, 50, 75]))
            weak = 100 * np.mean(np.array(values) < WEAK)
            click.echo(f"| {name}, {size} characters | {np.mean(values):.2f} | {cells} | {weak:.1f} % |")


if __name__ == "__main__":
    main()

"""Draw the curves of training runs from their VisualDL records and print their epochs as a Markdown table.

RUN is NAME=FOLDER of records. The picture shows the perplexity of training and of held-out poems.
"""

import sys
from pathlib import Path

import click
import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from visualdl import LogReader  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from poetry.base import cli  # noqa: E402
from poetry.base.files import atomic_write  # noqa: E402

matplotlib.rcParams["svg.hashsalt"] = "poetry"  # the same records, the same bytes
SMOOTHED = 25  # records averaged for a point of the training curve
TICKS = [70, 100, 150, 200, 300, 500, 1000]  # of perplexity


def read(folder: Path, tag: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (steps, values) of a scalar in a folder; a step that a resumed run repeats counts once."""
    values: dict[int, float] = {}
    for path in sorted(folder.glob("vdlrecords*")):
        reader = LogReader(file_path=str(path))
        if tag in reader.get_tags().get("scalar", []):
            values |= {record.id: record.value for record in reader.get_data("scalar", tag)}
    steps = np.array(sorted(values))
    return steps, np.array([values[step] for step in steps.tolist()])


def smoothed(values: np.ndarray) -> np.ndarray:
    """Return geometric means over SMOOTHED records each."""
    whole = len(values) // SMOOTHED * SMOOTHED
    return np.exp(np.log(values[:whole]).reshape(-1, SMOOTHED).mean(axis=1))


@click.command(cls=cli.Command, help=__doc__)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--output", default="docs/training.svg", show_default=True, type=click.Path(path_type=Path))
def main(runs: tuple[str, ...], output: Path) -> None:
    """Read, draw, print."""
    figure, axes = plt.subplots(figsize=(8, 4.5))
    rows = []
    for ix, run in enumerate(runs):
        name, equals, folder = run.partition("=")
        if not equals:
            raise click.BadParameter(f"{run!r} is not NAME=FOLDER")
        steps, losses = read(Path(folder), "train/perplexity")
        ends, held_out = read(Path(folder), "heldout/perplexity_all")
        if not len(ends):
            raise click.BadParameter(f"{folder} holds no records of whole epochs")
        _, spoken = read(Path(folder), "heldout/perplexity_characters")
        color = f"C{ix}"
        axes.plot(steps[SMOOTHED - 1 :: SMOOTHED], smoothed(losses), color=color, alpha=0.4)
        axes.plot(ends, held_out, "o-", color=color, label=f"{name}, held out")
        for epoch, values in enumerate(zip(held_out, spoken, strict=True), 1):
            rows.append(f"| {name} | {epoch} | {values[0]:.1f} | {values[1]:.1f} |")
    axes.set(xlabel="steps", ylabel="perplexity of a character", yscale="log")
    axes.set_yticks(TICKS, labels=list(map(str, TICKS)))
    axes.set_ylim(60, 1200)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    with atomic_write(output) as file:
        figure.savefig(file, format="svg", metadata={"Date": None})
    header = ["| run | epoch | held-out perplexity | without marks and `<EOP>` |", "|---|---:|---:|---:|"]
    click.echo("\n".join([*header, *rows]))


if __name__ == "__main__":
    main()

"""What temperature and top-p do to free verse: a Markdown table, a row a pair, held-out poems first."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry import checkpoint, cli, dataset, metrics, runtime  # noqa: E402
from poetry.form import is_well_formed, triples  # noqa: E402
from poetry.generator import Generator  # noqa: E402
from poetry.plan import Plan  # noqa: E402
from poetry.sampling import Sampling  # noqa: E402

COLUMNS = (
    "temperature",
    "top-p",
    "well-formed",
    "rhymes",
    "three in a row",
    "lines copied",
    "distinct-1",
    "logprob",
)


def row(name: Sequence[str], texts: list[str], source: metrics.Source, logprob: str) -> str:
    """A row of the table."""
    figures = (
        metrics.mean([is_well_formed(text) for text in texts]),
        metrics.mean([metrics.rhymes(text) for text in texts]),
        metrics.mean([triples(text) for text in texts]),
        metrics.mean([source.copied_share(text) for text in texts]),
        metrics.distinct(texts, 1),
    )
    shares = (f"{100 * figure.value:.1f} %" if figure else "–" for figure in figures)  # – of too few poems
    return f"| {' | '.join([*name, *shares, logprob])} |"


@click.command(cls=cli.Command, help=__doc__)
@click.option("--model_path", default=None, type=click.Path(path_type=Path), help="Default: the newest.")
@click.option("--data_path", default="work/tang_poem.npz", show_default=True)
@click.option("--also", multiple=True, help="Data file of other poems that count as copied from.")
@click.option("--temperatures", default="0.7 0.8 0.9 1", show_default=True)
@click.option("--top_ps", default="0.85 0.9 0.95 1", show_default=True)
@click.option("--poems", default=1000, show_default=True, type=click.IntRange(50), help="Poems of a pair.")
@click.option("--candidates", default=1, show_default=True, help="Drafts of a poem.")
@click.option("--seed", default=1, show_default=True)
def main(
    model_path: Path | None,
    data_path: str,
    also: tuple[str, ...],
    temperatures: str,
    top_ps: str,
    poems: int,
    candidates: int,
    seed: int,
) -> None:
    """Measure and print."""
    runtime.start(False, print)
    loaded = checkpoint.load_model(model_path or checkpoint.newest_model(config.MODEL_FOLDERS))
    data = dataset.load(Path(data_path))
    training, held_out = dataset.both_sides(data)
    known = list(map(data.vocabulary.decode, training))
    for other in map(dataset.load, map(Path, also)):
        known += map(other.vocabulary.decode, dataset.both_sides(other)[0])
    source = metrics.Source(known)
    whole = [data.vocabulary.decode(poem) for poem in held_out if poem[-1] == data.vocabulary.eop]
    click.echo(f"| {' | '.join(COLUMNS)} |\n|{'---:|' * len(COLUMNS)}")
    click.echo(row(("real", "poems"), whole, source, "–"))
    top_k, length = config.defaults("top_k", "max_gen_len").values()
    for temperature in map(float, temperatures.split()):
        for top_p in map(float, top_ps.split()):
            generator = Generator(
                loaded.model, loaded.vocabulary, Sampling(temperature, top_k, top_p), loaded.lines
            )
            composed = list(generator.compose(Plan(length), poems, seed, candidates))
            texts = [poem.text.replace("\n", "") for poem in composed]
            logprob = np.mean([poem.logprob for poem in composed])
            click.echo(row((f"{temperature:g}", f"{top_p:g}"), texts, source, f"{logprob:.2f}"))


if __name__ == "__main__":
    main()

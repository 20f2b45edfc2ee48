"""What temperature and top-p do to free verse: a Markdown table, one row per pair, held-out poems first."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli, runtime  # noqa: E402
from poetry.composing.generator import Generator  # noqa: E402
from poetry.composing.plan import Plan  # noqa: E402
from poetry.composing.sampling import Sampling  # noqa: E402
from poetry.learning import checkpoint  # noqa: E402
from poetry.text import poem_data  # noqa: E402
from poetry.verse import metrics  # noqa: E402
from poetry.verse.form import is_well_formed, triples  # noqa: E402

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

TEMPERATURES, TOP_PS = (config.Numbers(config.OPTIONS[name].type) for name in ("temperature", "top_p"))


def row(name: Sequence[str], texts: list[str], source: metrics.Source, logprob: str) -> str:
    """Return a row of the table."""
    figures = (
        metrics.mean([is_well_formed(text) for text in texts]),
        metrics.mean([metrics.rhymes(text) for text in texts]),
        metrics.mean([triples(text) for text in texts]),
        metrics.mean([source.copied_share(text) for text in texts]),
        metrics.distinct(texts, 1),
    )
    shares = (f"{100 * figure.value:.1f} %" if figure else "–" for figure in figures)  # –: too few poems
    return f"| {' | '.join([*name, *shares, logprob])} |"


@click.command(cls=cli.Command, help=__doc__)
@config.options("model_path", "data_path", "candidates", "seed", candidates=1, seed=1)
@click.option("--also", multiple=True, type=config.FILE, help="Other poems that count as copied from.")
@click.option("--temperatures", default="0.3 0.45 0.6 0.8 1", show_default=True, type=TEMPERATURES)
@click.option("--top_ps", default="0.9 1", show_default=True, type=TOP_PS)
@click.option("--poems", default=1000, show_default=True, type=config.Count(50), help="Poems of a pair.")
@click.option("--bare", is_flag=True, help="Of the network alone, without the rules of free verse.")
def main(
    model_path: Path | None,
    data_path: Path,
    also: tuple[Path, ...],
    temperatures: list[float],
    top_ps: list[float],
    poems: int,
    candidates: int,
    bare: bool,
    seed: int,
) -> None:
    """Measure and print."""
    runtime.start(False, print)
    loaded = checkpoint.load_model(model_path or checkpoint.newest_model(config.MODEL_FOLDERS))
    data = poem_data.load(data_path)
    training, held_out = poem_data.both_sides(data)
    known = list(map(data.vocabulary.decode, training))
    for other in map(poem_data.load, also):
        known += map(other.vocabulary.decode, poem_data.training_side(other))
    source = metrics.Source(known)
    whole = [data.vocabulary.decode(poem) for poem in held_out if poem[-1] == data.vocabulary.eop]
    click.echo(f"| {' | '.join(COLUMNS)} |\n|{'---:|' * len(COLUMNS)}")
    click.echo(row(("real", "poems"), whole, source, "–"))
    top_k, length = config.defaults("top_k", "max_gen_len").values()
    for temperature in temperatures:
        for top_p in top_ps:
            generator = Generator.of(loaded, Sampling(temperature, top_k, top_p))
            composed = list(generator.compose(Plan(length, bare=bare), poems, seed, candidates))
            texts = [poem.unbroken for poem in composed]
            logprobs = [poem.logprob for poem in composed if poem.logprob is not None]
            logprob = f"{np.mean(logprobs):.2f}" if logprobs else "–"
            click.echo(row((f"{temperature:g}", f"{top_p:g}"), texts, source, logprob))


if __name__ == "__main__":
    main()

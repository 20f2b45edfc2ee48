"""Held-out perplexity of the mean of several checkpoints' weights, beside that of each."""

import sys
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli, runtime  # noqa: E402
from poetry.base.errors import PoetryError  # noqa: E402
from poetry.learning import checkpoint  # noqa: E402
from poetry.learning.losses import perplexities  # noqa: E402
from poetry.text import poem_data  # noqa: E402


@click.command(cls=cli.Command, help=__doc__)
@click.argument("paths", metavar="CHECKPOINT...", nargs=-1, required=True, type=config.FILE)
@config.options("data_path")
def main(paths: tuple[Path, ...], data_path: Path) -> None:
    """Measure and print."""
    runtime.start(False, print)
    loaded = [checkpoint.load_model(path) for path in paths]
    data = poem_data.in_words_of(poem_data.load(data_path), loaded[0].vocabulary)
    _, held_out = poem_data.both_sides(data)
    models = [each.model for each in loaded]
    for path, each in zip(paths, loaded, strict=True):
        if each.provenance.fingerprint != data.fingerprint:
            cli.say(f"{path} was trained on other data than {data_path}")
        same_words = each.vocabulary.words == loaded[0].vocabulary.words
        if each.model.architecture != models[0].architecture or not same_words:
            raise PoetryError(f"{path} is of other sizes or words than {paths[0]}")
    click.echo("| weights | held-out perplexity | without marks and `<EOP>` |\n|---|---:|---:|")

    def row(name: str, model) -> None:
        found = perplexities(model, held_out, data.vocabulary.unspoken_ids())
        click.echo(f"| {name} | {found['all']:.1f} | {found['characters']:.1f} |")

    for path, model in zip(paths, models, strict=True):
        row(path.name, model)
    mean = models[0]
    for name, weight in mean.weights().items():
        weight.set_value(sum(model.weights()[name] for model in models) / len(models))
    row(f"mean of {len(models)}", mean)


if __name__ == "__main__":
    main()

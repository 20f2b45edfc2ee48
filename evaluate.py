"""Measure a model: its held-out perplexity; with --poems also its poems in every form, beside real ones.

Unconstrained poems are sampled without a mask; one that happens to be in a form counts for that form. One or
more models of any text are measured side by side, and beside an n-gram model of the same data.
"""

import quiet  # noqa: F401

# isort: split

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import config
from poetry.base import cli, runtime
from poetry.base.errors import PoetryError
from poetry.composing.sampling import Sampling
from poetry.text import poem_data, text_data
from poetry.text.tokens import TextVocabulary
from poetry.verse import metrics
from poetry.verse.form import Form, find_form
from poetry.verse.metrics import Figure

if TYPE_CHECKING:
    from poetry.learning.checkpoint import Checkpoint


TOLERANCE = 0.005  # relative, of a perplexity: half precision and other processors change it a little
OF_POEMS = ("num", "candidates", "temperature", "top_k", "top_p", "seed")


@click.command(cls=cli.Command, help=__doc__)
@config.options(
    "data_path", "model_path", "poems", *OF_POEMS, "markdown", "json", "use_gpu", num=1000, seed=1
)
@click.argument("models", nargs=-1, type=config.FILE)
@click.pass_context
def evaluate(context: click.Context, models: tuple[Path, ...], **options: Any) -> None:
    """Load the models; measure them as models of poems or of text."""
    cli.check_stdout()
    from poetry.learning import checkpoint

    paths = [*models, *([options["model_path"]] if options["model_path"] else [])]
    runtime.start(options["use_gpu"], cli.say)
    loaded = [
        checkpoint.load_model(path) for path in paths or [checkpoint.newest_model(config.MODEL_FOLDERS)]
    ]
    of_text = [isinstance(one.vocabulary, TextVocabulary) for one in loaded]
    if all(of_text):
        cli.refuse(context, ("poems", *OF_POEMS), "is about poems; these models are of other text")
        evaluate_text(loaded, options)
    elif len(loaded) > 1:
        raise PoetryError("models of poems are measured one at a time; give one MODEL")
    else:
        if not options["poems"]:
            cli.refuse(context, (*OF_POEMS, "markdown"), "is about composed poems; give --poems too")
        evaluate_poems(loaded[0], options)


def evaluate_text(models: list["Checkpoint"], options: dict[str, Any]) -> None:
    """Print a table of the figures of text models and of an n-gram model."""
    from poetry.composing.text_figures import ngram_figures, text_figures

    if not options["data_path"].exists():
        raise PoetryError(
            f"{options['data_path']} does not exist; give the data file of the text as --data_path"
        )
    if not text_data.is_text_data(options["data_path"]):
        raise PoetryError(
            f"{options['data_path']} is no data file of a text; give the one that the models learned from as "
            "--data_path, or another of the same text"
        )
    data = text_data.load(options["data_path"])
    rows = {str(one.path): text_figures(one, data) for one in models} | ngram_figures(data)
    if options["json"]:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    cells = [["model", *columns]]
    cells += [[path, *(_plain(row.get(name)) for name in columns)] for path, row in rows.items()]
    click.echo("\n".join(_lines(cells, options["markdown"])))


def evaluate_poems(loaded: "Checkpoint", options: dict[str, Any]) -> None:
    """Measure a model of poems and print its figures."""
    from poetry.composing.generator import Generator
    from poetry.composing.poem_figures import form_figures, held_out_figures

    path = loaded.path
    if text_data.is_text_data(options["data_path"]):
        raise PoetryError(f"{options['data_path']} is the data of another text; {path} is a model of poems")
    data = poem_data.load(options["data_path"])
    same_data = check_data(loaded, data, str(path), str(options["data_path"]))
    whole, data = data, poem_data.in_words_of(data, loaded.vocabulary)
    if len(data.data) < len(whole.data):
        left_out = len(whole.data) - len(data.data)
        cli.say(f"{left_out:,} of {len(whole.data):,} poems have characters that {path} lacks: left out")
    training, held_out = poem_data.both_sides(data)
    result = {
        "model": str(path),
        "epoch": loaded.provenance.epoch,
        "fingerprint": data.fingerprint,
        "same_data": same_data,
        **held_out_figures(loaded, training, held_out),
    }
    if same_data:
        check_split(loaded, result["perplexity"]["all"].value, str(path))
    if options["poems"]:
        generator = Generator.of(loaded, Sampling(options["temperature"], options["top_k"], options["top_p"]))
        asked = options["num"], options["seed"], options["candidates"]
        result["forms"] = form_figures(generator, training, held_out, *asked, cli.say)
    if options["json"]:
        click.echo(json.dumps(result, ensure_ascii=False, default=vars))
        return
    click.echo(
        f"{path}, epoch {loaded.provenance.epoch}: perplexity of {len(held_out):,} held-out poems "
        f"{_both(result['perplexity'])}"
    )
    if new := result["poems_of_new_lines"]:
        click.echo(
            f"of the {new:,} without a line of {poem_data.MIN_SHARED} characters or more that was "
            f"trained on {_both(result['perplexity_of_new_lines'])}"
        )
    for name, columns in result.get("forms", {}).items():
        click.echo("\n" + "\n".join(_table(find_form(name), columns, options["markdown"])))


def check_data(loaded: "Checkpoint", data: poem_data.Dataset, path: str, data_path: str) -> bool:
    """Return whether the model was trained on ``data``; warn where it was not."""
    same = loaded.provenance.fingerprint == data.fingerprint
    if not same:
        cli.say(f"{path} was trained on other data than {data_path}: it may know the poems held out here")
    return same


def check_split(loaded: "Checkpoint", perplexity: float, path: str) -> None:
    """Warn where the held-out ``perplexity`` differs from that in training by TOLERANCE or more."""
    trained = loaded.provenance.heldout_perplexity.get("all")
    if trained and not abs(perplexity / trained - 1) < TOLERANCE:
        cli.say(
            f"{path} had a held-out perplexity of {trained:.2f} in training, on the same data: other poems "
            "are held out here, or it is computed otherwise"
        )


def _table(form: Form, columns: dict[str, dict[str, Any]], markdown: bool) -> list[str]:
    """Return the table of a form as lines of text: one row per figure."""
    rows = [[str(form), *columns]]
    for name in columns["real"]:
        rows.append([name, *(_cell(name, column[name]) for column in columns.values())])
    return _lines(rows, markdown)


def _lines(rows: list[list[str]], markdown: bool) -> list[str]:
    """Format the cells of a table, whose first row is the heading, as lines of text."""
    if markdown:
        rows = [rows[0], ["---", *["---:"] * (len(rows[0]) - 1)], *rows[1:]]
        return [f"| {' | '.join(row)} |" for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    first = max(24, widths[0] + 2)
    cells = [
        "  ".join(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)) for row in rows
    ]
    return [f"{row[0]:<{first}}{cell}" for row, cell in zip(rows, cells, strict=True)]


def _plain(value: str | int | float | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}" if value < 100 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else value


def _cell(name: str, value: int | float | Figure | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3f}"
    if name in metrics.SHARES:
        return f"{100 * value.value:.1f} % ({100 * value.low:.1f} to {100 * value.high:.1f})"
    return _interval(value)


def _both(perplexity: dict[str, Figure]) -> str:
    return f"{_interval(perplexity['all'])}; without marks and <EOP> {_interval(perplexity['characters'])}"


def _interval(figure: Figure) -> str:
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"


if __name__ == "__main__":
    evaluate()

"""Make work/sample_poem.npz: 3,000 poems composed by the bundled model, for a first try of training.

The same number of free poems as of each form, no two equal, one draft each, otherwise with default options.
"""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli, runtime  # noqa: E402
from poetry.base.folders import BUNDLED  # noqa: E402
from poetry.composing.asked import Asked  # noqa: E402
from poetry.composing.generator import Generator  # noqa: E402
from poetry.composing.planning import make_plan  # noqa: E402
from poetry.composing.sampling import Sampling  # noqa: E402
from poetry.learning import checkpoint  # noqa: E402
from poetry.text import corpus  # noqa: E402
from poetry.text.chinese_poetry import Raw  # noqa: E402
from poetry.text.npz import write_npz  # noqa: E402
from poetry.verse.form import FORMS, FREE, Form, characters  # noqa: E402

SEED = 1
TEMPERATURE = 0.8  # higher than the default, so that the sample has many words


@click.command(cls=cli.Command, help=__doc__)
@click.option("--model_path", default=None, type=config.FILE, help="Default: the bundled one.")
@click.option("--output", default=ROOT / config.SAMPLE, type=config.FILE)
@click.option("--poems", default=600, show_default=True, type=config.POSITIVE, help="Poems of each kind.")
def main(model_path: Path | None, output: Path, poems: int) -> None:
    """Compose, clean like any corpus, write."""
    runtime.start(False, print)
    loaded = checkpoint.load_model(model_path or checkpoint.newest_model([BUNDLED]))
    sampling = Sampling(**config.defaults("top_k", "top_p"), temperature=TEMPERATURE)
    generator = Generator.of(loaded, sampling)

    known: set[str] = set()

    def compose(form: Form) -> Iterator[str]:
        plan = make_plan(loaded.vocabulary, Asked(form=form), draws_theme=False)
        for poem in generator.compose(plan, 2 * poems, SEED):
            text = poem.unbroken
            if characters(text) not in known:
                known.add(characters(text))
                yield text

    texts = itertools.chain(*(itertools.islice(compose(form), poems) for form in (FREE, *FORMS)))
    data, vocabulary, report = corpus.build(map(Raw, texts), config.COLUMNS, vocabulary=loaded.vocabulary)
    write_npz(output, data, vocabulary.words)
    click.echo("\n".join([*report.lines(), f"{len(vocabulary):,} words; wrote {output}"]))


if __name__ == "__main__":
    main()

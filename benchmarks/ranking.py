"""What each part of the ranking does: choose the best of the same drafts by every part alone, none and all.

Prints a Markdown table with a line for each way of choosing. "old rule" was used before there were parts: the
draft with the fewest repetitions, and among equals the likeliest.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.composing.asked import Asked  # noqa: E402
from poetry.composing.composer import Composer  # noqa: E402
from poetry.composing.decoding import Draft  # noqa: E402
from poetry.composing.generator import Generator  # noqa: E402
from poetry.composing.plan import Plan  # noqa: E402
from poetry.composing.planning import make_plan  # noqa: E402
from poetry.composing.ranking import WEIGHTS  # noqa: E402
from poetry.verse import metrics  # noqa: E402
from poetry.verse.form import Form  # noqa: E402

ALONE = {"repetition": -1.0, "fit": 1.0, "need": 1.0, "ending": 1.0, "theme": 1.0, "register": -1.0}
ALONE |= {"scene": -1.0, "parallelism": 1.0, "likelihood": 1.0}
WAYS = {
    "none": {},
    **{name: {name: weight} for name, weight in ALONE.items()},
    "old rule": {"repetition": -100.0, "likelihood": 1.0},
    "all": WEIGHTS,
    "all but likelihood": WEIGHTS | {"likelihood": 0.0},
}


def compared_drafts(
    generator: Generator, plan: Plan, num: int, seed: int, candidates: int
) -> Iterator[tuple[list[Draft], dict[str, np.ndarray]]]:
    """Yield (the drafts that are compared, the values of their parts) of each of ``num`` poems."""
    prepared = generator.prepare(plan)
    for number, drafts in enumerate(prepared.drafts(range(num), seed, candidates)):
        yield prepared.of_poem(seed, number).ranking.compared(drafts)


@click.command(cls=cli.Command, help=__doc__)
@config.options(
    "model_path", "form", "num", "candidates", *config.SAMPLING, "seed", form="qijue", num=50, seed=1
)
def main(
    model_path: Path | None, form: Form, num: int, candidates: int, seed: int, **sampling: float
) -> None:
    """Compose the drafts once, choose in every way, print."""
    generator = Composer.load(model_path).generator(Asked(**sampling))
    plan = make_plan(generator.vocabulary, Asked(form=form))
    judged = compared_drafts(generator, plan, num, seed, candidates)
    compared = [(alike, parts) for alike, parts in judged if len(alike) > 1]
    names = list(ALONE)
    click.echo(f"| chosen by | distinct-1 of 50 | a character repeated | {' | '.join(names)} |")
    click.echo("|---" + "|---:" * (2 + len(names)) + "|")
    for way, weights in WAYS.items():
        chosen = [
            int(
                np.argmax(
                    sum((weight * parts[name] for name, weight in weights.items()), np.zeros(len(alike)))
                )
            )
            for alike, parts in compared
        ]
        texts = [
            generator.vocabulary.decode(alike[ix].history)
            for (alike, _), ix in zip(compared, chosen, strict=True)
        ]
        distinct, repeated = metrics.distinct(texts, 1), np.mean([metrics.repeats(text) for text in texts])
        means = [
            np.mean([parts[name][ix] for (_, parts), ix in zip(compared, chosen, strict=True)])
            for name in names
        ]
        shares = ["–" if distinct is None else f"{100 * distinct.value:.1f} %", f"{100 * repeated:.0f} %"]
        click.echo(f"| {' | '.join([way, *shares, *(f'{mean:.2f}' for mean in means)])} |")


if __name__ == "__main__":
    main()

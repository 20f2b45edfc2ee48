"""What each part of the ranking does: choose the best of the same drafts by every part alone, none and all.

Prints a Markdown table with a line for each way of choosing. "old rule" was used before there were parts: the
draft with the fewest repetitions, and among equals the likeliest. "refilled": by all parts among drafts of
which the worst are dropped after each quarter of the lines; in all other rows they are not.
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
from poetry.composing.jobs import RunningJob  # noqa: E402
from poetry.composing.plan import Plan  # noqa: E402
from poetry.composing.planning import make_plan  # noqa: E402
from poetry.composing.ranking import WEIGHTS, usual_weights  # noqa: E402
from poetry.text.poem_vocabulary import PoemVocabulary  # noqa: E402
from poetry.verse import metrics  # noqa: E402
from poetry.verse.form import Form  # noqa: E402
from poetry.verse.tunes import Tune  # noqa: E402

ALONE = {"repetition": -1.0, "fit": 1.0, "need": 1.0, "ending": 1.0, "theme": 1.0, "register": -1.0}
ALONE |= {"scene": -1.0, "parallelism": 1.0, "likelihood": 1.0}
RATED = {"sense": 1.0, "coherence": 1.0, "freshness": 1.0}  # only where ratings are predicted


def compared_drafts(
    generator: Generator, plan: Plan, num: int, seed: int, candidates: int
) -> Iterator[tuple[list[Draft], dict[str, np.ndarray]]]:
    """Yield (the drafts that are compared, the values of their parts) of each of ``num`` poems."""
    prepared = generator.prepare(plan)
    for number, drafts in enumerate(prepared.drafts(range(num), seed, candidates)):
        yield prepared.of_poem(seed, number).ranking.compared(drafts)


def used_weights(form: Form | Tune, parts: dict[str, np.ndarray]) -> dict[str, float]:
    """The weights by which the program chooses among drafts of a form that have these parts."""
    return usual_weights(form, rated=RATED.keys() <= parts.keys())


def ways(form: Form | Tune, parts: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """The weights of the parts, by the name of each way of choosing."""
    usual = used_weights(form, parts)
    alone = {name: {name: weight} for name, weight in (ALONE | RATED).items() if name in parts}
    found = {"none": {}, **alone, "old rule": {"repetition": -100.0, "likelihood": 1.0}, "all": usual}
    rated = {f"all but {name}": usual | {name: 0.0} for name in RATED if name in parts}
    return found | rated | ({"without ratings": WEIGHTS} if rated else {})


def row(
    way: str,
    weights: dict[str, float],
    compared: list[tuple[list[Draft], dict[str, np.ndarray]]],
    vocabulary: PoemVocabulary,
) -> str:
    """A line of the table: what the drafts are like that are chosen by ``weights``."""
    texts, values = [], []
    for alike, parts in compared:
        total = sum((weight * parts[name] for name, weight in weights.items()), np.zeros(len(alike)))
        ix = int(np.argmax(total))
        texts.append(vocabulary.decode(alike[ix].history))
        values.append([parts[name][ix] for name in ALONE | RATED if name in parts])
    distinct, repeated = metrics.distinct(texts, 1), np.mean([metrics.repeats(text) for text in texts])
    shares = ["–" if distinct is None else f"{100 * distinct.value:.1f} %", f"{100 * repeated:.0f} %"]
    return f"| {' | '.join([way, *shares, *(f'{mean:.2f}' for mean in np.mean(values, axis=0))])} |"


@click.command(cls=cli.Command, help=__doc__)
@config.options(
    "model_path", "form", "num", "candidates", *config.SAMPLING, "seed", form="qijue", num=50, seed=1
)
def main(
    model_path: Path | None, form: Form | Tune, num: int, candidates: int, seed: int, **sampling: float
) -> None:
    """Compose the drafts once, choose in every way, print."""
    generator = Composer.load(model_path).generator(Asked(**sampling))
    plan = make_plan(generator.vocabulary, Asked(form=form))
    sources = RunningJob._sources
    RunningJob._sources = lambda job, marks: np.arange(len(job.batch))
    compared = [one for one in compared_drafts(generator, plan, num, seed, candidates) if len(one[0]) > 1]
    parts = compared[0][1]
    names = [name for name in ALONE | RATED if name in parts]
    click.echo(f"| chosen by | distinct-1 of 50 | a character repeated | {' | '.join(names)} |")
    click.echo("|---" + "|---:" * (2 + len(names)) + "|")
    for way, weights in ways(form, parts).items():
        click.echo(row(way, weights, compared, generator.vocabulary))
    RunningJob._sources = sources
    compared = [one for one in compared_drafts(generator, plan, num, seed, candidates) if len(one[0]) > 1]
    click.echo(row("refilled", used_weights(form, parts), compared, generator.vocabulary))


if __name__ == "__main__":
    main()

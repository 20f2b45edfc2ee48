"""Compose ci of the commonest tunes; count what the checker finds in them and in real ci of the same tunes.

A character counts as repeated where it has occurred before, except in doublings and repeated lines. A line
counts as copied where it is a whole line of the training data.
"""

import sys
import time
from collections import Counter
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.composing.asked import Asked  # noqa: E402
from poetry.composing.composer import Composer  # noqa: E402
from poetry.composing.planning import make_plan  # noqa: E402
from poetry.verse.ci import check_ci  # noqa: E402
from poetry.verse.form import characters, verse_lines  # noqa: E402
from poetry.verse.lines import LineSet  # noqa: E402
from poetry.verse.tunes import Tune, tunes  # noqa: E402
from tools import make_tunes  # noqa: E402


def figures(name: str, texts: dict[str, list[str]], known: LineSet) -> None:
    """Print the figures of ci by tune."""
    found: Counter[str] = Counter()
    for tune, ci in texts.items():
        for text in ci:
            report = check_ci(text, tunes()[tune])
            names = {fault.name for fault in report.faults}
            found.update({"ci": 1, "sound": not names, "in one group": not names and not _near(report)})
            found["lines"] += len(verse_lines(text))
            found["copied"] += sum(line in known for line in verse_lines(text))
            found["repeated"] += _repeated(text, tunes()[tune])
            found["characters"] += len(characters(text))
    click.echo(
        f"{name}: {found['ci']:,} ci; lines, tones and rhymes right {found['sound'] / found['ci']:.1%}, "
        f"no neighbouring group either {found['in one group'] / found['ci']:.1%}; "
        f"lines copied {found['copied'] / found['lines']:.2%}; "
        f"characters repeated {found['repeated'] / found['characters']:.1%}"
    )


def _near(report) -> bool:
    return any(note.name == "邻韵" for note in report.notes)


def _repeated(text: str, tune: Tune) -> int:
    """Return how many characters have occurred before, except in doublings and repeated lines."""
    verse = characters(text)
    variant = next((variant for variant in tune.variants if len(variant) == len(verse)), tune.variants[0])
    asked = {place + ix for place, size in variant.repeats for ix in range(size)}
    places = [ix for ix in range(len(verse)) if ix not in asked and verse[ix] != verse[ix - 1 : ix]]
    return len(places) - len({verse[ix] for ix in places})


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=config.FOLDER)
@click.option("--tunes", "count", default=20, show_default=True, type=config.Count(1), help="Tunes.")
@click.option("--each", default=50, show_default=True, type=config.Count(1), help="Ci of a tune.")
@config.options("model_path", "candidates", "seed", seed=1)
def main(source: Path, count: int, each: int, model_path: Path | None, candidates: int, seed: int) -> None:
    """Compose, check and print."""
    composer = Composer.load(model_path)
    generator = composer.generator(Asked())
    corpus = make_tunes.read_corpus(source)
    composed, begun = {}, time.perf_counter()
    for name in list(tunes())[:count]:
        plan = make_plan(generator.vocabulary, Asked(form=tunes()[name]))
        composed[name] = [poem.unbroken for poem in generator.compose(plan, each, seed, candidates)]
    seconds = (time.perf_counter() - begun) / (len(composed) * each)
    click.echo(f"model: {composer.model.path}; {seconds:.2f} seconds a ci, the best of {candidates}")
    figures("composed", composed, generator.known)
    figures("real", {name: corpus[name].ci for name in composed}, LineSet.of([]))


if __name__ == "__main__":
    main()

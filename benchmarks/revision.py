"""What `future` does in revision: how well the chosen line fits what follows, and is a lost character found?

From each of --num poems of tests/data, which the bundled model has not read, one line other than the last is
removed (in a second test one character within a line) and composed again, from the same drafts for each
weight of `future`. Printed are means over the chosen poems: the log-probability of the lines after the gap in
nats per character, and two other parts; then the share of lost characters found first, and among the first 5.
"""

import sys
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry import Composer  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.composing import ranking  # noqa: E402
from poetry.text import chinese_poetry, cleaning  # noqa: E402
from poetry.verse.form import FREE, MARKS, characters, recognise, verse_lines  # noqa: E402

WEIGHTS = (0.0, 0.3, 1.0, 3.0)


@click.command(cls=cli.Command, help=__doc__)
@config.options("model_path", "num", "candidates", "seed", num=10, seed=1)
def main(model_path: Path | None, num: int, candidates: int, seed: int) -> None:
    """Revise poems; print a line of a Markdown table for each weight."""
    composer = Composer.load(model_path)
    raw = [cleaning.clean(poem.text) for poem in chinese_poetry.read_poems(ROOT / "tests" / "data", "tang")]
    known = [text for text in raw if recognise(text) is not FREE and composer.model.vocabulary.read(text, "")]
    draws = np.random.default_rng(seed)
    texts = [known[ix] for ix in draws.permutation(len(known))[:num]]
    lines = [int(draws.integers(1, len(verse_lines(text)))) for text in texts]
    inner = [
        [ix for ix in range(6, len(t) - 2) if t[ix] not in MARKS and t[ix + 1] not in MARKS] for t in texts
    ]
    places = [int(draws.choice(found)) for found in inner]
    click.echo("| weight of `future` | behind the gap | fit | need | found | in five |")
    click.echo("|---:|---:|---:|---:|---:|---:|")
    for weight in WEIGHTS:
        ranking.FUTURE_WEIGHT = {"future": weight}
        behind, fits, needs, first, five = [], [], [], 0, 0
        for text, line, place in zip(texts, lines, places, strict=True):
            keep = [number for number in range(1, len(verse_lines(text)) + 1) if number != line]
            (poem,) = composer.revise(text, keep, seed=seed, candidates=candidates)
            size = len(verse_lines(text)[0])
            chosen = size + (line % 2 == 0)  # the model also chooses the mark after an even line
            if poem.parts:  # empty where only one draft was left
                behind.append(poem.parts["future"].value * chosen / len(characters(text)[line * size :]))
                fits.append(poem.parts["fit"].value)
                needs.append(poem.parts["need"].value)
            lost = f"{text[:place]}？{text[place + 1 :]}"
            again = [
                "".join(found.text.split())[place]
                for found in composer.revise(lost, num=5, seed=seed, candidates=max(1, candidates // 5))
            ]
            first, five = first + (again[0] == text[place]), five + (text[place] in again)
        means = " | ".join(f"{np.mean(values):.3f}" for values in (behind, fits, needs))
        click.echo(f"| {weight:g} | {means} | {100 * first / num:.0f} % | {100 * five / num:.0f} % |")


if __name__ == "__main__":
    main()

"""Short runs of training recipes: a Markdown table with a row for each recipe.

The base recipe is train.py's defaults with ``BASE``, at the learning rates of the beginning of its 8 epochs;
every other row differs only by what its name says; other batch sizes warm up over as many characters. The
columns are the mean loss over the first characters of the Tang poems (nats per character, with dropout), that
over the last tenth of them, the steps until the plateau is left, and the held-out perplexity at the end.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli, runtime  # noqa: E402
from poetry.learning.losses import perplexities  # noqa: E402
from poetry.learning.model import choose_sizes, make_model  # noqa: E402
from poetry.learning.network import Network  # noqa: E402
from poetry.learning.optimizers import Recipe  # noqa: E402
from poetry.learning.recurrent import INPUT_GAIN  # noqa: E402
from poetry.learning.trainer import StepResult, Trainer  # noqa: E402
from poetry.text import poem_data  # noqa: E402
from poetry.text.dataset import Fixed  # noqa: E402
from poetry.text.orders import make_order  # noqa: E402
from poetry.text.poem_data import Dataset  # noqa: E402

Initialise = Callable[[Network, list[np.ndarray], int], None]


def ours(model: Network, poems: list[np.ndarray], seed: int) -> None:
    """Set the weights that train.py starts with."""
    model.initialise(seed)


def paddles_own(model: Network, poems: list[np.ndarray], seed: int) -> None:
    """Keep the weights that Paddle gives a new layer."""


def paddles_own_of(part: str) -> Initialise:
    """As ``ours``, with Paddle's own weights in a ``part`` of the model: its embedding or its LSTM layers."""

    def initialise(model: Network, poems: list[np.ndarray], seed: int) -> None:
        weights = {name: weight for name, weight in model.weights().items() if name.startswith(part)}
        drawn = {name: weight.numpy().copy() for name, weight in weights.items()}
        model.initialise(seed)
        for name, weight in weights.items():
            weight.set_value(drawn[name])

    return initialise


def forget_bias_0(model: Network, poems: list[np.ndarray], seed: int) -> None:
    """As ``ours``, with bias 0 for the forget gates, which start half open."""
    model.initialise(seed)
    for layer in model.lstm:
        layer.bias_ih_l0.set_value(np.zeros(layer.bias_ih_l0.shape, dtype=np.float32))


def input_gain(gain: float) -> Initialise:
    """As ``ours``, with another gain on the inputs of the LSTM layers."""

    def initialise(model: Network, poems: list[np.ndarray], seed: int) -> None:
        model.initialise(seed)
        for layer in model.lstm:
            layer.weight_ih_l0.set_value(layer.weight_ih_l0 * (gain / INPUT_GAIN))

    return initialise


def frequencies(model: Network, poems: list[np.ndarray], seed: int) -> None:
    """As ``ours``, with the log-frequencies of the characters as output bias."""
    model.initialise(seed)
    targets = np.concatenate([poem[1:] for poem in poems])
    counts = np.bincount(targets, minlength=model.architecture.vocabulary_size)
    model.output.bias.set_value(np.log((counts + 1) / (counts + 1).sum()).astype(np.float32))


BASE = {"epoch": 8, "dropout": 0.25}
PLATEAU, PLATEAU_STEPS = 6.3, 20  # it ends when the mean loss (nats) of PLATEAU_STEPS steps is under PLATEAU

# What differs from the base: options of train.py, and the initialisation.
RECIPES: dict[str, tuple[dict[str, Any], Initialise]] = {
    "base": ({}, ours),
    "Paddle's own weights": ({}, paddles_own),
    "Paddle's own embedding": ({}, paddles_own_of("embedding")),
    "Paddle's own LSTM weights": ({}, paddles_own_of("lstm")),
    "forget-gate bias 0": ({}, forget_bias_0),
    "input gain 1": ({}, input_gain(1.0)),
    "input gain 2.5": ({}, input_gain(2.5)),
    "output bias from frequencies": ({}, frequencies),
    "8,192 characters a step": ({"batch_chars": 8192, "warmup_steps": 125}, ours),
    "1,280 characters a step": ({"batch_chars": 1280, "warmup_steps": 800}, ours),
    "640 characters a step": ({"batch_chars": 640, "warmup_steps": 1600}, ours),
    "100 steps of warm-up": ({"warmup_steps": 100}, ours),
    "learning rate 0.001": ({"learning_rate": 0.001}, ours),
    "learning rate 0.004": ({"learning_rate": 0.004}, ours),
    "beta2 0.999": ({"beta2": 0.999}, ours),
    "no weight decay": ({"weight_decay": 0.0}, ours),
    "no clipping": ({"clip_norm": 0.0}, ours),
    "no dropout": ({"dropout": 0.0}, ours),
    "dropout 0.4": ({"dropout": 0.4}, ours),
}


def run(
    data: Dataset, changes: dict[str, Any], initialise: Initialise, characters: int, seed: int
) -> tuple[float, float, int | None, float]:
    """Train; return (mean loss, that over the last tenth, steps on the plateau, held-out perplexity)."""
    runtime.start(False, print, seed)  # Paddle's own weights and dropout's masks depend on the seed
    options = config.defaults(*config.OPTIONS) | BASE | changes | {"seed": seed}
    training, held_out = poem_data.both_sides(data)
    architecture = choose_sizes(options["network"], len(data.vocabulary), options)
    model = make_model(architecture, options["dropout"])
    initialise(model, training, seed)
    trainer = Trainer(model, make_order(options, Fixed(training), training), Recipe.of(options))
    steps: list[tuple[float, int]] = []

    def after_step(result: StepResult) -> bool:
        steps.append((float(result.loss), result.characters))
        return sum(count for _, count in steps) >= characters

    while trainer.run_epoch(after_step):
        pass
    losses, counts = np.array(steps).T
    last = counts.cumsum() > 0.9 * counts.sum()
    perplexity = perplexities(model, held_out, data.vocabulary.unspoken_ids())["all"]
    return (
        losses.sum() / counts.sum(),
        losses[last].sum() / counts[last].sum(),
        steps_on_plateau(losses / counts),
        perplexity,
    )


def steps_on_plateau(losses: np.ndarray) -> int | None:
    """Return the steps until the mean of PLATEAU_STEPS losses is under PLATEAU, or None."""
    if len(losses) < PLATEAU_STEPS:
        return None
    means = np.lib.stride_tricks.sliding_window_view(losses, PLATEAU_STEPS).mean(axis=1)
    below = np.flatnonzero(means < PLATEAU)
    return int(below[0]) + PLATEAU_STEPS if len(below) else None


@click.command(cls=cli.Command, help=__doc__)
@click.argument("names", metavar="[RECIPE]...", nargs=-1, type=click.Choice(list(RECIPES)))
@click.option("--characters", default=1_500_000, show_default=True, type=config.POSITIVE)
@config.options("data_path", "seed", seed=0)
def main(names: tuple[str, ...], characters: int, data_path: Path, seed: int) -> None:
    """Run and print."""
    data = poem_data.load(data_path)
    click.echo("| recipe | mean loss | last tenth | steps on the plateau | held-out perplexity |")
    click.echo("|---|---:|---:|---:|---:|")
    for name in names or RECIPES:
        mean, last, plateau, perplexity = run(data, *RECIPES[name], characters, seed)
        click.echo(f"| {name} | {mean:.3f} | {last:.3f} | {plateau or '–'} | {perplexity:.1f} |")


if __name__ == "__main__":
    main()

"""Training speed: this program beside the usual recipe, in turns on one machine.

The usual recipe is that of published poetry generators: four poems per step, all 124 columns computed,
padding on the left, one LSTM of three layers, Adam at 1e-3, Paddle as installed. Both train on poems of the
same data file; each turn is a process of its own. Prints poems per second, the median ratio, and this
program's peak memory.
"""

import os
import resource
import statistics
import sys
import time
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.processes import python  # noqa: E402

SET_BY_US = ("MKL_DEBUG_CPU_TYPE", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def usual(data_path: str, seconds: float) -> float:
    """Return poems per second of the usual recipe."""
    import numpy as np
    import paddle
    from paddle import nn

    with np.load(data_path) as file:
        data, words = file["data"], len(file["ix2word"])

    class Usual(nn.Layer):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(words, 256)
            self.lstm = nn.LSTM(256, 512, num_layers=3)
            self.linear = nn.Linear(512, words)

        def forward(self, ids):
            return self.linear(self.lstm(self.embedding(ids))[0])

    model = Usual()
    optimizer = paddle.optimizer.Adam(1e-3, parameters=model.parameters())

    def step(rows: np.ndarray) -> int:
        rows = rows.astype(np.int64)
        logits = model(paddle.to_tensor(rows[:, :-1]))
        targets = paddle.to_tensor(rows[:, 1:]).flatten()
        loss = nn.functional.cross_entropy(logits.reshape([-1, words]), targets)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        float(loss)
        return len(rows)

    order = np.random.default_rng(0).permutation(len(data))
    return timed((step(data[order[ix : ix + 4]]) for ix in range(0, len(data) - 3, 4)), seconds)


def ours(data_path: str, seconds: float) -> float:
    """Return poems per second of this program's default recipe."""
    import config
    from poetry.base import runtime
    from poetry.learning.model import choose_sizes, make_model
    from poetry.learning.optimizers import Recipe
    from poetry.learning.trainer import Trainer
    from poetry.text import poem_data
    from poetry.text.dataset import Fixed
    from poetry.text.orders import Batch, make_order

    default = config.defaults(*config.OPTIONS) | {"seed": 0}
    runtime.start(False, print)
    data = poem_data.load(Path(data_path))
    training, _ = poem_data.both_sides(data)
    architecture = choose_sizes(default["network"], len(data.vocabulary), default)
    model = make_model(architecture, default["dropout"])
    order = make_order(default, Fixed(training), training)
    trainer = Trainer(model, order, Recipe.of(default))
    model.train()

    def step(batch: Batch) -> int:
        float(trainer.train_step(batch).loss)
        return len(batch.ids)

    return timed((step(batch) for batch in order.batches(0)), seconds)


def timed(steps, seconds: float) -> float:
    """Return poems per second of ``steps``, which yields the poems of each step; the first is not counted."""
    next(steps)
    began, poems = time.perf_counter(), 0
    for count in steps:
        poems += count
        if (elapsed := time.perf_counter() - began) >= seconds:
            return poems / elapsed
    raise click.ClickException("the data file is too small for so many seconds")


@click.command(help=__doc__)
@click.option("--data_path", default=str(ROOT / "work/tang_poem.npz"), show_default=True)
@click.option(
    "--seconds",
    default=40.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Seconds of a turn.",
)
@click.option("--turns", default=3, show_default=True, type=click.IntRange(1), help="Turns of each.")
@click.option("--only", type=click.Choice(["usual", "ours"]), hidden=True)
def main(data_path: str, seconds: float, turns: int, only: str | None) -> None:
    """Run the turns, or a single one."""
    if only:
        speed = {"usual": usual, "ours": ours}[only](data_path, seconds)
        click.echo(f"{speed} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}")
        return
    clean = {name: value for name, value in os.environ.items() if name not in SET_BY_US}
    ratios, memory = [], 0
    for turn in range(turns):
        results = {}
        for name in ("usual", "ours"):
            options = ["--data_path", data_path, "--seconds", str(seconds), "--only", name]
            output = python(__file__, *options, env=clean)
            speed, kilobytes = map(float, output.split())
            results[name] = speed
            memory = max(memory, kilobytes) if name == "ours" else memory
        ratios.append(results["ours"] / results["usual"])
        click.echo(
            f"turn {turn + 1}: usual {results['usual']:.2f} poems/s, ours {results['ours']:.1f}, "
            f"ratio {ratios[-1]:.1f}"
        )
    from poetry.base import runtime

    click.echo(f"median ratio {statistics.median(ratios):.1f}; peak memory of ours {memory / 2**20:.2f} GiB")
    click.echo(f"{runtime.processor_name()}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()

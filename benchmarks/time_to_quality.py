"""Time to quality: how long training takes until a model predicts held-out poems so well, in four ways.

- usual: the recipe of the poetry generators in circulation: four poems a step, all 124 columns computed and
  counted, padding on the left, Adam at 1e-3, Paddle as installed with its own first weights.
- torch: a plain PyTorch loop of the same network: 64 poems a step, padded on the right to the longest of
  them, padding left out of the loss, Adam at 1e-3, gradients clipped at 1.
- ours: ``train.py`` by its defaults.
- muon: the same with the optimiser Muon, half the step to begin with and fewer steps of warm-up
  (``train.py --optimizer muon --batch_chars 1280 --final_batch_chars 2560 --warmup_steps 50``).

All train on the same poems, one after another, each on all cores that the command may use. Each is measured
now and then on the same held-out poems, every character, mark and end but no padding, while the clock stands
still. Seconds are of processor time, of all threads together: on one core (``taskset -c 0 python …``) they
are the seconds that training takes there when nothing else runs, and hardly others when something does.
Prints a line of JSON for each measurement and at the end a table; between two measurements the logarithm of
the perplexity is taken to fall evenly with the logarithm of the seconds. PyTorch is no part of this program:
``--torch`` is a Python that has it and click.
"""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

GOALS = (500.0, 350.0, 300.0, 200.0, 110.0)
MEASURED = 300  # held-out poems
STEP = 1.25  # seconds of training from one measurement to the next, as a factor
FIRST = 60.0  # seconds before the first
SET_BY_US = ("MKL_DEBUG_CPU_TYPE", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
EMBEDDING, HIDDEN, LAYERS = 256, 512, 3
MUON = {"optimizer": "muon", "batch_chars": 1280, "final_batch_chars": 2560, "warmup_steps": 50}

# Trains for a step and tells how many poems it read; tells the summed loss in nats of some poems.
Way = tuple[Iterator[int], Callable[[Sequence[np.ndarray]], float]]


def usual(training: list[np.ndarray], words: int, pad: int) -> Way:
    """The usual recipe."""
    import paddle
    from paddle import nn

    class Usual(nn.Layer):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(words, EMBEDDING)
            self.lstm = nn.LSTM(EMBEDDING, HIDDEN, num_layers=LAYERS)
            self.linear = nn.Linear(HIDDEN, words)

        def forward(self, ids):
            return self.linear(self.lstm(self.embedding(ids))[0])

    columns = max(map(len, training))
    model = Usual()
    optimizer = paddle.optimizer.Adam(1e-3, parameters=model.parameters())

    def losses(poems: Sequence[np.ndarray]) -> tuple[paddle.Tensor, np.ndarray]:
        """Loss of every target (poems * (columns - 1),), and whether it is one of a poem."""
        rows = np.full((len(poems), columns), pad, dtype=np.int64)
        for row, poem in zip(rows, poems, strict=True):
            row[columns - len(poem) :] = poem
        logits = model(paddle.to_tensor(rows[:, :-1])).reshape([-1, words])
        targets = rows[:, 1:].flatten()
        real = (rows[:, :-1] != pad).flatten()  # what follows padding is no target
        return nn.functional.cross_entropy(logits, paddle.to_tensor(targets), reduction="none"), real

    def steps() -> Iterator[int]:
        for epoch in range(1000):
            order = np.random.default_rng(epoch).permutation(len(training))
            for first in range(0, len(order) - 3, 4):
                loss = losses([training[ix] for ix in order[first : first + 4]])[0].mean()
                loss.backward()
                optimizer.step()
                optimizer.clear_grad()
                float(loss)
                yield 4

    def measure(poems: Sequence[np.ndarray]) -> float:
        with paddle.no_grad():
            found, real = losses(poems)
        return float(found.numpy().astype(np.float64).flatten()[real].sum())

    return steps(), measure


def plain_torch(training: list[np.ndarray], words: int, pad: int) -> Way:
    """A plain PyTorch loop."""
    import torch
    from torch import nn

    torch.set_num_threads(len(os.sched_getaffinity(0)))

    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(words, EMBEDDING)
            self.lstm = nn.LSTM(EMBEDDING, HIDDEN, LAYERS, batch_first=True)
            self.linear = nn.Linear(HIDDEN, words)

        def forward(self, ids):
            return self.linear(self.lstm(self.embedding(ids))[0])

    model = Plain()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def loss(poems: Sequence[np.ndarray], reduction: str) -> torch.Tensor:
        rows = nn.utils.rnn.pad_sequence([torch.from_numpy(poem) for poem in poems], True, pad)
        logits = model(rows[:, :-1]).reshape(-1, words)
        return nn.functional.cross_entropy(
            logits, rows[:, 1:].reshape(-1), ignore_index=pad, reduction=reduction
        )

    def steps() -> Iterator[int]:
        for epoch in range(1000):
            order = np.random.default_rng(epoch).permutation(len(training))
            for first in range(0, len(order) - 63, 64):
                found = loss([training[ix] for ix in order[first : first + 64]], "mean")
                optimizer.zero_grad()
                found.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                found.item()
                yield 64

    def measure(poems: Sequence[np.ndarray]) -> float:
        with torch.no_grad():
            return loss(poems, "sum").item()

    return steps(), measure


def ours(training: list[np.ndarray], words: int, pad: int, **changed: Any) -> Way:
    """This program's default recipe, but for the options that are ``changed``."""
    import config
    from poetry.base import runtime
    from poetry.learning.losses import poem_losses
    from poetry.learning.model import choose_sizes, make_model
    from poetry.learning.optimizers import Recipe
    from poetry.learning.trainer import Trainer
    from poetry.text.dataset import Fixed
    from poetry.text.orders import make_order

    options = config.defaults(*config.OPTIONS) | {"seed": 0} | changed
    runtime.start(False, print)
    model = make_model(choose_sizes(options["network"], words, options), options["dropout"])
    model.initialise(options["seed"])
    order = make_order(options, Fixed(training), training)
    trainer = Trainer(model, order, Recipe.of(options))
    model.train()

    def steps() -> Iterator[int]:
        for epoch in range(options["epoch"]):
            for batch in order.batches(epoch):
                float(trainer.train_step(batch).loss)
                trainer.position = replace(trainer.position, step=trainer.position.step + 1)
                yield len(batch.ids)

    def measure(poems: Sequence[np.ndarray]) -> float:
        return float(sum(losses.sum() for losses in poem_losses(model, poems)))

    return steps(), measure


WAYS = {"usual": usual, "torch": plain_torch, "ours": ours, "muon": partial(ours, **MUON)}


def run(name: str, poems: Path, seconds: float) -> None:
    """Train in one way; print a line of JSON for each measurement."""
    with np.load(poems) as file:
        ids, ends, words, pad, first = (file[key] for key in ("ids", "ends", "words", "pad", "first"))
    sequences = np.split(ids.astype(np.int64), ends[:-1])
    held_out, training = sequences[:first], sequences[first:]
    steps, measure = WAYS[name](training, int(words), int(pad))
    targets = sum(len(poem) - 1 for poem in held_out)
    spent, read, due = 0.0, 0, FIRST
    while True:
        began = time.process_time()
        read += next(steps)
        spent += time.process_time() - began
        if spent < min(due, seconds):
            continue
        loss = sum(measure(held_out[ix : ix + 50]) for ix in range(0, len(held_out), 50)) / targets
        perplexity = round(math.exp(loss), 2)
        found = {"way": name, "seconds": round(spent, 1), "poems": read, "perplexity": perplexity}
        print(json.dumps(found), flush=True)
        if spent >= seconds or perplexity < min(GOALS):
            return
        due = spent * STEP


def reached(curve: Sequence[tuple[float, float]], goal: float) -> float | None:
    """The seconds at which a curve of (seconds, perplexity) comes to ``goal``; None where it does not."""
    before = None
    for seconds, perplexity in curve:
        if perplexity <= goal:
            if before is None or before[1] == perplexity:
                return seconds
            share = math.log(before[1] / goal) / math.log(before[1] / perplexity)
            return before[0] * (seconds / before[0]) ** share
        before = (seconds, perplexity)
    return None


def pack(data_path: Path, target: Path) -> None:
    """Write the held-out poems that are measured and the poems that are trained on, without padding."""
    from poetry.text import poem_data

    data = poem_data.load(data_path)
    training, held_out = poem_data.both_sides(data)
    held_out = held_out[:MEASURED]
    poems = [*held_out, *training]
    np.savez(
        target,
        ids=np.concatenate(poems),
        ends=np.cumsum(list(map(len, poems))),
        words=len(data.vocabulary),
        pad=data.vocabulary.pad,
        first=len(held_out),
    )


@click.command(help=__doc__)
@click.option("--data_path", default=ROOT / "work/tang_poem.npz", type=click.Path(path_type=Path))
@click.option("--torch", "torch_python", help="A Python that has PyTorch; without it that way is left out.")
@click.option("--ways", default="muon ours torch usual", show_default=True, help="Which, in their order.")
@click.option("--seconds", default=7200.0, show_default=True, help="Most seconds of training a way.")
@click.option("--only", type=click.Choice(list(WAYS)), hidden=True)
def main(data_path: Path, torch_python: str | None, ways: str, seconds: float, only: str | None) -> None:
    """Run all ways in turn, or one of them on packed poems."""
    if only:
        run(only, data_path, seconds)
        return
    import tempfile

    from poetry.base import runtime

    clean = {name: value for name, value in os.environ.items() if name not in SET_BY_US}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / "poems.npz"
        pack(data_path, packed)
        for way in ways.split():
            python = torch_python if way == "torch" else sys.executable
            if python is None:
                continue
            command = [python, __file__, "--data_path", str(packed), "--seconds", str(seconds), "--only", way]
            curve = []
            with subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, encoding="utf-8") as process:
                for line in process.stdout:
                    click.echo(line.rstrip())
                    found = json.loads(line)
                    curve.append((found["seconds"], found["perplexity"]))
            if process.returncode:
                raise click.ClickException(f"{way} failed with {process.returncode}")
            times = (reached(curve, goal) for goal in GOALS)
            rows.append([way, *("–" if found is None else f"{found:,.0f}" for found in times)])
    click.echo(f"| seconds to a perplexity of | {' | '.join(f'{goal:.0f}' for goal in GOALS)} |")
    click.echo("|---" + "|---:" * len(GOALS) + "|")
    for row in rows:
        click.echo(f"| {' | '.join(row)} |")
    click.echo(
        f"{runtime.processor_name()}, {len(os.sched_getaffinity(0))} cores, at most {seconds:.0f} s a way"
    )


if __name__ == "__main__":
    main()

"""Training speed of each kind of network: this program beside a plain PyTorch loop, in turns on one machine.

Both sides have the same network, batch and Adam with clipping, random ids, float32. Each turn is a process
of its own with one thread, measured in processor time, so that other load on the machine matters little.
PyTorch is not part of this program: ``--torch`` is a Python that has it. Prints tokens per second of
processor time, as medians of the steps, and the median ratio of the turns.
"""

import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).parent.parent

# name: kind, words, embedding, hidden, layers, heads, context, rows, ids a row
CASES = {
    "poems": ("lstm", 6390, 256, 512, 3, 0, 0, 32, 64),
    "shakespeare": ("gru", 65, 256, 1024, 1, 0, 0, 64, 100),
    "nietzsche": ("lstm", 57, 0, 128, 1, 0, 0, 128, 60),
    "lyrics": ("rnn", 1027, 0, 256, 1, 0, 0, 32, 35),
    "gpt of nanoGPT on a CPU": ("gpt", 65, 0, 128, 4, 4, 64, 12, 64),
    "larger gpt": ("gpt", 65, 0, 256, 4, 4, 128, 32, 128),
}
LEAST_STEPS = 5


def ours(case: tuple, batches: Iterator[np.ndarray]) -> Callable[[], None]:
    """Return a function that runs a training step of this program."""
    sys.path.insert(0, str(ROOT))
    import poetry  # noqa: F401  sets up the processor

    # isort: split
    from poetry.base import runtime
    from poetry.learning.model import choose_sizes, make_model
    from poetry.learning.optimizers import Recipe
    from poetry.learning.trainer import Trainer
    from poetry.text.orders import Batch, BatchSchedule, RandomWindows

    runtime.start(False, print)
    kind, words, embedding, hidden, layers, heads, context, rows, length = case
    sizes = {"embedding_size": embedding, "hidden_size": hidden, "num_layers": layers}
    model = make_model(choose_sizes(kind, words, sizes | {"heads": heads, "context": context}))
    model.initialise(0)
    order = RandomWindows(np.zeros((rows + 1) * length), BatchSchedule.constant(rows), length, 0)
    recipe = Recipe(1, "adam", 1e-3, 0.0, 0.99, 0, "constant", 1.0, 0)
    trainer = Trainer(model, order, recipe)
    model.train()

    def step() -> None:
        ids = next(batches)
        float(trainer.train_step(Batch(ids[:, :-1], ids[:, 1:])).loss)

    return step


def plain_torch(case: tuple, batches: Iterator[np.ndarray]) -> Callable[[], None]:
    """Return a function that runs a step of a plain PyTorch loop."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    kind, words, embedding, hidden, layers, heads, context, *_ = case
    torch.set_num_threads(1)

    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            layer = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[kind]
            self.embedding = nn.Embedding(words, embedding) if embedding else None
            self.layers = layer(embedding or words, hidden, layers, batch_first=True)
            self.output = nn.Linear(hidden, words)

        def forward(self, ids):
            inputs = self.embedding(ids) if self.embedding else F.one_hot(ids, words).float()
            return self.output(self.layers(inputs)[0])

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln_1, self.ln_2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
            self.attend, self.project = nn.Linear(hidden, 3 * hidden), nn.Linear(hidden, hidden)
            self.widen, self.narrow = nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden)

        def forward(self, x):
            parts = self.attend(self.ln_1(x)).split(hidden, dim=2)
            query, key, value = (part.unflatten(2, (heads, -1)).transpose(1, 2) for part in parts)
            found = F.scaled_dot_product_attention(query, key, value, is_causal=True)
            x = x + self.project(found.transpose(1, 2).flatten(2))
            return x + self.narrow(F.gelu(self.widen(self.ln_2(x)), approximate="tanh"))

    class Gpt(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.places = nn.Embedding(words, hidden), nn.Embedding(context, hidden)
            self.blocks, self.norm = nn.Sequential(*(Block() for _ in range(layers))), nn.LayerNorm(hidden)

        def forward(self, ids):
            x = self.words(ids) + self.places(torch.arange(ids.shape[1]))
            return self.norm(self.blocks(x)) @ self.words.weight.T

    model = Gpt() if kind == "gpt" else Recurrent()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step() -> None:
        ids = torch.from_numpy(next(batches))
        loss = F.cross_entropy(model(ids[:, :-1]).reshape(-1, words), ids[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()

    return step


def speed(case: tuple, make: Callable, seconds: float) -> float:
    """Return tokens per second of processor time, by the median step."""
    *_, rows, length = case
    random = np.random.default_rng(0)
    batches = (random.integers(0, case[1], (rows, length + 1)) for _ in itertools.count())
    step = make(case, batches)
    step()
    began, times = time.process_time(), []
    while time.process_time() - began < seconds or len(times) < LEAST_STEPS:
        before = time.process_time()
        step()
        times.append(time.process_time() - before)
    return rows * length / statistics.median(times)


@click.command(help=__doc__)
@click.argument("names", nargs=-1, type=click.Choice(list(CASES)))
@click.option("--torch", "torch_python", required=True, help="A Python that has PyTorch and click.")
@click.option("--seconds", default=10.0, show_default=True, help="Seconds of a turn.")
@click.option("--turns", default=3, show_default=True, type=click.IntRange(1), help="Turns of each.")
@click.option("--only", type=click.Choice(["ours", "torch"]), hidden=True)
def main(names: tuple[str, ...], torch_python: str, seconds: float, turns: int, only: str | None) -> None:
    """Run the turns, or a single one."""
    if only:
        click.echo(speed(CASES[names[0]], {"ours": ours, "torch": plain_torch}[only], seconds))
        return
    click.echo("| network | ours | PyTorch | ratio |\n|---|---:|---:|---:|")
    one_thread = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    for name in names or CASES:
        found: dict[str, list[float]] = {"ours": [], "torch": []}
        for _ in range(turns):
            for which, interpreter in (("ours", sys.executable), ("torch", torch_python)):
                command = [
                    interpreter,
                    __file__,
                    name,
                    "--torch",
                    "",
                    "--seconds",
                    str(seconds),
                    "--only",
                    which,
                ]
                result = subprocess.run(
                    command, env=one_thread, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
                )
                found[which].append(float(result.stdout))
        ratio = statistics.median(a / b for a, b in zip(found["ours"], found["torch"], strict=True))
        mine, its = map(statistics.median, found.values())
        click.echo(f"| {name} | {mine:,.0f} | {its:,.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()

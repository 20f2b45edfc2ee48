"""Small trainers of every network and order, for several test modules."""

import dataclasses
import math

import numpy as np
import paddle

from poetry.learning.model import make_model
from poetry.learning.network import Architecture
from poetry.learning.optimizers import Recipe
from poetry.learning.trainer import Trainer
from poetry.text.dataset import Fixed
from poetry.text.orders import BatchSchedule, ByLength, Consecutive, RandomWindows

WORDS = 12
RECIPE = Recipe(
    epochs=2,
    optimizer="adamw",
    learning_rate=0.01,
    weight_decay=0.01,
    beta2=0.99,
    warmup_steps=3,
    schedule="cosine",
    clip_norm=1.0,
    seed=5,
)
NETWORKS = {
    "lstm": Architecture(WORDS, 5, 6, 2),
    "gru": Architecture(WORDS, 5, 6, 2, "gru"),
    "rnn": Architecture(WORDS, 0, 6, 2, "rnn"),
    "gpt": Architecture(WORDS, 0, 6, 2, "gpt", 2, 16),
}
BATCH_CHARS = 40


def make_poems(count=30):
    random = np.random.default_rng(3)
    return [random.integers(0, WORDS, length).astype(np.int32) for length in random.integers(4, 12, count)]


TEXT = np.concatenate(make_poems())
ORDERS = {
    "length": lambda: ByLength(Fixed(make_poems()), BatchSchedule.constant(BATCH_CHARS), RECIPE.seed),
    "growing": lambda: ByLength(Fixed(make_poems()), BatchSchedule(10, 40, RECIPE.epochs), RECIPE.seed),
    "consecutive": lambda: Consecutive(TEXT, 3, 7, RECIPE.seed),
    "random": lambda: RandomWindows(TEXT, BatchSchedule(2, 4, RECIPE.epochs), 7, RECIPE.seed),
}


def make_trainer(dropout=0.3, network="lstm", order="length", **changes):
    paddle.seed(7)
    model = make_model(NETWORKS[network], dropout)
    return Trainer(model, ORDERS[order](), dataclasses.replace(RECIPE, **changes))


def weights(trainer):
    return {name: tensor.numpy() for name, tensor in trainer.model.weights().items()}


def go_on(trainer, steps=math.inf):
    """Train ``steps`` steps, over the ends of epochs, or to the end of the run."""
    taken = 0

    def count(_result):
        nonlocal taken
        taken += 1
        return taken == steps

    while trainer.position.epoch < trainer.recipe.epochs and trainer.run_epoch(count):
        trainer.note_heldout(3.0)  # the same after every epoch: a plateau

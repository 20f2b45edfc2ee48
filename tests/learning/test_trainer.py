import dataclasses
import math

import numpy as np
import paddle
import pytest

from poetry.base.errors import PoetryError
from poetry.learning.model import make_model
from poetry.learning.network import Architecture
from poetry.learning.trainer import NextCharacterLoss, Recipe, Trainer, learning_rate_at, perplexities
from poetry.text.dataset import Fixed, collate, epoch_groups

RECIPE = Recipe(
    epochs=2,
    batch_chars=40,
    learning_rate=0.01,
    weight_decay=0.01,
    beta2=0.99,
    warmup_steps=3,
    schedule="cosine",
    clip_norm=1.0,
    seed=5,
)


def make_poems(count=30):
    random = np.random.default_rng(3)
    return [random.integers(0, 12, length).astype(np.int32) for length in random.integers(4, 12, count)]


def make_trainer(dropout=0.3, **changes):
    paddle.seed(7)
    model = make_model(Architecture(12, 5, 6, 2), dropout)
    return Trainer(model, Fixed(make_poems()), dataclasses.replace(RECIPE, **changes))


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
        pass


def test_loss_is_the_sum_over_real_characters():
    model = make_trainer(dropout=0.0).model
    model.eval()
    loss = NextCharacterLoss(model)
    poems = tuple(make_poems(5))
    together = float(loss(*map(paddle.to_tensor, collate(poems))))
    alone = sum(float(loss(*map(paddle.to_tensor, collate((poem,))))) for poem in poems)
    assert together == pytest.approx(alone, rel=1e-5)


def test_loss_over_several_blocks(monkeypatch):
    model = make_trainer(dropout=0.0).model
    batch = [paddle.to_tensor(part) for part in collate(tuple(make_poems(9)))]
    whole = float(NextCharacterLoss(model)(*batch))
    monkeypatch.setattr("poetry.learning.trainer._OUTPUT_ROWS", 7)
    assert float(NextCharacterLoss(model)(*batch)) == pytest.approx(whole, rel=1e-5)


def test_perplexity_of_a_model_that_knows_nothing_is_the_vocabulary():
    model = make_trainer(dropout=0.5).model
    for tensor in model.weights().values():
        tensor.set_value(paddle.zeros_like(tensor))
    figures = perplexities(model, make_poems(), unspoken=[0, 1])
    assert figures == pytest.approx({"all": 12.0, "characters": 12.0}, rel=1e-5)


def test_perplexity_of_characters_leaves_out_what_is_unspoken():
    model = make_trainer(dropout=0.0).model
    for tensor in model.weights().values():
        tensor.set_value(paddle.zeros_like(tensor))
    model.output.bias.set_value(np.array([10.0] + [0.0] * 11, dtype=np.float32))  # sure of the mark 0
    figures = perplexities(model, [np.array([1, 0, 0, 0, 5])], unspoken=[0])
    assert figures["characters"] == pytest.approx(math.exp(10.0), rel=0.01)
    assert figures["all"] == pytest.approx(math.exp(10.0 / 4), rel=0.01)


def test_evaluation_leaves_training_mode_as_it_was():
    model = make_trainer().model
    model.train()
    perplexities(model, make_poems(), unspoken=[])
    assert model.training


def test_learning_rate_rises_and_falls():
    rates = [learning_rate_at(step, 103, RECIPE) for step in range(103)]
    assert rates[:3] == pytest.approx([0.01 / 3, 0.02 / 3, 0.01])
    assert all(a > b for a, b in zip(rates[3:], rates[4:], strict=False))
    assert rates[53] == pytest.approx(0.005)
    assert rates[-1] < 1e-5
    constant = dataclasses.replace(RECIPE, schedule="constant")
    assert learning_rate_at(50, 103, constant) == 0.01


def test_training_lowers_the_loss():
    trainer = make_trainer(dropout=0.0, epochs=8, schedule="constant")
    before = perplexities(trainer.model, make_poems(), [])["all"]
    go_on(trainer)
    assert perplexities(trainer.model, make_poems(), [])["all"] < 0.97 * before


def test_every_poem_once_an_epoch():
    seen = [ix for group in epoch_groups(Fixed(make_poems()), 40, 5, 1) for ix in group]
    assert sorted(seen) == list(range(len(make_poems())))


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_resumed_is_the_same_as_never_stopped(steps, weight_decay):
    whole = make_trainer(weight_decay=weight_decay)
    go_on(whole)
    stopped = make_trainer(weight_decay=weight_decay)
    go_on(stopped, whole.total_steps // whole.recipe.epochs + steps)
    paddle.seed(99)
    resumed = Trainer(make_model(whole.model.architecture, 0.3), Fixed(make_poems()), stopped.recipe)
    resumed.restore(*stopped.state())
    go_on(resumed)
    assert resumed.position == whole.position
    for name, values in weights(whole).items():
        assert (values == weights(resumed)[name]).all(), name


def test_adam_without_decay_leaves_unused_embeddings_alone():
    trainer = make_trainer(weight_decay=0.0)
    trainer.documents = Fixed([poem % 11 for poem in make_poems()])
    before = weights(trainer)["embedding.weight"][11].copy()
    go_on(trainer)
    assert (weights(trainer)["embedding.weight"][11] == before).all()
    assert isinstance(make_trainer(weight_decay=0.1).optimizer, paddle.optimizer.AdamW)


def test_clipping_bounds_the_step():
    norms = []
    for clip_norm in (0.0, 1e-9):
        trainer = make_trainer(clip_norm=clip_norm, weight_decay=0.0)
        # Adam's step does not depend on the gradient's size until it meets epsilon
        before = weights(trainer)["output.bias"].copy()
        trainer.train_step(tuple(make_poems()[:4]))
        norms.append(np.abs(weights(trainer)["output.bias"] - before).max())
    assert norms[1] < norms[0] / 5


def test_a_process_without_a_share_changes_nothing(monkeypatch):
    """A batch with fewer poems than processes: the idle process adds a zero loss and a zero gradient."""
    trainer = make_trainer()
    monkeypatch.setattr(paddle.distributed, "all_reduce", lambda tensor: tensor)
    trainer.rank, trainer.processes = 1, 2
    result = trainer.train_step((make_poems()[0],))
    assert float(result.loss) == 0 and float(result.gradient_norm) == 0


def test_a_state_of_another_model_is_refused():
    tensors, data = make_trainer().state()
    other = Trainer(make_model(Architecture(12, 5, 7, 2)), Fixed(make_poems()), RECIPE)
    with pytest.raises(PoetryError, match="does not fit"):
        other.restore(tensors, data)

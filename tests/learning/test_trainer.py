import math

import numpy as np
import paddle
import pytest
from runs import BATCH_CHARS, NETWORKS, ORDERS, go_on, make_poems, make_trainer, weights

from poetry.base.errors import PoetryError
from poetry.learning.losses import perplexities
from poetry.learning.model import make_model
from poetry.learning.trainer import Trainer
from poetry.text.dataset import Fixed, collate
from poetry.text.orders import Batch, BatchSchedule, ByLength


@pytest.mark.parametrize("network", NETWORKS)
def test_training_lowers_the_loss(network):
    trainer = make_trainer(dropout=0.0, network=network, epochs=8, schedule="constant")
    before = perplexities(trainer.model, make_poems(), [])["all"]
    go_on(trainer)
    assert perplexities(trainer.model, make_poems(), [])["all"] < 0.97 * before


def resumed_and_whole(steps, **choices):
    """Two trainers at the end of their run, one of which began anew after ``steps`` steps."""
    whole = make_trainer(**choices)
    go_on(whole)
    stopped = make_trainer(**choices)
    go_on(stopped, steps)
    paddle.seed(99)
    resumed = Trainer(make_model(whole.model.architecture, 0.3), stopped.order, stopped.recipe)
    resumed.restore(*stopped.state())
    go_on(resumed)
    assert resumed.position == whole.position and 0 < steps < whole.position.step
    return resumed, whole


def assert_same(resumed, whole):
    tensors, data = whole.state()
    its_tensors, its_data = resumed.state()
    assert its_data == data and its_tensors.keys() == tensors.keys()
    for name, values in tensors.items():
        assert (values == its_tensors[name]).all(), name


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_resumed_is_the_same_as_never_stopped(network, order):
    for steps in (3, ORDERS[order]().steps(0), ORDERS[order]().steps(0) + 2):
        assert_same(*resumed_and_whole(steps, network=network, order=order))


@pytest.mark.parametrize("optimizer", ["adamw", "muon", "adam", "rmsprop", "sgd"])
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_resumed_with_any_optimiser(optimizer, weight_decay):
    steps = ORDERS["length"]().steps(0) + 4
    assert_same(*resumed_and_whole(steps, optimizer=optimizer, weight_decay=weight_decay))


def test_resumed_on_a_plateau():
    steps = 2 * ORDERS["length"]().steps(0) + 1
    resumed, whole = resumed_and_whole(steps, schedule="plateau", epochs=4)
    assert_same(resumed, whole)
    assert whole.state()[1]["plateau"] == {"lowest": 3.0, "factor": 0.125}


def test_consecutive_batches_go_on_from_the_state_before():
    """With no learning at all the losses of the steps are those of the text read in one go."""
    trainer = make_trainer(dropout=0.0, order="consecutive", learning_rate=1e-12, weight_decay=0.0)
    batches = list(trainer.order.batches(0))
    losses = []
    trainer.run_epoch(lambda result: losses.append(float(result.loss)))
    ids, targets = (
        paddle.to_tensor(np.concatenate([getattr(batch, part) for batch in batches], axis=1))
        for part in ("ids", "targets")
    )
    logits, _ = trainer.model(ids)
    whole = paddle.nn.functional.cross_entropy(logits, targets, reduction="none").numpy()
    np.testing.assert_allclose(losses, whole.reshape(3, len(batches), -1).sum((0, 2)), rtol=1e-4)


def test_no_gradient_runs_into_the_batch_before():
    trainer = make_trainer(dropout=0.0, order="consecutive")
    go_on(trainer, 2)
    assert all(part.stop_gradient for parts in trainer._carried for part in parts)


def test_adam_without_decay_leaves_unused_embeddings_alone():
    poems = [poem % 11 for poem in make_poems()]
    trainer = make_trainer(weight_decay=0.0)
    trainer.order = ByLength(Fixed(poems), BatchSchedule.constant(BATCH_CHARS), 5)
    before = weights(trainer)["embedding.weight"][11].copy()
    go_on(trainer)
    assert (weights(trainer)["embedding.weight"][11] == before).all()


def test_clipping_bounds_the_step():
    norms = []
    for clip_norm in (0.0, 1e-9):
        trainer = make_trainer(clip_norm=clip_norm, weight_decay=0.0)
        # Adam's step does not depend on the gradient's size until it meets epsilon
        before = weights(trainer)["output.bias"].copy()
        trainer.train_step(Batch(*collate(make_poems(4))))
        norms.append(np.abs(weights(trainer)["output.bias"] - before).max())
    assert norms[1] < norms[0] / 5


def test_a_step_divides_by_its_own_targets():
    """Twice the rows, each twice: the same step."""
    moved = []
    for times in (1, 2):
        trainer = make_trainer(dropout=0.0, optimizer="sgd", clip_norm=0.0)
        trainer.train_step(Batch(*collate(make_poems(4) * times)))
        moved.append(weights(trainer)["output.bias"])
    np.testing.assert_allclose(moved[0], moved[1], rtol=1e-4, atol=1e-6)


def test_a_process_without_a_share_changes_nothing(monkeypatch):
    """A batch with fewer poems than processes: the idle process adds a zero loss and a zero gradient."""
    trainer = make_trainer()
    monkeypatch.setattr(paddle.distributed, "all_reduce", lambda tensor: tensor)
    trainer.rank, trainer.processes = 1, 2
    result = trainer.train_step(Batch(*collate(make_poems(1))))
    assert float(result.loss) == 0 and float(result.gradient_norm) == 0


def test_several_processes_cannot_carry_a_state(monkeypatch):
    monkeypatch.setattr(paddle.distributed, "get_world_size", lambda: 2)
    with pytest.raises(PoetryError, match="--order consecutive is for one process"):
        make_trainer(order="consecutive")


def test_the_steps_of_a_run_are_those_of_its_epochs():
    for order in ORDERS:
        trainer = make_trainer(order=order)
        go_on(trainer)
        assert trainer.position.step == trainer.total_steps and math.isfinite(trainer.total_steps)

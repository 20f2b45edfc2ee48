"""A training state that lacks something, or has something else, is refused before anything is changed."""

import numpy as np
import pytest
from runs import NETWORKS, ORDERS, go_on, make_trainer, weights

from poetry.base.errors import PoetryError


def state_after(steps, **choices):
    trainer = make_trainer(**choices)
    go_on(trainer, steps)
    return trainer.state()


def refused(tensors, data, says, **choices):
    trainer = make_trainer(**choices)
    before = weights(trainer)
    with pytest.raises(PoetryError, match=says) as error:
        trainer.restore(tensors, data)
    assert "\n" not in str(error.value) and "does not fit this run" in str(error.value)
    assert trainer.position.step == 0
    assert all((before[name] == value).all() for name, value in weights(trainer).items())


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_no_tensor_may_be_missing_added_or_of_another_kind(network, order):
    choices = {"network": network, "order": order}
    tensors, data = state_after(2, **choices)
    for name, tensor in tensors.items():
        without = {other: value for other, value in tensors.items() if other != name}
        refused(without, data, f"{name} is missing", **choices)
        for wrong in (tensor.astype(np.float64), tensor[None], np.concatenate([tensor, tensor])):
            refused(tensors | {name: wrong}, data, f"{name} is ", **choices)
    for name in ("moment1_0/more", "weight/more", "carried/0.9", "more"):
        refused(tensors | {name: np.zeros(1, np.float32)}, data, f"{name} is one too many", **choices)


POSITION = {"epoch": 0, "batch": 2, "step": 2}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"position": None}, "position"),
        ({"position": {"epoch": 0, "batch": 2}}, "position"),
        ({"position": POSITION | {"more": 1}}, "position"),
        ({"position": POSITION | {"step": "2"}}, "position"),
        ({"position": POSITION | {"step": 2.0}}, "position"),
        ({"position": POSITION | {"step": True}}, "position"),
        ({"position": POSITION | {"step": -2}}, "position"),
        ({"position": POSITION | {"step": 10**400}}, "position"),
        ({"position": POSITION | {"batch": 10**9, "step": 10**9}}, "epoch 1 has no batch 1000000000"),
        ({"position": POSITION | {"epoch": 2, "step": 1}}, "too few"),
        ({"position": {"epoch": 10**9, "batch": 0, "step": 10**9}}, "1000000000 epochs, more than --epoch 2"),
        ({"position": POSITION | {"step": 3}}, "not at step 3"),
        ({"position": POSITION | {"epoch": 1, "step": 3}}, "not at step 3"),
        ({"plateau": []}, "plateau"),
        ({"plateau": {"lowest": "low"}}, "plateau"),
        ({"plateau": {"lowest": 1.0, "factor": 2}}, "plateau"),
        ({"plateau": {"lowest": -1.0}}, "plateau"),
        ({"plateau": {"lowest": 10**400}}, "plateau"),
        ({"plateau": {"lowest": True}}, "plateau"),
        ({"plateau": {"factor": 10**400}}, "plateau"),
        ({"plateau": {"factor": float("nan")}}, "plateau"),
        ({"plateau": {"patience": 1}}, "plateau"),
    ],
)
def test_no_number_may_be_missing_or_out_of_range(change, says):
    tensors, data = state_after(2)
    refused(tensors, data | change, says)
    refused(tensors, {name: value for name, value in data.items() if name != "position"}, "position")


@pytest.mark.parametrize(
    ("kind", "value"), [("moment2_0", -1.0), ("beta1_pow_acc_0", 1.0), ("beta2_pow_acc_0", -0.5)]
)
def test_no_moment_may_be_out_of_range(kind, value):
    tensors, data = state_after(2)
    name = f"{kind}/output.bias"
    refused(tensors | {name: np.full_like(tensors[name], value)}, data, name)


def test_moments_are_those_of_the_optimiser():
    tensors, data = state_after(2)
    refused(tensors, data, "one too many", optimizer="sgd")
    refused(tensors, data, "missing|one too many", optimizer="rmsprop")
    refused(tensors, data, "missing|one too many", optimizer="muon")


def test_a_beginning_has_no_moments():
    trainer = make_trainer()
    tensors, data = trainer.state()
    trainer.restore(tensors, data)
    refused(tensors | {"moment1_0/output.bias": np.zeros(12, np.float32)}, data, "one too many")


def test_what_a_gpt_carries_fits_together():
    choices = {"network": "gpt", "order": "consecutive"}
    tensors, data = state_after(2, **choices)
    ids, lengths, keys = (tensors[f"carried/{name}"] for name in ("0.0", "0.1", "1.0"))
    for name, wrong in [
        ("0.0", ids[:, :-1]),
        ("0.0", ids + 100),
        ("0.0", ids - 100),
        ("0.1", lengths - 1),
        ("1.0", keys[:, :, 1:]),
    ]:
        refused(tensors | {f"carried/{name}": wrong}, data, "no state of a gpt", **choices)


def test_a_state_of_another_network_is_refused():
    tensors, data = state_after(2)
    refused(tensors, data, "missing|one too many", network="gru")

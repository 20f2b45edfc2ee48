import dataclasses

import numpy as np
import paddle
import pytest
from runs import RECIPE

from poetry.learning.optimizers import MOMENTS, Plateau, learning_rate_at, make_optimizer


def test_learning_rate_rises_and_falls():
    rates = [learning_rate_at(step, 103, RECIPE) for step in range(103)]
    assert rates[:3] == pytest.approx([0.01 / 3, 0.02 / 3, 0.01])
    assert all(a > b for a, b in zip(rates[3:], rates[4:], strict=False))
    assert rates[53] == pytest.approx(0.005)
    assert rates[-1] < 1e-5
    for schedule in ("constant", "plateau"):
        recipe = dataclasses.replace(RECIPE, schedule=schedule)
        assert learning_rate_at(50, 103, recipe) == 0.01


def test_a_plateau_halves_the_rate_until_the_loss_falls_below_its_lowest():
    plateau, factors = Plateau(), []
    for loss in (3.0, 2.5, 2.5, 2.6, 2.4, 2.45):
        plateau.note(loss)
        factors.append(plateau.factor)
    assert factors == [1.0, 1.0, 0.5, 0.25, 0.25, 0.125] and plateau.lowest == 2.4


def one_step(**changes):
    """(the optimiser, how far each of its steps takes a weight whose gradient is 2)."""
    weight = paddle.create_parameter([3], "float32", default_initializer=paddle.nn.initializer.Constant(1.0))
    optimizer = make_optimizer(dataclasses.replace(RECIPE, **changes), [weight])
    places = [weight.numpy()]
    for _ in range(2):
        (2 * weight).sum().backward()
        optimizer.step()
        optimizer.clear_grad()
        places.append(weight.numpy())
    return optimizer, -np.diff([place[0] for place in places])


@pytest.mark.parametrize("name", MOMENTS)
def test_an_optimiser_remembers_what_the_table_says(name):
    optimizer, _ = one_step(optimizer=name)
    found = {key.partition("_0_")[2]: value for key, value in optimizer.state_dict().items()}
    assert {key: list(value.shape) == [3] for key, value in found.items()} == MOMENTS[name]


def test_what_the_optimisers_do():
    rate, gradient = RECIPE.learning_rate, 2.0
    assert one_step(optimizer="sgd")[1] == pytest.approx([rate * gradient] * 2, rel=1e-4)
    squares = [0.1 * gradient**2, 0.19 * gradient**2]  # Keras: rho 0.9, epsilon 1e-7
    assert one_step(optimizer="rmsprop")[1] == pytest.approx(
        [rate * gradient / (square + 1e-7) ** 0.5 for square in squares], rel=1e-4
    )
    assert one_step(optimizer="adam")[1] == pytest.approx([rate, rate], rel=1e-4)
    decayed = one_step(optimizer="adamw", weight_decay=0.5)[1]
    assert decayed[0] == pytest.approx(rate + rate * 0.5, rel=1e-4)
    assert one_step(optimizer="adamw", weight_decay=0.0)[1] == pytest.approx([rate, rate], rel=1e-4)

import dataclasses

import numpy as np
import paddle
import pytest
from runs import RECIPE

from poetry.learning.muon import UPDATE_RMS, orthogonalised
from poetry.learning.optimizers import MOMENTS, MUON_MOMENTS, Plateau, learning_rate_at, make_optimizer


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
    optimizer = make_optimizer(dataclasses.replace(RECIPE, **changes), [weight], [])
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


@pytest.mark.parametrize("shape", [[6, 4], [4, 6], [5, 5]])
def test_orthogonalised_is_near_what_the_singular_vectors_give(shape):
    matrix = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    found = orthogonalised(paddle.to_tensor(matrix)).numpy()
    kept = left.T @ found @ right.T  # the same singular vectors, all values nearly alike
    assert kept == pytest.approx(np.diag(np.diag(kept)), abs=1e-3)
    assert 0.5 < np.diag(kept).min() and np.diag(kept).max() < 1.3
    assert values.max() / values.min() > 2 * np.diag(kept).max() / np.diag(kept).min()


def test_muon_updates_the_matrices_and_adamw_the_rest():
    paddle.seed(0)
    matrix, bias = paddle.create_parameter([6, 4], "float32"), paddle.create_parameter([4], "float32")
    recipe = dataclasses.replace(RECIPE, optimizer="muon", learning_rate=0.1, weight_decay=0.5)
    optimizer = make_optimizer(recipe, [matrix, bias], [matrix])
    before, inputs = (matrix.numpy(), bias.numpy()), paddle.randn([3, 6])
    loss = ((paddle.matmul(inputs, matrix) + bias) ** 2).sum()
    loss.backward()
    gradient, lower = matrix.grad, bias.grad.numpy() > 0
    optimizer.set_lr(0.1)
    optimizer.step()
    update = UPDATE_RMS * 6**0.5 * orthogonalised(gradient).numpy()
    assert matrix.numpy() == pytest.approx(before[0] * (1 - 0.1 * 0.5) - 0.1 * update, abs=1e-5)
    assert bias.numpy() == pytest.approx(before[1] * (1 - 0.1 * 0.5) - 0.1 * np.where(lower, 1, -1), abs=1e-4)
    optimizer.clear_grad()
    assert matrix.grad is None or not matrix.grad.numpy().any()
    kinds = {key.removeprefix(f"{matrix.name}_") for key in optimizer.state_dict() if matrix.name in key}
    assert kinds == set(MUON_MOMENTS)

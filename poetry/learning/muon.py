"""Muon: momentum whose updates are orthogonalised (Jordan et al. 2024), for the matrices within a network."""

import math
from typing import Any

import paddle

MOMENTUM = 0.95
UPDATE_RMS = 0.44  # of the elements of an update, at a learning rate of 1
ITERATIONS = 3  # of Newton and Schulz
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_EPSILON = 1e-7
_STATE = "momentum_0"  # by Paddle's way of naming what an optimiser remembers of a weight


class Muon:
    """Updates ``matrices`` by Muon and all other weights by ``adam``; used as Paddle's own optimisers are.

    Both have the learning rate of ``set_lr``, and the decoupled ``weight_decay``.
    """

    def __init__(self, matrices: list[paddle.Tensor], adam: paddle.optimizer.Optimizer, weight_decay: float):
        self._adam = adam
        self._matrices = matrices
        self._weight_decay = weight_decay
        self._momenta = {weight.name: paddle.zeros_like(weight) for weight in matrices}
        self._rate = 0.0

    def set_lr(self, rate: float) -> None:
        """Set the learning rate of the next step."""
        self._rate = rate
        self._adam.set_lr(rate)

    @paddle.no_grad()
    def step(self) -> None:
        """Update every weight by its gradient."""
        self._adam.step()
        for weight in self._matrices:
            gradient, momentum = weight.grad, self._momenta[weight.name]
            momentum.scale_(MOMENTUM)
            momentum.add_(gradient * (1 - MOMENTUM))
            ahead = gradient * (1 - MOMENTUM) + momentum * MOMENTUM  # Nesterov's
            update = orthogonalised(ahead) * (UPDATE_RMS * math.sqrt(max(weight.shape)))
            weight.scale_(1 - self._rate * self._weight_decay)
            weight.subtract_(update * self._rate)

    def clear_grad(self) -> None:
        """Discard all gradients."""
        self._adam.clear_grad()
        for weight in self._matrices:
            weight.clear_grad()

    def state_dict(self) -> dict[str, paddle.Tensor]:
        """What is remembered of every weight, by the weight's name and what it is."""
        momenta = {f"{name}_{_STATE}": momentum for name, momentum in self._momenta.items()}
        return {**self._adam.state_dict(), **momenta}

    def set_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` gave."""
        own = {f"{name}_{_STATE}": name for name in self._momenta}
        self._adam.set_state_dict({key: value for key, value in state.items() if key not in own})
        for key, name in own.items():
            if key in state:
                self._momenta[name].set_value(state[key])


def orthogonalised(matrix: paddle.Tensor) -> paddle.Tensor:
    """A matrix [R, C] with the singular vectors of ``matrix`` and singular values near 1.

    By ITERATIONS steps of the quintic iteration of Newton and Schulz, whose coefficients are Jordan's: in as
    few steps the large singular values come near 1 and the small ones rise several times. All steps are
    computed on the Gram matrix of the shorter side, as polynomials of it: in about half of the time, and in
    single precision as exact for so few steps.
    """
    a, b, c = _COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    gram = paddle.matmul(matrix, matrix, transpose_x=tall, transpose_y=not tall)
    square_norm = gram.trace() + _EPSILON**2
    gram = gram / square_norm
    unit = paddle.eye(gram.shape[0])
    factor = unit / square_norm.sqrt()
    for _ in range(ITERATIONS):
        step = a * unit + b * gram + c * paddle.matmul(gram, gram)
        factor = paddle.matmul(factor, step)
        gram = paddle.matmul(paddle.matmul(step, step), gram)
    return paddle.matmul(matrix, factor) if tall else paddle.matmul(factor, matrix)

"""The schema of a training state: all that resuming needs, checked as a whole before anything is changed."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from poetry.base.errors import PoetryError
from poetry.base.numbers import is_count, is_number
from poetry.learning.network import Network
from poetry.learning.optimizers import Recipe, moments
from poetry.text.orders import Order

_CARRIED = "carried/"  # what the names of the tensors of a carried state begin with


@dataclass(frozen=True)
class Position:
    """How far a run has come: whole epochs, batches of the next one, optimiser steps in all."""

    epoch: int = 0
    batch: int = 0
    step: int = 0


def position_of(data: dict[str, Any]) -> Position:
    """The position in the plain ``data`` of a state. Raises PoetryError when there is none."""
    found = data.get("position")
    names = vars(Position()).keys()
    if not isinstance(found, dict) or found.keys() != names or not all(map(is_count, found.values())):
        raise PoetryError("its position is not one of epoch, batch and step")
    return Position(**found)


def carried_name(layer: int, ix: int) -> str:
    """The name of the tensor of part ``ix`` of a layer's carried state."""
    return f"{_CARRIED}{layer}.{ix}"


def carried_state(model: Network, tensors: dict[str, np.ndarray]) -> list[tuple[np.ndarray, ...]]:
    """The carried state among the tensors of a state; empty where there is none."""
    if not any(name.startswith(_CARRIED) for name in tensors):
        return []
    return [
        tuple(tensors[carried_name(layer, ix)] for ix in range(len(parts)))
        for layer, parts in enumerate(model.initial_state(1))
    ]


def check_state(
    model: Network, order: Order, recipe: Recipe, tensors: dict[str, np.ndarray], data: dict[str, Any]
) -> None:
    """Raise PoetryError unless a state is one of such a run, with all that it needs and nothing more."""
    try:
        position = position_of(data)
        _check_position(position, order, recipe)
        _check_plateau(data.get("plateau", {}))
        carried = {name for name in tensors if name.startswith(_CARRIED)}
        _check_tensors(model, recipe, position, {name: tensors[name] for name in tensors.keys() - carried})
        _check_carried(model, order, position, {name: tensors[name] for name in carried})
    except PoetryError as error:
        raise PoetryError(f"the training state does not fit this run: {error}") from None


def _check_position(position: Position, order: Order, recipe: Recipe) -> None:
    if position.epoch > recipe.epochs:  # before the steps of so many epochs are counted
        raise PoetryError(f"it has done {position.epoch} epochs, more than --epoch {recipe.epochs}")
    if position.epoch > position.step or position.batch > position.step:
        raise PoetryError(f"{position.step} steps are too few for epoch {position.epoch}")
    if position.batch > order.steps(position.epoch):
        raise PoetryError(f"epoch {position.epoch + 1} has no batch {position.batch}")
    if position.step != position.batch + sum(map(order.steps, range(position.epoch))):
        raise PoetryError(
            f"after {position.epoch} epochs and {position.batch} batches it is not at step {position.step}"
        )


def _check_plateau(plateau: Any) -> None:
    numbers = plateau if isinstance(plateau, dict) else {"": None}
    lowest, factor = numbers.get("lowest"), numbers.get("factor", 1.0)
    sound = (
        numbers.keys() <= {"lowest", "factor"}
        and (lowest is None or (is_number(lowest) and lowest >= 0))
        and is_number(factor)
        and 0 <= factor <= 1
    )
    if not sound:
        raise PoetryError("its plateau is not one of lowest loss and factor")


def _check_tensors(
    model: Network, recipe: Recipe, position: Position, tensors: dict[str, np.ndarray]
) -> None:
    """Every weight and, once there was a step, its moments."""
    expected = {}
    matrices = model.matrices()
    for name, weight in model.weights().items():
        expected[f"weight/{name}"] = tuple(weight.shape)
        remembered = moments(recipe.optimizer, name in matrices) if position.step else {}
        for kind, like_weight in remembered.items():
            expected[f"{kind}/{name}"] = tuple(weight.shape) if like_weight else (1,)
    for name in sorted(expected.keys() | tensors.keys()):
        if name not in tensors or name not in expected:
            raise PoetryError(f"{name} is {'missing' if name in expected else 'one too many'}")
        tensor = tensors[name]
        if tensor.dtype != np.float32 or tensor.shape != expected[name]:
            raise PoetryError(f"{name} is {tensor.dtype} {tensor.shape}, expected float32 {expected[name]}")
        if name.startswith(("moment2", "mean_square")) and tensor.min(initial=0) < 0:
            raise PoetryError(f"{name} is a mean of squares under 0")
        if name.startswith("beta") and not 0 <= tensor[0] < 1:
            raise PoetryError(f"{name} is no power of a number between 0 and 1")


def _check_carried(model: Network, order: Order, position: Position, tensors: dict[str, np.ndarray]) -> None:
    """Within an epoch whose batches go on: a state as the network makes one."""
    if not (order.carries and position.batch):
        if tensors:
            raise PoetryError(f"{min(tensors)} is one too many")
        return
    initial = model.initial_state(len(next(order.batches(position.epoch)).ids))
    names = {carried_name(layer, ix) for layer, parts in enumerate(initial) for ix in range(len(parts))}
    for name in sorted(names ^ tensors.keys()):
        raise PoetryError(f"{name} is {'missing' if name in names else 'one too many'}")
    state = carried_state(model, tensors)
    for layer, (parts, found) in enumerate(zip(initial, state, strict=True)):
        for ix, (part, tensor) in enumerate(zip(parts, found, strict=True)):
            _check_part(carried_name(layer, ix), tensor, part.numpy())
    model.check_state(state)


def _check_part(name: str, found: np.ndarray, initial: np.ndarray) -> None:
    """Compare a part of a state with the ``initial`` one, an axis of which is 0 where it grows."""
    fits = found.ndim == initial.ndim and all(
        size in (0, read) for size, read in zip(initial.shape, found.shape, strict=True)
    )
    if found.dtype != initial.dtype or not fits:
        raise PoetryError(f"{name} is {found.dtype} {found.shape}, expected {initial.dtype} {initial.shape}")

"""Training, one step and one epoch at a time.

Knows batches of ids and a network, nothing of characters.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import paddle
from paddle import distributed

from poetry.base import runtime
from poetry.base.errors import PoetryError
from poetry.learning.losses import NextCharacterLoss
from poetry.learning.network import Network, State, detach
from poetry.learning.optimizers import Plateau, Recipe, clip_gradients, learning_rate_at, make_optimizer
from poetry.learning.training_state import Position, carried_name, carried_state, check_state, position_of
from poetry.text.dataset import NO_TARGET
from poetry.text.orders import Batch, ByLength, Order


@dataclass(frozen=True)
class StepResult:
    """What one step did: the summed loss in nats, a tensor so that a GPU need not wait, and more."""

    loss: paddle.Tensor
    characters: int
    gradient_norm: paddle.Tensor
    learning_rate: float


def check_finite(step: int, *figures: float) -> None:
    """Raise PoetryError when ``figures`` show that training has diverged by ``step``."""
    if not all(map(math.isfinite, figures)):
        raise PoetryError(
            f"the loss is not a number at step {step}; what was saved before is untouched: begin anew, in "
            "other folders, with a lower --learning_rate or with --clip_norm"
        )


class Trainer:
    """Trains ``model`` on the batches of ``order`` by ``recipe``, alone or as one of several processes.

    Under ``paddle.distributed.launch`` every process computes its share of each batch and the gradients are
    averaged, so that the steps are those of a single process, but for the masks of dropout, which each draws
    for itself. Raises PoetryError where they cannot share ``order``, as each would have to keep its own rows,
    and where its rows are longer than what the model reads at a time.
    """

    def __init__(self, model: Network, order: Order, recipe: Recipe):
        self.model = model
        self.order = order
        self.recipe = recipe
        self.position = Position()
        self.rank, self.processes = distributed.get_rank(), distributed.get_world_size()
        if self.processes > 1 and order.carries:
            raise PoetryError("--order consecutive is for one process; start without the launcher")
        if 0 < model.architecture.context < order.longest:
            remedy = "" if isinstance(order, ByLength) else ", or a smaller --seq_length"
            raise PoetryError(
                f"--context {model.architecture.context} is too short for rows of {order.longest} "
                f"characters; give {order.longest} or more{remedy}"
            )
        runtime.keep_memory()
        self._parameters = model.parameters()
        weights = model.weights()
        self._optimizer = make_optimizer(
            recipe, self._parameters, [weights[name] for name in model.matrices()]
        )
        self._plateau = Plateau()
        self._carried: State | None = None  # after the last batch, where the next one may go on
        loss = NextCharacterLoss(model)
        self._forward = paddle.DataParallel(loss) if self.processes > 1 else loss
        self._steps = functools.cache(order.steps)

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return sum(map(self._steps, range(self.recipe.epochs)))

    def run_epoch(self, after_step: Callable[[StepResult], bool]) -> bool:
        """Train to the end of the current epoch: True; or until ``after_step`` asks to stop: False."""
        self.model.train()
        for batch in self.order.batches(self.position.epoch, self.position.batch):
            result = self.train_step(batch)
            self.position = replace(self.position, batch=self.position.batch + 1, step=self.position.step + 1)
            if after_step(result):
                return False
        self.position = replace(self.position, epoch=self.position.epoch + 1, batch=0)
        self._carried = None
        return True

    def train_step(self, batch: Batch) -> StepResult:
        """One optimiser step on ``batch``."""
        step = self.position.step
        rate = learning_rate_at(step, self.total_steps, self.recipe) * self._plateau.factor
        # Dropout's masks are a function of the step, so that a resumed run needs no replay.
        paddle.seed((self.recipe.seed * 1_000_003 + step) * self.processes + self.rank)
        characters = int(np.count_nonzero(batch.targets != NO_TARGET))
        share = slice(self.rank, None, self.processes)
        scale = (
            1.0 if self.rank < len(batch.ids) else 0.0
        )  # without a share it still takes part in every step
        ids, targets = (part[share] if scale else part[:1] for part in (batch.ids, batch.targets))
        before = self._carried if batch.carry else None
        loss, after = self._forward(paddle.to_tensor(ids), paddle.to_tensor(targets), before)
        loss = loss * scale
        (loss * (self.processes / characters)).backward()
        norm = clip_gradients(self._parameters, self.recipe.clip_norm)
        self._optimizer.set_lr(rate)
        self._optimizer.step()
        self._optimizer.clear_grad()
        if self.order.carries:
            self._carried = detach(after)
        loss = loss.detach()
        if self.processes > 1:
            distributed.all_reduce(loss)
        return StepResult(loss, characters, norm.detach(), rate)

    def note_heldout(self, loss: float) -> None:
        """Take note of the held-out loss in nats, which is that of the first of several processes."""
        if self.recipe.schedule != "plateau":
            return
        if self.processes > 1:
            shared = paddle.to_tensor([loss], dtype="float64")
            distributed.broadcast(shared, 0)
            loss = float(shared)
        self._plateau.note(loss)

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """(tensors, plain data) from which ``restore`` goes on as if the run had never stopped."""
        tensors = {f"weight/{name}": tensor.numpy() for name, tensor in self.model.weights().items()}
        moments = self._optimizer.state_dict()
        for name, tensor in self.model.weights().items():
            for key, value in moments.items():
                if key.startswith(tensor.name + "_"):
                    tensors[f"{key.removeprefix(tensor.name + '_')}/{name}"] = value.numpy()
        for layer, parts in enumerate(self._carried or []):
            for ix, part in enumerate(parts):
                tensors[carried_name(layer, ix)] = part.numpy()
        return tensors, {"position": vars(self.position), "plateau": self._plateau.to_dict()}

    def restore(self, tensors: dict[str, np.ndarray], data: dict[str, Any]) -> None:
        """Go on from what ``state`` gave. Raises PoetryError, and changes nothing, when it does not fit."""
        check_state(self.model, self.order, self.recipe, tensors, data)
        moments = {}
        for name, tensor in self.model.weights().items():
            tensor.set_value(tensors[f"weight/{name}"])
            for key, value in tensors.items():
                kind, _, owner = key.partition("/")
                if owner == name and kind != "weight":
                    moments[f"{tensor.name}_{kind}"] = paddle.to_tensor(value)
        self._optimizer.set_state_dict(moments)
        self.position = position_of(data)
        self._plateau = Plateau(**data.get("plateau", {}))
        carried = carried_state(self.model, tensors)
        self._carried = [tuple(map(paddle.to_tensor, parts)) for parts in carried] or None

"""Training: the loss over real characters, the optimiser, the learning rate, one step and one epoch at a
time.

Knows batches of ids and a model, nothing of characters: which ids are unspoken (marks, the end) is told.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import paddle
from paddle import distributed, nn
from paddle.nn import functional as F

from poetry.base.errors import PoetryError
from poetry.learning.network import Network
from poetry.text.dataset import NO_TARGET, Documents, collate, epoch_groups, length_groups, target_count

BETA1 = 0.9
_OUTPUT_ROWS = 512  # positions whose logits are held at a time: larger blocks leave the processor's caches
_EVALUATION_BATCH_CHARS = 10_000


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    ``batch_chars``: characters a step, padding counted. ``schedule``: "cosine" to zero over all epochs, or
    "constant". ``warmup_steps``: steps of linear rise. ``clip_norm``: the largest global gradient norm, 0 for
    no clipping. With ``weight_decay`` the optimiser is AdamW, without it Adam.
    """

    epochs: int
    batch_chars: int
    learning_rate: float
    weight_decay: float
    beta2: float
    warmup_steps: int
    schedule: str
    clip_norm: float
    seed: int


@dataclass(frozen=True)
class Position:
    """How far a run has come: whole epochs, batches of the next one, optimiser steps in all."""

    epoch: int = 0
    batch: int = 0
    step: int = 0


@dataclass(frozen=True)
class StepResult:
    """What one step did: the summed loss in nats, a tensor so that a GPU need not wait, and more."""

    loss: paddle.Tensor
    characters: int
    gradient_norm: paddle.Tensor
    learning_rate: float


def learning_rate_at(step: int, total_steps: int, recipe: Recipe) -> float:
    """The learning rate of step ``step`` (counted from 0) of ``total_steps``."""
    rate = recipe.learning_rate * min(1.0, (step + 1) / max(1, recipe.warmup_steps))
    if recipe.schedule == "cosine":
        done = max(0, step - recipe.warmup_steps) / max(1, total_steps - recipe.warmup_steps)
        rate *= 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
    return rate


def check_finite(step: int, *figures: float) -> None:
    """Raise PoetryError when ``figures`` show that training has diverged by ``step``."""
    if not all(map(math.isfinite, figures)):
        raise PoetryError(
            f"the loss is not a number at step {step}; what was saved before is untouched: begin anew, in "
            "other folders, with a lower --learning_rate or with --clip_norm"
        )


class NextCharacterLoss(nn.Layer):
    """Cross-entropy of the next character, summed over the real targets of a batch."""

    def __init__(self, model: Network):
        super().__init__()
        self.model = model

    def forward(self, ids: paddle.Tensor, targets: paddle.Tensor) -> paddle.Tensor:
        """Summed loss in nats of ``ids`` and ``targets`` (B, T); NO_TARGET is no target."""
        return sum(losses.sum() for losses in target_losses(self.model, ids, targets))


def target_losses(model: Network, ids: paddle.Tensor, targets: paddle.Tensor) -> Iterator[paddle.Tensor]:
    """Yield the losses in nats of the real targets of a batch, block by block, of shape (block,)."""
    features, _ = model.features(ids)
    flat = targets.flatten()
    real = paddle.nonzero(flat != NO_TARGET).flatten()
    features = paddle.gather(features.reshape([-1, features.shape[-1]]), real)  # (real targets, hidden)
    flat = paddle.gather(flat, real)
    for start in range(0, len(flat), _OUTPUT_ROWS):
        block = flat[start : start + _OUTPUT_ROWS]
        logits = model.output(features[start : start + _OUTPUT_ROWS])  # (block, vocabulary)
        yield F.cross_entropy(logits, block, reduction="none").flatten()


def poem_losses(model: Network, poems: Sequence[np.ndarray], after: int | None = None) -> list[np.ndarray]:
    """The losses in nats of the targets of each of ``poems``: float64, (length - 1,) for ids (length,) where
    the targets do not begin behind the id ``after``."""
    found: list[np.ndarray] = [np.zeros(0)] * len(poems)
    was_training = model.training
    model.eval()
    with paddle.no_grad():
        for group in length_groups(list(map(len, poems)), _EVALUATION_BATCH_CHARS):
            batch = collate([poems[ix] for ix in group], after)
            blocks = [losses.numpy() for losses in target_losses(model, *map(paddle.to_tensor, batch))]
            ends = np.cumsum([target_count(poems[ix], after) for ix in group])
            losses = np.concatenate(blocks).astype(np.float64)
            for ix, part in zip(group, np.split(losses, ends[:-1]), strict=True):
                found[ix] = part
    if was_training:
        model.train()
    return found


def losses_by_kind(
    model: Network, poems: Sequence[np.ndarray], unspoken: Sequence[int], after: int | None = None
) -> dict[str, list[np.ndarray]]:
    """``poem_losses`` of "all" targets, and of the "characters" (not ``unspoken``)."""
    losses = poem_losses(model, poems, after)
    spoken = [
        loss[~np.isin(poem[len(poem) - len(loss) :], unspoken)]
        for loss, poem in zip(losses, poems, strict=True)
    ]
    return {"all": losses, "characters": spoken}


def perplexities(model: Network, poems: Sequence[np.ndarray], unspoken: Sequence[int]) -> dict[str, float]:
    """Perplexity of ``model`` on ``poems``, by the kinds of ``losses_by_kind``."""
    kinds = losses_by_kind(model, poems, unspoken)
    return {name: perplexity(np.concatenate([np.zeros(0), *losses])) for name, losses in kinds.items()}


def perplexity(losses: np.ndarray) -> float:
    """The perplexity that ``losses`` in nats come to."""
    return math.exp(min(losses.sum() / max(1, len(losses)), 700.0))  # in this order: not a number stays so


class Trainer:
    """Trains ``model`` on ``documents`` by ``recipe``, alone or as one of several processes.

    Under ``paddle.distributed.launch`` every process computes its share of each batch and the gradients are
    averaged, so that the steps are those of a single process, but for the masks of dropout, which each draws
    for itself.
    """

    def __init__(self, model: Network, documents: Documents, recipe: Recipe):
        self.model = model
        self.documents = documents
        self.recipe = recipe
        self.position = Position()
        self.rank, self.processes = distributed.get_rank(), distributed.get_world_size()
        self._parameters = model.parameters()
        betas = {"beta1": BETA1, "beta2": recipe.beta2}
        if recipe.weight_decay:
            self.optimizer = paddle.optimizer.AdamW(
                recipe.learning_rate, parameters=self._parameters, weight_decay=recipe.weight_decay, **betas
            )
        else:
            self.optimizer = paddle.optimizer.Adam(recipe.learning_rate, parameters=self._parameters, **betas)
        loss = NextCharacterLoss(model)
        self._forward = paddle.DataParallel(loss) if self.processes > 1 else loss
        self._steps = [
            len(length_groups(documents.lengths(epoch), recipe.batch_chars)) for epoch in range(recipe.epochs)
        ]

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return sum(self._steps)

    def run_epoch(self, after_step: Callable[[StepResult], bool]) -> bool:
        """Train to the end of the current epoch: True; or until ``after_step`` asks to stop: False."""
        self.model.train()
        epoch = self.position.epoch
        groups = epoch_groups(self.documents, self.recipe.batch_chars, self.recipe.seed, epoch)
        for group in groups[self.position.batch :]:
            result = self.train_step([self.documents.sequence(epoch, ix) for ix in group])
            self.position = replace(self.position, batch=self.position.batch + 1, step=self.position.step + 1)
            if after_step(result):
                return False
        self.position = replace(self.position, epoch=epoch + 1, batch=0)
        return True

    def train_step(self, batch: list[np.ndarray]) -> StepResult:
        """One optimiser step on ``batch``."""
        step = self.position.step
        rate = learning_rate_at(step, self.total_steps, self.recipe)
        # Dropout's masks are a function of the step, so that a resumed run needs no replay.
        paddle.seed((self.recipe.seed * 1_000_003 + step) * self.processes + self.rank)
        characters = sum(target_count(sequence, self.documents.after) for sequence in batch)
        share = batch[self.rank :: self.processes]
        scale = 1.0 if share else 0.0  # a process without a share still takes part in every step
        ids, targets = collate(share or batch[:1], self.documents.after)
        loss = self._forward(paddle.to_tensor(ids), paddle.to_tensor(targets)) * scale
        (loss * (self.processes / characters)).backward()
        norm = nn.utils.clip_grad_norm_(self._parameters, self.recipe.clip_norm or math.inf)
        self.optimizer.set_lr(rate)
        self.optimizer.step()
        self.optimizer.clear_grad()
        loss = loss.detach()
        if self.processes > 1:
            distributed.all_reduce(loss)
        return StepResult(loss, characters, norm.detach(), rate)

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """(tensors, plain data) from which ``restore`` goes on as if the run had never stopped."""
        tensors = {f"weight/{name}": tensor.numpy() for name, tensor in self.model.weights().items()}
        moments = self.optimizer.state_dict()
        for name, tensor in self.model.weights().items():
            for key, value in moments.items():
                if key.startswith(tensor.name + "_"):
                    tensors[f"{key.removeprefix(tensor.name + '_')}/{name}"] = value.numpy()
        return tensors, {"position": vars(self.position)}

    def restore(self, tensors: dict[str, np.ndarray], data: dict[str, Any]) -> None:
        """Go on from what ``state`` gave. Raises PoetryError when it does not fit this model."""
        moments = {}
        try:
            for name, tensor in self.model.weights().items():
                tensor.set_value(tensors[f"weight/{name}"])
                for key, value in tensors.items():
                    kind, _, owner = key.partition("/")
                    if owner == name and kind != "weight":
                        moments[f"{tensor.name}_{kind}"] = paddle.to_tensor(value)
            self.optimizer.set_state_dict(moments)
            self.position = Position(**data["position"])
        except (KeyError, ValueError, TypeError, AssertionError) as error:
            raise PoetryError(f"the training state does not fit this model ({error})") from None

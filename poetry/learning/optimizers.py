"""The optimisers, and the learning rate of every step."""

import math
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import paddle

from poetry.learning.muon import Muon

BETA1 = 0.9
RHO, EPSILON = 0.9, 1e-7  # of RMSprop, as in Keras
PLATEAU_FACTOR = 0.5
_NORM_EPSILON = 1e-6
_ADAM = {"moment1_0": True, "moment2_0": True, "beta1_pow_acc_0": False, "beta2_pow_acc_0": False}
# What an optimiser remembers of every weight, by Paddle's names: whether it has the weight's shape, not (1,).
# For Muon: of the weights that it leaves to AdamW.
MOMENTS: dict[str, dict[str, bool]] = {
    "adamw": _ADAM,
    "muon": _ADAM,
    "adam": _ADAM,
    "rmsprop": {"momentum_0": True, "mean_square_0": True, "mean_grad_0": True},
    "sgd": {},
}
MUON_MOMENTS = {"momentum_0": True}  # of the matrices that it updates itself


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    ``optimizer``: a name of MOMENTS; ``weight_decay`` (decoupled) and ``beta2`` are for those that have them.
    "muon" updates the matrices within the network by Muon and all other weights by AdamW.
    ``schedule`` of the learning rate after ``warmup_steps`` steps of linear rise: "cosine" to zero over all
    epochs, "constant", or "plateau": times PLATEAU_FACTOR whenever the held-out loss is no lower than it was
    at its lowest. ``clip_norm``: the largest global gradient norm, 0 for no clipping.
    """

    epochs: int
    optimizer: str
    learning_rate: float
    weight_decay: float
    beta2: float
    warmup_steps: int
    schedule: str
    clip_norm: float
    seed: int

    @classmethod
    def of(cls, options: dict[str, Any]) -> Self:
        """Return the recipe of the ``options`` of train.py, by name."""
        return cls(options["epoch"], **{name: options[name] for name in RECIPE_OPTIONS})


RECIPE_OPTIONS = tuple(field.name for field in fields(Recipe) if field.name != "epochs")


def moments(optimizer: str, is_matrix: bool) -> dict[str, bool]:
    """What an optimiser remembers of a weight, as in MOMENTS; ``is_matrix``: one of ``Network.matrices``."""
    return MUON_MOMENTS if optimizer == "muon" and is_matrix else MOMENTS[optimizer]


def make_optimizer(
    recipe: Recipe, parameters: list[paddle.Tensor], matrices: list[paddle.Tensor]
) -> paddle.optimizer.Optimizer | Muon:
    """The optimiser that ``recipe`` names; ``matrices`` are those ``parameters`` that Muon updates itself."""
    if recipe.optimizer == "muon":
        own = set(map(id, matrices))
        others = [weight for weight in parameters if id(weight) not in own]
        adam = make_optimizer(replace(recipe, optimizer="adamw"), others, [])
        return Muon(matrices, adam, recipe.weight_decay)
    common = {"learning_rate": recipe.learning_rate, "parameters": parameters}
    if recipe.optimizer == "sgd":
        return paddle.optimizer.SGD(**common)
    if recipe.optimizer == "rmsprop":
        return paddle.optimizer.RMSProp(rho=RHO, epsilon=EPSILON, **common)
    betas = {"beta1": BETA1, "beta2": recipe.beta2}
    if recipe.optimizer == "adamw" and recipe.weight_decay:
        return paddle.optimizer.AdamW(weight_decay=recipe.weight_decay, **betas, **common)
    return paddle.optimizer.Adam(use_multi_tensor=True, **betas, **common)  # all weights in one call


def clip_gradients(parameters: list[paddle.Tensor], largest: float) -> paddle.Tensor:
    """Scale gradients of a global norm over ``largest`` down to it (0: leave them); the norm before.

    As Paddle's clip_grad_norm_, whose norms take a twentieth of the time of a step on a processor.
    """
    gradients = [tensor.grad for tensor in parameters if tensor.grad is not None]
    with paddle.no_grad():
        norm = paddle.stack([(gradient * gradient).sum() for gradient in gradients]).sum().sqrt()
        if largest:
            factor = (largest / (norm + _NORM_EPSILON)).clip(max=1.0)
            for gradient in gradients:
                gradient.multiply_(factor)
    return norm


def learning_rate_at(step: int, total_steps: int, recipe: Recipe) -> float:
    """The learning rate of step ``step`` (counted from 0) of ``total_steps``, plateaus left out."""
    rate = recipe.learning_rate * min(1.0, (step + 1) / max(1, recipe.warmup_steps))
    if recipe.schedule == "cosine":
        done = max(0, step - recipe.warmup_steps) / max(1, total_steps - recipe.warmup_steps)
        rate *= 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
    return rate


@dataclass
class Plateau:
    """What the schedule "plateau" remembers: the lowest held-out loss in nats, the factor of the rate."""

    lowest: float | None = None
    factor: float = 1.0

    def note(self, loss: float) -> None:
        """Take note of a held-out loss."""
        if self.lowest is None or loss < self.lowest:
            self.lowest = loss
        else:
            self.factor *= PLATEAU_FACTOR

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return dict(vars(self))

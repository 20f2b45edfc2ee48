"""What every network offers, whatever is inside it: ids and a state go in, logits and a state come out."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional as F

# What a network remembers of the ids that it has read: for every layer a tuple of tensors, rows on axis 0.
# Other axes may grow with what was read, to the left: the newest comes last.
State = list[tuple[paddle.Tensor, ...]]


@dataclass(frozen=True)
class Architecture:
    """The kind of a network and its sizes, in ids, features, layers and positions.

    ``embedding_size`` 0 is one-hot input; sizes that a kind does not have are 0.
    """

    vocabulary_size: int
    embedding_size: int
    hidden_size: int
    num_layers: int
    kind: str = "lstm"
    heads: int = 0
    context: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As plain data, without what is as it was when LSTMs were the only kind."""
        fresh = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != fresh[name]}


class Network(nn.Layer):
    """A model of what comes next, without hidden memory: the state goes in and out.

    ``output`` gives the logits (..., vocabulary_size) of the id after each place of ``features`` (..., F).
    ``dropout`` is the share that ``_drop`` sets to zero while training, with a mask of its own in each place.
    """

    output: Callable[[paddle.Tensor], paddle.Tensor]
    sizes: tuple[str, ...] = ()  # those of an Architecture that this kind has, vocabulary_size aside

    def __init__(self, architecture: Architecture, dropout: float = 0.0):
        super().__init__()
        self.architecture = architecture
        self.dropout = dropout

    @staticmethod
    def check(architecture: Architecture) -> None:
        """Raise PoetryError where the sizes of ``architecture`` do not fit one another."""

    @staticmethod
    def shapes(architecture: Architecture) -> dict[str, list[int]]:
        """The shape of every weight, by name, as ``weights`` gives them."""
        raise NotImplementedError

    def initialise(self, seed: int) -> None:
        """Draw new weights."""
        raise NotImplementedError

    def initial_state(self, rows: int) -> State:
        """The state before anything is read."""
        raise NotImplementedError

    def check_state(self, state: list[tuple[np.ndarray, ...]]) -> None:
        """Raise PoetryError where a state, its parts of the right types, cannot be this network's."""

    def features(self, ids: paddle.Tensor, state: State | None = None) -> tuple[paddle.Tensor, State]:
        """Read ``ids`` (B, T) after ``state``: what ``output`` takes (B, T, F), the state after them.

        Without ``state``: from the beginning.
        """
        raise NotImplementedError

    def forward(self, ids: paddle.Tensor, state: State | None = None) -> tuple[paddle.Tensor, State]:
        """Logits of the id after each of ``ids`` (B, T): ((B, T, vocabulary_size), state)."""
        features, state = self.features(ids, state)
        return self.output(features), state

    def weights(self) -> dict[str, paddle.Tensor]:
        """Every parameter once, by name (``state_dict`` of an LSTM holds each twice)."""
        return dict(self.named_parameters())

    def matrices(self) -> list[str]:
        """The names of the weights within the network that multiply features: no embeddings, no output."""
        raise NotImplementedError

    def _drop(self, features: paddle.Tensor) -> paddle.Tensor:
        return F.dropout(features, self.dropout, training=self.training) if self.dropout else features


def detach(state: State) -> State:
    """``state`` without the gradients that lead to it."""
    return [tuple(part.detach() for part in layer) for layer in state]


def select_rows(state: State, rows: Sequence[int] | np.ndarray) -> State:
    """The ``rows`` of ``state``, each as often and in the order given."""
    index = paddle.to_tensor(rows, dtype="int64")
    return [tuple(paddle.index_select(part, index, axis=0) for part in layer) for layer in state]


def join_rows(states: list[State]) -> State:
    """The rows of all ``states`` in one; axes that have grown apart are filled up on the left with 0."""
    return [
        tuple(paddle.concat(_padded(parts)) for parts in zip(*layers, strict=True))
        for layers in zip(*states, strict=True)
    ]


def _padded(parts: tuple[paddle.Tensor, ...]) -> list[paddle.Tensor]:
    """``parts`` of one shape but for their rows."""
    parts = list(parts)
    for axis in range(1, parts[0].ndim):
        longest = max(part.shape[axis] for part in parts)
        for ix, part in enumerate(parts):
            if part.shape[axis] < longest:
                shape = [*part.shape]
                shape[axis] = longest - shape[axis]
                parts[ix] = paddle.concat([paddle.zeros(shape, part.dtype), part], axis)
    return parts

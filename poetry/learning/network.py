"""The interface of all networks: ids and a state go in, logits and a new state come out."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional as F

# The state of a network after the ids that it has read: for every layer a tuple of tensors, rows on axis 0.
# Another axis may grow with the number of ids; the newest is last on it.
State = list[tuple[paddle.Tensor, ...]]


@dataclass(frozen=True)
class Architecture:
    """The kind of a network and its sizes, in ids, features, layers and positions.

    ``embedding_size`` 0 means one-hot input; sizes that a kind does not have are 0.
    """

    vocabulary_size: int
    embedding_size: int
    hidden_size: int
    num_layers: int
    kind: str = "lstm"
    heads: int = 0
    context: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, without the fields that equal their default."""
        fresh = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != fresh[name]}


class Network(nn.Layer):
    """A model of the next id. It keeps no state: the state is an argument and a result.

    ``output`` maps ``features`` (..., F) to the logits (..., vocabulary_size) of the next id. ``dropout`` is
    the share that ``_drop`` sets to zero in training; each call draws a new mask.
    """

    output: Callable[[paddle.Tensor], paddle.Tensor]
    sizes: tuple[str, ...] = ()  # sizes of Architecture that this kind has, besides vocabulary_size

    def __init__(self, architecture: Architecture, dropout: float = 0.0):
        super().__init__()
        self.architecture = architecture
        self.dropout = dropout

    @staticmethod
    def check(architecture: Architecture) -> None:
        """Raise PoetryError where the sizes of ``architecture`` do not fit one another."""

    @staticmethod
    def shapes(architecture: Architecture) -> dict[str, list[int]]:
        """Return the shape of every weight, by its name in ``weights``."""
        raise NotImplementedError

    def initialise(self, seed: int) -> None:
        """Draw new weights."""
        raise NotImplementedError

    def initial_state(self, rows: int) -> State:
        """Return the state before anything is read."""
        raise NotImplementedError

    def check_state(self, state: list[tuple[np.ndarray, ...]]) -> None:
        """Raise PoetryError where a state, whose dtypes are already checked, does not fit this network."""

    def features(self, ids: paddle.Tensor, state: State | None = None) -> tuple[paddle.Tensor, State]:
        """Read ``ids`` (B, T) after ``state``; return (features (B, T, F) for ``output``, new state).

        Without ``state`` it starts from ``initial_state``.
        """
        raise NotImplementedError

    def forward(self, ids: paddle.Tensor, state: State | None = None) -> tuple[paddle.Tensor, State]:
        """Read ``ids`` (B, T); return (logits (B, T, vocabulary_size) of the next ids, new state)."""
        features, state = self.features(ids, state)
        return self.output(features), state

    def weights(self) -> dict[str, paddle.Tensor]:
        """Return every parameter once, by name (``state_dict`` of an LSTM holds each twice)."""
        return dict(self.named_parameters())

    def matrices(self) -> list[str]:
        """The names of the weights within the network that multiply features: no embeddings, no output."""
        raise NotImplementedError

    def _drop(self, features: paddle.Tensor) -> paddle.Tensor:
        return F.dropout(features, self.dropout, training=self.training) if self.dropout else features


def detach(state: State) -> State:
    """Return ``state`` detached, so that no gradient flows back through it."""
    return [tuple(part.detach() for part in layer) for layer in state]


def select_rows(state: State, rows: Sequence[int] | np.ndarray) -> State:
    """Return the ``rows`` of ``state`` in the given order; a row may be repeated."""
    index = paddle.to_tensor(rows, dtype="int64")
    return [tuple(paddle.index_select(part, index, axis=0) for part in layer) for layer in state]


def join_rows(states: list[State]) -> State:
    """Join the rows of all ``states``; axes of different lengths are padded on the left with 0."""
    return [
        tuple(paddle.concat(_padded(parts)) for parts in zip(*layers, strict=True))
        for layers in zip(*states, strict=True)
    ]


def _padded(parts: tuple[paddle.Tensor, ...]) -> list[paddle.Tensor]:
    """Pad ``parts`` on the left with 0 until their shapes differ only in the number of rows."""
    parts = list(parts)
    for axis in range(1, parts[0].ndim):
        longest = max(part.shape[axis] for part in parts)
        for ix, part in enumerate(parts):
            if part.shape[axis] < longest:
                shape = [*part.shape]
                shape[axis] = longest - shape[axis]
                parts[ix] = paddle.concat([paddle.zeros(shape, part.dtype), part], axis)
    return parts

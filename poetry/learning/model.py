"""The character language model: Embedding -> LSTM x layers -> Linear."""

from dataclasses import asdict, dataclass

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional as F

INPUT_GAIN = 1.5

State = tuple[paddle.Tensor, paddle.Tensor]


@dataclass(frozen=True)
class Architecture:
    """The sizes of a model, in ids, features and layers."""

    vocabulary_size: int
    embedding_size: int
    hidden_size: int
    num_layers: int

    def to_dict(self) -> dict[str, int]:
        """As plain data."""
        return asdict(self)


class PoetryModel(nn.Layer):
    """Next-character model without hidden memory: the state goes in and out.

    ``dropout`` is applied after the embedding, between layers and before the output, with a mask of its own
    in each place: the layers are LSTMs of one layer each because Paddle's LSTM of several shares one mask on
    the CPU.
    """

    def __init__(self, architecture: Architecture, dropout: float = 0.0):
        super().__init__()
        self.architecture = architecture
        self.dropout = dropout
        hidden = architecture.hidden_size
        self.embedding = nn.Embedding(architecture.vocabulary_size, architecture.embedding_size)
        sizes = [architecture.embedding_size] + [hidden] * (architecture.num_layers - 1)
        self.lstm = nn.LayerList([nn.LSTM(size, hidden, time_major=True) for size in sizes])
        self.output = nn.Linear(hidden, architecture.vocabulary_size)

    def initialise(self, seed: int) -> None:
        """Draw new weights that carry a signal through all layers from the first step.

        Embeddings are standard normal, the matrices of the LSTMs orthogonal gate by gate (Saxe et al. 2014)
        with a gain on the inputs; forget gates begin open with bias 1 (Jozefowicz et al. 2015). Paddle's own
        embeddings, of standard deviation 0.017 for 6,390 words, are so small that three layers learn nothing
        but frequencies for several times as long. The output layer keeps the weights that Paddle drew, which
        depend on ``paddle.seed``.
        """
        random = np.random.default_rng(seed)
        hidden = self.architecture.hidden_size
        self.embedding.weight.set_value(random.standard_normal(self.embedding.weight.shape, dtype=np.float32))
        for layer in self.lstm:
            layer.weight_ih_l0.set_value(INPUT_GAIN * _orthogonal_gates(random, layer.weight_ih_l0.shape))
            layer.weight_hh_l0.set_value(_orthogonal_gates(random, layer.weight_hh_l0.shape))
            bias = np.zeros(4 * hidden, dtype=np.float32)
            bias[hidden : 2 * hidden] = 1.0  # Paddle's weights hold the gates as i, f, g, o
            layer.bias_ih_l0.set_value(bias)
            layer.bias_hh_l0.set_value(np.zeros_like(bias))

    def initial_state(self, rows: int) -> State:
        """The state before a poem: two zero tensors [num_layers, rows, hidden_size]."""
        shape = [self.architecture.num_layers, rows, self.architecture.hidden_size]
        return paddle.zeros(shape), paddle.zeros(shape)

    def features(self, ids: paddle.Tensor, state: State | None = None) -> tuple[paddle.Tensor, State]:
        """Run ``ids`` (B, T) through the LSTM: ((B, T, hidden_size), state after the last column)."""
        if state is None:
            state = self.initial_state(ids.shape[0])
        features = self._drop(self.embedding(ids.t()))  # (T, B, embedding_size)
        hidden, cell = [], []
        for layer, h, c in zip(self.lstm, state[0], state[1], strict=True):
            features, (h, c) = layer(features, (h.unsqueeze(0), c.unsqueeze(0)))
            features = self._drop(features)
            hidden.append(h)
            cell.append(c)
        return features.transpose([1, 0, 2]), (paddle.concat(hidden), paddle.concat(cell))

    def forward(self, ids: paddle.Tensor, state: State | None = None) -> tuple[paddle.Tensor, State]:
        """Logits of the character after each of ``ids`` (B, T): ((B, T, vocabulary_size), state)."""
        features, state = self.features(ids, state)
        return self.output(features), state

    def weights(self) -> dict[str, paddle.Tensor]:
        """Every parameter once, by name (``state_dict`` of an LSTM holds each twice)."""
        return dict(self.named_parameters())

    def _drop(self, features: paddle.Tensor) -> paddle.Tensor:
        return F.dropout(features, self.dropout, training=self.training) if self.dropout else features


def _orthogonal_gates(random: np.random.Generator, shape: list[int]) -> np.ndarray:
    """A weight [4 * hidden, inputs] whose four gates are random matrices of orthonormal rows or columns."""
    rows, columns = shape[0] // 4, shape[1]
    gates = []
    for _ in range(4):
        basis, triangle = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
        basis *= np.sign(np.diag(triangle))  # else the distribution is not uniform
        gates.append(basis if rows >= columns else basis.T)
    return np.concatenate(gates).astype(np.float32)

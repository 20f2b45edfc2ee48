"""The character language model: Embedding -> LSTM x layers -> Linear."""

from dataclasses import asdict, dataclass

import paddle
from paddle import nn
from paddle.nn import functional as F

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
        self._initialise()

    def _initialise(self) -> None:
        """Forget-gate bias 1 (Jozefowicz et al. 2015); Paddle's weights hold the gates as i, f, g, o."""
        hidden = self.architecture.hidden_size
        for layer in self.lstm:
            bias = layer.bias_ih_l0.numpy()
            bias[hidden : 2 * hidden] = 1.0
            layer.bias_ih_l0.set_value(bias)

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

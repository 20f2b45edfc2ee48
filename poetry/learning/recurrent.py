"""Recurrent networks: Embedding -> LSTM, GRU or plain RNN x layers -> Linear."""

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional as F

from poetry.learning.layers import Linear
from poetry.learning.network import Architecture, Network, State

INPUT_GAIN = 1.5
_LAYERS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.SimpleRNN}
_GATES = {"lstm": 4, "gru": 3, "rnn": 1}  # number of gates; LSTM: i, f, g, o; GRU: r, z, c
_KEEPING = {"lstm": 1, "gru": 1}  # index of the gate that keeps the old state


class Recurrent(Network):
    """Layers of one kind, each with its own state.

    Dropout is applied after the embedding, between layers and before the output. Every layer is a Paddle
    module with num_layers=1, because with more, on the CPU, Paddle uses one dropout mask for all layers. The
    list of layers, and so its weights, are named after the kind: ``lstm.0.weight_ih_l0``.
    """

    sizes = ("embedding_size", "hidden_size", "num_layers")

    def __init__(self, architecture: Architecture, dropout: float = 0.0):
        super().__init__(architecture, dropout)
        hidden = architecture.hidden_size
        if architecture.embedding_size:
            self.embedding = nn.Embedding(architecture.vocabulary_size, architecture.embedding_size)
        layers = [
            _LAYERS[architecture.kind](size, hidden, time_major=True) for size in _input_sizes(architecture)
        ]
        self.add_sublayer(architecture.kind, nn.LayerList(layers))
        self.output = Linear(hidden, architecture.vocabulary_size)

    @staticmethod
    def shapes(architecture: Architecture) -> dict[str, list[int]]:
        """Return the shape of every weight, by name."""
        words, hidden, kind = architecture.vocabulary_size, architecture.hidden_size, architecture.kind
        shapes = {"output.weight": [hidden, words], "output.bias": [words]}
        if architecture.embedding_size:
            shapes["embedding.weight"] = [words, architecture.embedding_size]
        gates = _GATES[kind] * hidden
        for layer, size in enumerate(_input_sizes(architecture)):
            shapes[f"{kind}.{layer}.weight_ih_l0"] = [gates, size]
            shapes[f"{kind}.{layer}.weight_hh_l0"] = [gates, hidden]
            shapes[f"{kind}.{layer}.bias_ih_l0"] = [gates]
            shapes[f"{kind}.{layer}.bias_hh_l0"] = [gates]
        return shapes

    def initialise(self, seed: int) -> None:
        """Draw new weights that carry a signal through all layers from the first step.

        Embeddings are standard normal. The matrices of the layers are orthogonal gate by gate (Saxe et al.
        2014); input matrices are multiplied by INPUT_GAIN. The input matrix of one-hot input is normal, so
        that gates start as with embeddings. Biases are 0, but 1 for the LSTM's forget gate and the GRU's
        update gate (Jozefowicz et al. 2015). With Paddle's own embeddings, of standard deviation 0.017 for
        6,390 words, three layers take several times as long to learn more than frequencies. The output layer
        keeps the weights that Paddle drew, which depend on ``paddle.seed``.
        """
        random = np.random.default_rng(seed)
        kind, hidden = self.architecture.kind, self.architecture.hidden_size
        one_hot = self.architecture.embedding_size == 0
        if not one_hot:
            weight = self.embedding.weight
            weight.set_value(random.standard_normal(weight.shape, dtype=np.float32))
        for number, layer in enumerate(self._layers()):
            if one_hot and number == 0:
                inputs = random.standard_normal(layer.weight_ih_l0.shape, dtype=np.float32)
            else:
                inputs = _orthogonal_gates(random, layer.weight_ih_l0.shape, _GATES[kind])
            layer.weight_ih_l0.set_value(INPUT_GAIN * inputs)
            layer.weight_hh_l0.set_value(_orthogonal_gates(random, layer.weight_hh_l0.shape, _GATES[kind]))
            bias = np.zeros(_GATES[kind] * hidden, dtype=np.float32)
            layer.bias_hh_l0.set_value(bias)
            if kind in _KEEPING:
                bias[_KEEPING[kind] * hidden : (_KEEPING[kind] + 1) * hidden] = 1.0
            layer.bias_ih_l0.set_value(bias)

    def initial_state(self, rows: int) -> State:
        """Return zeros (rows, hidden_size): per layer (hidden, cell) of an LSTM, (hidden,) of other kinds."""
        shape = [rows, self.architecture.hidden_size]
        parts = 2 if self.architecture.kind == "lstm" else 1
        layers = range(self.architecture.num_layers)
        return [tuple(paddle.zeros(shape) for _ in range(parts)) for _ in layers]

    def matrices(self) -> list[str]:
        """As in Network; what multiplies one-hot input is an embedding."""
        layers = range(self.architecture.num_layers)
        names = [f"{self.architecture.kind}.{n}.weight_{by}_l0" for n in layers for by in ("ih", "hh")]
        return names if self.architecture.embedding_size else names[1:]

    def features(self, ids: paddle.Tensor, state: State | None = None) -> tuple[paddle.Tensor, State]:
        """Read ``ids`` (B, T) after ``state``; return (last hidden states (B, T, hidden_size), new state)."""
        if state is None:
            state = self.initial_state(ids.shape[0])
        features = self._drop(self._inputs(ids.t()))  # (T, B, embedding_size)
        after: State = []
        stepwise = self.architecture.kind == "gru" and ids.shape[1] == 1 and not self.training
        for layer, before in zip(self._layers(), state, strict=True):
            if stepwise:
                hidden = _gru_step(layer, features[0], before[0])
                features = hidden.unsqueeze(0)
                after.append((hidden,))
                continue
            parts = tuple(part.unsqueeze(0) for part in before)
            features, parts = layer(features, parts if len(parts) > 1 else parts[0])
            features = self._drop(features)
            parts = parts if isinstance(parts, tuple | list) else (parts,)
            after.append(tuple(part.squeeze(0) for part in parts))
        return features.transpose([1, 0, 2]), after

    def _layers(self) -> nn.LayerList:
        return getattr(self, self.architecture.kind)

    def _inputs(self, ids: paddle.Tensor) -> paddle.Tensor:
        if self.architecture.embedding_size:
            return self.embedding(ids)
        return F.one_hot(ids, self.architecture.vocabulary_size)


def _gru_step(layer: nn.GRU, inputs: paddle.Tensor, hidden: paddle.Tensor) -> paddle.Tensor:
    """Return the hidden state (B, H) after one step, as ``layer`` does, but much faster than its kernel."""
    read = paddle.matmul(inputs, layer.weight_ih_l0, transpose_y=True) + layer.bias_ih_l0
    kept = paddle.matmul(hidden, layer.weight_hh_l0, transpose_y=True) + layer.bias_hh_l0
    read, kept = read.split(3, axis=-1), kept.split(3, axis=-1)
    reset, update = (F.sigmoid(a + b) for a, b in zip(read[:2], kept[:2], strict=True))
    candidate = F.tanh(read[2] + reset * kept[2])
    return (hidden - candidate) * update + candidate


def _input_sizes(architecture: Architecture) -> list[int]:
    """Return the number of input features of each layer."""
    first = architecture.embedding_size or architecture.vocabulary_size
    return [first] + [architecture.hidden_size] * (architecture.num_layers - 1)


def _orthogonal_gates(random: "np.random.Generator", shape: list[int], gates: int) -> np.ndarray:
    """Draw a weight [gates * hidden, inputs]: for each gate a matrix with orthonormal rows or columns."""
    rows, columns = shape[0] // gates, shape[1]
    drawn = []
    for _ in range(gates):
        basis, triangle = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
        basis *= np.sign(np.diag(triangle))  # without this the distribution is not uniform
        drawn.append(basis if rows >= columns else basis.T)
    return np.concatenate(drawn).astype(np.float32)

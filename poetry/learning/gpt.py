"""A transformer like GPT-2 (Radford et al. 2019), with the same names of weights: pre-norm blocks, learned
positions, GELU approximated by tanh, output weights tied to the embedding."""

import math

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional as F

from poetry.base.errors import PoetryError
from poetry.learning.layers import LayerNorm, Linear
from poetry.learning.network import Architecture, Network, State

_EPSILON = 1e-5
_DEVIATION = 0.02  # standard deviation of new weights
_PRODUCTS = {"attn.c_attn": (1, 3), "attn.c_proj": (1, 1), "mlp.c_fc": (1, 4), "mlp.c_proj": (4, 1)}
_HIDDEN = -1e9  # added to an attention score, it makes the weight 0


class GPT(Network):
    """Reads up to ``context`` ids; when the context is full, reads its last half again, from position 0.

    The result is the same whether ids come all at once or one by one. The state is a list: first (ids (B, P)
    read so far, lengths (B,)), where only the last ``length`` ids of a row belong to it and the others are
    padding; then for every block (keys, values), each (B, heads, P, hidden_size / heads). Dropout is applied
    after the embedding and to the output of the attention and of the perceptron of each block.
    """

    sizes = ("hidden_size", "num_layers", "heads", "context")

    def __init__(self, architecture: Architecture, dropout: float = 0.0):
        super().__init__(architecture, dropout)
        width = architecture.hidden_size
        self.wte = nn.Embedding(architecture.vocabulary_size, width)
        self.wpe = nn.Embedding(architecture.context, width)
        self.h = nn.LayerList([_Block(width, architecture.heads) for _ in range(architecture.num_layers)])
        self.ln_f = LayerNorm(width, _EPSILON)

    @staticmethod
    def check(architecture: Architecture) -> None:
        """Raise PoetryError where the sizes do not fit one another."""
        if architecture.hidden_size % architecture.heads:
            raise PoetryError(
                f"--hidden_size {architecture.hidden_size} is no multiple of --heads {architecture.heads}"
            )
        if architecture.context < 2:
            raise PoetryError("--context 1 is too short; give 2 or more")

    @staticmethod
    def shapes(architecture: Architecture) -> dict[str, list[int]]:
        """The shape of every weight, by name."""
        width = architecture.hidden_size
        shapes = {
            "wte.weight": [architecture.vocabulary_size, width],
            "wpe.weight": [architecture.context, width],
        }
        norms = ["ln_f"]
        for layer in range(architecture.num_layers):
            block = f"h.{layer}"
            norms += [f"{block}.ln_1", f"{block}.ln_2"]
            for name, (inputs, outputs) in _PRODUCTS.items():
                shapes[f"{block}.{name}.weight"] = [inputs * width, outputs * width]
                shapes[f"{block}.{name}.bias"] = [outputs * width]
        for name in norms:
            shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = [width]
        return shapes

    def initialise(self, seed: int) -> None:
        """Draw new weights as GPT-2 does: normal, with a smaller deviation at the ends of residual paths."""
        random = np.random.default_rng(seed)
        for name, weight in self.weights().items():
            if weight.ndim > 1:
                deviation = _DEVIATION
                if name.endswith("c_proj.weight"):
                    deviation /= math.sqrt(2 * self.architecture.num_layers)
                weight.set_value(deviation * random.standard_normal(weight.shape, dtype=np.float32))
            else:
                norm = ".ln_" in f".{name}" and name.endswith("weight")
                weight.set_value(paddle.ones_like(weight) if norm else paddle.zeros_like(weight))

    def initial_state(self, rows: int) -> State:
        """Return a state without ids, keys and values."""
        sizes = self.architecture
        none = paddle.zeros([rows, sizes.heads, 0, sizes.hidden_size // sizes.heads])
        nothing = (paddle.zeros([rows, 0], "int64"), paddle.zeros([rows], "int64"))
        return [nothing, *[(none, none)] * sizes.num_layers]

    def check_state(self, state: list[tuple[np.ndarray, ...]]) -> None:
        """Raise PoetryError unless the ids are valid, at most ``context``, and as many as keys and values."""
        (ids, lengths), *layers = state
        read = ids.shape[1]
        sound = (
            read <= self.architecture.context
            and (lengths == read).all()
            and ((ids >= 0) & (ids < self.architecture.vocabulary_size)).all()
            and all(part.shape[2] == read for parts in layers for part in parts)
        )
        if not sound:
            raise PoetryError("what it carries is no state of a gpt")

    def matrices(self) -> list[str]:
        """As in Network."""
        layers = range(self.architecture.num_layers)
        return [f"h.{layer}.{name}.weight" for layer in layers for name in _PRODUCTS]

    def features(self, ids: paddle.Tensor, state: State | None = None) -> tuple[paddle.Tensor, State]:
        """Read ``ids`` (B, T) after ``state``; return (hidden states (B, T, hidden_size), new state).

        The hidden states are those of the last layer after ``ln_f``.
        """
        if state is None:
            state = self.initial_state(ids.shape[0])
        pieces = []
        while ids.shape[1]:
            room = self.architecture.context - state[0][0].shape[1]
            if room:
                features, state = self._read(ids[:, :room], state)
                pieces.append(features)
                ids = ids[:, room:]
            else:
                state = self._reread(state)
        return pieces[0] if len(pieces) == 1 else paddle.concat(pieces, axis=1), state

    def output(self, features: paddle.Tensor) -> paddle.Tensor:
        """Return the logits (..., vocabulary_size) of the next id from ``features`` (..., hidden_size)."""
        return paddle.matmul(features, self.wte.weight, transpose_y=True)

    @paddle.no_grad()
    def _reread(self, state: State) -> State:
        """Return the state after reading ids again as a new beginning.

        These are the last half of the ids of a row whose context is full, all ids of the other rows.
        """
        ids, lengths = state[0]
        full = lengths == self.architecture.context
        lengths = paddle.where(full, paddle.full_like(lengths, self.architecture.context // 2), lengths)
        empty = self.initial_state(ids.shape[0])
        longest = int(lengths.max())
        empty[0] = (empty[0][0], lengths - longest)
        return self._read(ids[:, -longest:], empty)[1]

    def _read(self, ids: paddle.Tensor, state: State) -> tuple[paddle.Tensor, State]:
        """As ``features``, for ids that fit in the context.

        A length of -n means that the first n of the new ids are padding of this row.
        """
        (before, lengths), *past = state
        columns = before.shape[1]
        steps = paddle.arange(ids.shape[1])
        positions = lengths.unsqueeze(1) + steps  # (B, T)
        mask = self._mask(columns, ids.shape[1], columns - lengths)
        if mask is not None:  # to its full shape: adding with broadcasting takes several times as long
            mask = mask.expand([ids.shape[0], self.architecture.heads, *mask.shape[-2:]])
        features = self._drop(self.wte(ids) + self.wpe(positions.clip(min=0)))
        after: State = [(paddle.concat([before, ids], axis=1), lengths + ids.shape[1])]
        for block, (keys, values) in zip(self.h, past, strict=True):
            added, keys, values = block.attn(block.ln_1(features), keys, values, mask)
            features = features + self._drop(added)
            features = features + self._drop(block.mlp(block.ln_2(features)))
            after.append((keys, values))
        return self.ln_f(features), after

    def _mask(self, columns: int, new: int, foreign: paddle.Tensor) -> paddle.Tensor | None:
        """Return what to add to the scores (B, heads, new, columns + new) of ``new`` ids after ``columns``.

        None where every id may attend to all others. The first ``foreign`` (B,) columns of a row are padding.
        """
        mask = None
        if new > 1:
            mask = paddle.full([new, columns + new], _HIDDEN).triu(columns + 1)
        if int(foreign.max()) > 0:
            hidden = paddle.arange(columns + new) < foreign.unsqueeze(1)  # (B, columns + new)
            hidden = (hidden.astype("float32") * _HIDDEN).unsqueeze([1, 2])
            mask = hidden if mask is None else mask + hidden
        return mask


class _Block(nn.Layer):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.ln_1 = LayerNorm(width, _EPSILON)
        self.attn = _Attention(width, heads)
        self.ln_2 = LayerNorm(width, _EPSILON)
        self.mlp = _Perceptron(width)


class _Attention(nn.Layer):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.c_attn = Linear(width, 3 * width)
        self.c_proj = Linear(width, width)

    def forward(self, features, keys, values, mask):
        """Attend from ``features`` (B, T, width) to P past positions and to themselves.

        ``keys``, ``values``: (B, heads, P, width / heads). Return (output (B, T, width), keys, values), the
        last two with those of ``features`` appended.
        """
        rows, new, width = features.shape
        parts = self.c_attn(features).reshape([rows, new, 3, self.heads, width // self.heads])
        query, key, value = parts.transpose([2, 0, 3, 1, 4]).unbind()  # (B, heads, T, width / heads)
        if keys.shape[2]:
            key, value = paddle.concat([keys, key], axis=2), paddle.concat([values, value], axis=2)
        scores = paddle.matmul(query * (width // self.heads) ** -0.5, key, transpose_y=True)
        weights = F.softmax(scores if mask is None else scores + mask)  # (B, heads, T, P + T)
        found = paddle.matmul(weights, value).transpose([0, 2, 1, 3]).reshape([rows, new, width])
        return self.c_proj(found), key, value


class _Perceptron(nn.Layer):
    def __init__(self, width: int):
        super().__init__()
        self.c_fc = Linear(width, 4 * width)
        self.c_proj = Linear(4 * width, width)

    def forward(self, features):
        """Map (B, T, width) to (B, T, width), each position by itself."""
        return self.c_proj(F.gelu(self.c_fc(features), approximate=True))

"""A transformer as GPT-2 is (Radford et al. 2019), its weights named as there: pre-norm blocks, learned
positions, gelu by tanh, the output tied to the embedding."""

import math

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional as F

from poetry.base.errors import PoetryError
from poetry.learning.layers import LayerNorm, Linear
from poetry.learning.network import Architecture, Network, State

_EPSILON = 1e-5
_DEVIATION = 0.02  # of new weights
_PRODUCTS = {"attn.c_attn": (1, 3), "attn.c_proj": (1, 1), "mlp.c_fc": (1, 4), "mlp.c_proj": (4, 1)}
_HIDDEN = -1e9  # a score that leaves no attention


class GPT(Network):
    """Reads up to ``context`` ids at a time; after them the last half of these is read again, as a beginning.

    That is so whether ids come at once or one by one. The state is, for the embedding, (ids (B, P) read so
    far, how many of them are each row's own (B,), the last ones), then for every block its keys and values,
    (B, heads, P, hidden_size / heads) each. Dropout is applied after the embedding and to what each half of a
    block adds.
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
        """Draw new weights as GPT-2 does: normal, smaller where a block adds to what runs through all."""
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
        """No ids, no keys and no values."""
        sizes = self.architecture
        none = paddle.zeros([rows, sizes.heads, 0, sizes.hidden_size // sizes.heads])
        nothing = (paddle.zeros([rows, 0], "int64"), paddle.zeros([rows], "int64"))
        return [nothing, *[(none, none)] * sizes.num_layers]

    def check_state(self, state: list[tuple[np.ndarray, ...]]) -> None:
        """Raise PoetryError unless as many keys and values as ids were read, within the context."""
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
        """Read ``ids`` (B, T) after ``state``: the normed last features (B, T, hidden_size), state."""
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
        """Logits (..., vocabulary_size) of the id after each place of ``features`` (..., hidden_size)."""
        return paddle.matmul(features, self.wte.weight, transpose_y=True)

    @paddle.no_grad()
    def _reread(self, state: State) -> State:
        """The state after the last half of the ids alone, of the rows that have read all they can."""
        ids, lengths = state[0]
        full = lengths == self.architecture.context
        lengths = paddle.where(full, paddle.full_like(lengths, self.architecture.context // 2), lengths)
        empty = self.initial_state(ids.shape[0])
        longest = int(lengths.max())
        empty[0] = (empty[0][0], lengths - longest)
        return self._read(ids[:, -longest:], empty)[1]

    def _read(self, ids: paddle.Tensor, state: State) -> tuple[paddle.Tensor, State]:
        """As ``features``, within the context. Lengths under 0: so many of the new ids are no row's own."""
        (before, lengths), *past = state
        columns = before.shape[1]
        steps = paddle.arange(ids.shape[1])
        positions = lengths.unsqueeze(1) + steps  # (B, T)
        mask = self._mask(columns, ids.shape[1], columns - lengths)
        if mask is not None:  # in its full shape: adding what is spread takes several times as long
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
        """What to add to the scores (B, heads, new, columns + new) of ``new`` ids after ``columns``.

        None where they may look at all. The first ``foreign`` (B,) columns are not the rows' own.
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
        """What ``features`` (B, T, width) find among ``keys`` and ``values`` and their own, with these."""
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
        """(B, T, width), each place by itself."""
        return self.c_proj(F.gelu(self.c_fc(features), approximate=True))

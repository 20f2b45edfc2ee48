"""How well a network predicts a stream of ids."""

import math

import numpy as np
import paddle
from paddle.nn import functional as F

from poetry.learning.network import Network, detach

WARM_UP = 256  # ids read before the first target of a row
_LEAST = 1024  # targets of a row: the more of them, the less is read twice
_ROWS = 64
_COLUMNS = 128  # read at a time
_OUTPUT_ROWS = 512  # positions whose logits are held at a time


def stream_losses(model: Network, ids: np.ndarray, first: int) -> np.ndarray:
    """The loss in nats of every id of ``ids`` (N,) from ``first`` on, each after all before it: (N - first,).

    ``first`` is at least 1. The stream is parted into rows that are read side by side, each behind the
    WARM_UP ids before its own, so that the figure is that of one reader but for what is further back.
    """
    number = len(ids) - first
    rows = max(1, min(_ROWS, number // _LEAST))
    targets = math.ceil(number / rows)  # of a row
    warm = min(WARM_UP, first)
    begins = first - warm + targets * np.arange(rows)
    losses = np.zeros((rows, warm + targets - 1))
    was_training = model.training
    model.eval()
    with paddle.no_grad():
        state = model.initial_state(rows)
        for start in range(0, warm + targets - 1, _COLUMNS):
            end = min(start + _COLUMNS, warm + targets - 1)
            places = begins[:, None] + np.arange(start, end + 1)
            window = ids[np.minimum(places, len(ids) - 1)].astype(np.int64)  # (rows, end - start + 1)
            features, state = model.features(paddle.to_tensor(window[:, :-1]), state)
            state = detach(state)
            losses[:, start:end] = _losses(model, features, window[:, 1:])
    if was_training:
        model.train()
    return losses[:, warm - 1 : warm - 1 + targets].reshape(-1)[:number]


def _losses(model: Network, features: paddle.Tensor, targets: np.ndarray) -> np.ndarray:
    """The loss in nats at every place: (B, T) for ``features`` (B, T, F) and ``targets`` (B, T)."""
    flat = features.reshape([-1, features.shape[-1]])
    wanted = paddle.to_tensor(targets.reshape(-1))
    blocks = [
        F.cross_entropy(
            model.output(flat[start : start + _OUTPUT_ROWS]),
            wanted[start : start + _OUTPUT_ROWS],
            reduction="none",
        )
        for start in range(0, len(wanted), _OUTPUT_ROWS)
    ]
    return paddle.concat(blocks).numpy().reshape(targets.shape)

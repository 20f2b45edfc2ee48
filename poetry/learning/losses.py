"""The cross-entropy of the next id: of a training batch, of whole sequences and of a long text."""

import contextlib
import math
from collections.abc import Iterator, Sequence

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional as F

from poetry.learning.network import Network, State
from poetry.text.dataset import NO_TARGET, collate, length_groups

# Positions whose logits are computed at a time, or number of these logits; whichever gives more positions.
# Larger blocks do not fit in the processor's caches.
_OUTPUT_ROWS, _OUTPUT_SIZE = 512, 2**21
_EVALUATION_BATCH_CHARS = 10_000
_STREAM_ROWS, _STREAM_COLUMNS = 64, 128  # a long text is read in this many rows, this many ids at a time
_STREAM_LEAST = 1024  # least ids of a row, so that the share read twice stays small
_WARM_UP = 256  # ids read before the first target of a row


class NextCharacterLoss(nn.Layer):
    """Cross-entropy of the next id, summed over the targets of a batch."""

    def __init__(self, model: Network):
        super().__init__()
        self.model = model

    def forward(
        self, ids: paddle.Tensor, targets: paddle.Tensor, state: State | None = None
    ) -> tuple[paddle.Tensor, State]:
        """Read ``ids`` (B, T) after ``state``; return (loss of ``targets`` (B, T), new state).

        The loss is a sum in nats. Targets equal to NO_TARGET are ignored.
        """
        features, state = self.model.features(ids, state)
        return sum(losses.sum() for losses in target_losses(self.model, features, targets)), state


def target_losses(model: Network, features: paddle.Tensor, targets: paddle.Tensor) -> Iterator[paddle.Tensor]:
    """Yield the losses in nats of ``targets`` (B, T) after ``features`` (B, T, F), in blocks (block,).

    Targets equal to NO_TARGET are left out. The logits of all targets are never held at once.
    """
    flat = targets.flatten()
    real = paddle.nonzero(flat != NO_TARGET).flatten()
    features = paddle.gather(features.reshape([-1, features.shape[-1]]), real)  # (real targets, hidden)
    flat = paddle.gather(flat, real)
    rows = max(_OUTPUT_ROWS, _OUTPUT_SIZE // model.architecture.vocabulary_size)
    sizes = [min(rows, len(flat) - start) for start in range(0, len(flat), rows)]
    for block, part in zip(paddle.split(flat, sizes), paddle.split(features, sizes), strict=True):
        logits = model.output(part)  # (block, vocabulary)
        yield F.cross_entropy(logits, block, reduction="none").flatten()


@paddle.no_grad()
def poem_losses(model: Network, poems: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the losses in nats of each of ``poems``: float64 (length - 1,) for ids (length,).

    A poem of more than _EVALUATION_BATCH_CHARS ids is read by ``text_losses``, to bound the memory.
    """
    found: list[np.ndarray] = [np.zeros(0)] * len(poems)
    with _evaluating(model):
        for group in length_groups(list(map(len, poems)), _EVALUATION_BATCH_CHARS):
            if len(poems[group[0]]) > _EVALUATION_BATCH_CHARS:  # it is alone in its group
                found[group[0]] = text_losses(model, poems[group[0]])
                continue
            ids, targets = map(paddle.to_tensor, collate([poems[ix] for ix in group]))
            losses = _losses(model, model.features(ids)[0], targets)
            ends = np.cumsum([len(poems[ix]) - 1 for ix in group])
            for ix, part in zip(group, np.split(losses, ends[:-1]), strict=True):
                found[ix] = part
    return found


@paddle.no_grad()
def text_losses(model: Network, ids: np.ndarray, first: int = 1) -> np.ndarray:
    """Return the losses in nats of ``ids`` (N,) of one text from index ``first`` on: float64 (N - first,).

    The text is split into rows that are read side by side, each with its state carried on. A row first reads
    the _WARM_UP ids before its first target; ids further back have no influence on its losses. Where fewer
    stand before ``first``, the text is one row, read from its beginning.
    """
    count = len(ids) - first
    rows = max(1, min(_STREAM_ROWS, count // _STREAM_LEAST)) if first >= _WARM_UP else 1
    own = -(-count // rows)  # targets per row
    warm = min(_WARM_UP, first)
    begins, columns = first - warm + own * np.arange(rows), warm + own - 1
    found, state = [], model.initial_state(rows)
    with _evaluating(model):
        for start in range(0, columns, _STREAM_COLUMNS):
            places = begins[:, None] + np.arange(start, min(start + _STREAM_COLUMNS, columns) + 1)
            window = ids[np.minimum(places, len(ids) - 1)].astype(np.int64)  # (rows, columns + 1)
            features, state = model.features(paddle.to_tensor(window[:, :-1]), state)
            found.append(_losses(model, features, paddle.to_tensor(window[:, 1:])).reshape(rows, -1))
    return np.concatenate(found, axis=1)[:, warm - 1 :].reshape(-1)[:count]


def document_losses(model: Network, ids: np.ndarray, first: int, end: int) -> np.ndarray:
    """As ``text_losses``, for documents that end in the id ``end``: each is read by itself, after an ``end``.

    Of a document that begins before index ``first``, at most _WARM_UP ids before ``first`` are read.
    """
    begin = max(0, first - _WARM_UP)
    ends = np.flatnonzero(ids[begin:first] == end)
    begin += ends[-1] + 1 if len(ends) else 0
    read = ids[begin:]
    documents = np.split(read, np.flatnonzero(read[:-1] == end) + 1)
    losses = poem_losses(model, [np.insert(document, 0, end) for document in documents])
    return np.concatenate(losses)[first - begin :]


def held_out_losses(model: Network, ids: np.ndarray, first: int, end: int, by_document: bool) -> np.ndarray:
    """Return ``document_losses`` or ``text_losses``, as the model was trained to read."""
    return document_losses(model, ids, first, end) if by_document else text_losses(model, ids, first)


def losses_by_kind(
    model: Network, poems: Sequence[np.ndarray], unspoken: Sequence[int]
) -> dict[str, list[np.ndarray]]:
    """Return ``poem_losses`` of "all" targets, and of "characters": all but the ids ``unspoken``."""
    losses = poem_losses(model, poems)
    spoken = [loss[~np.isin(poem[1:], unspoken)] for loss, poem in zip(losses, poems, strict=True)]
    return {"all": losses, "characters": spoken}


def perplexities(model: Network, poems: Sequence[np.ndarray], unspoken: Sequence[int]) -> dict[str, float]:
    """Return the perplexity of ``model`` on ``poems`` for each kind of ``losses_by_kind``."""
    kinds = losses_by_kind(model, poems, unspoken)
    return {name: perplexity(np.concatenate([np.zeros(0), *losses])) for name, losses in kinds.items()}


def perplexity(losses: np.ndarray) -> float:
    """Return the perplexity of targets with ``losses`` (N,) in nats."""
    return perplexity_of(losses.sum() / max(1, len(losses)))


def perplexity_of(loss: float) -> float:
    """Return the perplexity of a mean ``loss`` in nats, a finite number unless the loss is none."""
    return math.exp(min(loss, 700.0))  # in this order, min keeps NaN


def _losses(model: Network, features: paddle.Tensor, targets: paddle.Tensor) -> np.ndarray:
    """Return the losses of ``targets``, those equal to NO_TARGET left out: float64 (number of losses,)."""
    blocks = [losses.numpy() for losses in target_losses(model, features, targets)]
    return np.concatenate([np.zeros(0), *blocks])


@contextlib.contextmanager
def _evaluating(model: Network) -> Iterator[None]:
    """Switch ``model`` to evaluation (no dropout) within the context."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        if was_training:
            model.train()

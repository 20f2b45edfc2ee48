"""The cross-entropy of what comes next: of a batch to train on, of whole sequences and of a long text."""

import contextlib
import math
from collections.abc import Iterator, Sequence

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional as F

from poetry.learning.network import Network, State
from poetry.text.dataset import NO_TARGET, collate, length_groups

# Positions whose logits are held at a time, or as many as have so many logits: more leave the processor's
# caches.
_OUTPUT_ROWS, _OUTPUT_SIZE = 512, 2**21
_EVALUATION_BATCH_CHARS = 10_000
_STREAM_ROWS, _STREAM_COLUMNS = 64, 128  # a long text is read in so many places at once, so much at a time
_STREAM_LEAST = 1024  # ids of a place at least, so that little is read twice
_WARM_UP = 256  # ids


class NextCharacterLoss(nn.Layer):
    """Cross-entropy of the next id, summed over the real targets of a batch."""

    def __init__(self, model: Network):
        super().__init__()
        self.model = model

    def forward(
        self, ids: paddle.Tensor, targets: paddle.Tensor, state: State | None = None
    ) -> tuple[paddle.Tensor, State]:
        """(summed loss in nats, state after them) of ``ids`` and ``targets`` (B, T) after ``state``.

        NO_TARGET is no target.
        """
        features, state = self.model.features(ids, state)
        return sum(losses.sum() for losses in target_losses(self.model, features, targets)), state


def target_losses(model: Network, features: paddle.Tensor, targets: paddle.Tensor) -> Iterator[paddle.Tensor]:
    """Yield the losses in nats of the real ``targets`` (B, T) of ``features``, block by block, (block,) each.

    So the logits of all targets are never held at once.
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
    """The losses in nats of the targets of each of ``poems``: float64, (length - 1,) for ids (length,).

    One of more than _EVALUATION_BATCH_CHARS ids is read as a text is, so that memory has a bound.
    """
    found: list[np.ndarray] = [np.zeros(0)] * len(poems)
    with _evaluating(model):
        for group in length_groups(list(map(len, poems)), _EVALUATION_BATCH_CHARS):
            if len(poems[group[0]]) > _EVALUATION_BATCH_CHARS:  # such a one is alone
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
    """The losses in nats of ``ids`` (N,) of one text from number ``first`` on: float64 (N - first,).

    It is read in several places at once, in each with the state carried on, behind _WARM_UP ids before it:
    so each loss is that after all ids before, but for what is further back.
    """
    count = len(ids) - first
    rows = max(1, min(_STREAM_ROWS, count // _STREAM_LEAST))
    own = -(-count // rows)  # targets of a row
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
    """As ``text_losses``, of documents that end in the id ``end``: each is read by itself, behind an ``end``.

    Of one that is begun before number ``first`` no more than _WARM_UP ids before that are read.
    """
    begin = max(0, first - _WARM_UP)
    ends = np.flatnonzero(ids[begin:first] == end)
    begin += ends[-1] + 1 if len(ends) else 0
    read = ids[begin:]
    documents = np.split(read, np.flatnonzero(read[:-1] == end) + 1)
    losses = poem_losses(model, [np.insert(document, 0, end) for document in documents])
    return np.concatenate(losses)[first - begin :]


def held_out_losses(model: Network, ids: np.ndarray, first: int, end: int, by_document: bool) -> np.ndarray:
    """Those of a text from number ``first`` on, read as the model learned to: ``document_losses`` or
    ``text_losses``.
    """
    return document_losses(model, ids, first, end) if by_document else text_losses(model, ids, first)


def losses_by_kind(
    model: Network, poems: Sequence[np.ndarray], unspoken: Sequence[int]
) -> dict[str, list[np.ndarray]]:
    """``poem_losses`` of "all" targets, and of the "characters" (not ``unspoken``)."""
    losses = poem_losses(model, poems)
    spoken = [loss[~np.isin(poem[1:], unspoken)] for loss, poem in zip(losses, poems, strict=True)]
    return {"all": losses, "characters": spoken}


def perplexities(model: Network, poems: Sequence[np.ndarray], unspoken: Sequence[int]) -> dict[str, float]:
    """Perplexity of ``model`` on ``poems``, by the kinds of ``losses_by_kind``."""
    kinds = losses_by_kind(model, poems, unspoken)
    return {name: perplexity(np.concatenate([np.zeros(0), *losses])) for name, losses in kinds.items()}


def perplexity(losses: np.ndarray) -> float:
    """The perplexity of targets of ``losses`` in nats (N,)."""
    return math.exp(min(losses.sum() / max(1, len(losses)), 700.0))  # in this order: not a number stays so


def _losses(model: Network, features: paddle.Tensor, targets: paddle.Tensor) -> np.ndarray:
    """The losses of the real ``targets``: float64 (real targets,)."""
    blocks = [losses.numpy() for losses in target_losses(model, features, targets)]
    return np.concatenate([np.zeros(0), *blocks])


@contextlib.contextmanager
def _evaluating(model: Network) -> Iterator[None]:
    """While ``model`` is evaluated: no dropout; then as it was."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        if was_training:
            model.train()

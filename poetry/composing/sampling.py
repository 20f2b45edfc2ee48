"""From scores to the next character: temperature, top-k, top-p, and reproducible noise."""

from dataclasses import dataclass

import numpy as np

from poetry.base.hashing import mix, uniform


@dataclass(frozen=True)
class Sampling:
    """How a character is chosen.

    ``temperature`` divides the scores, 0 takes the best; ``top_k`` keeps the k best, 0 keeps all; ``top_p``
    keeps the fewest whose probabilities add up to p (Holtzman et al. 2020), 1 keeps all.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


def choose(
    scores: np.ndarray, sampling: Sampling, seed: int, poems: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    """The id chosen in each row of ``scores`` (R, V), where -inf forbids: int64 (R,).

    Drawn by the Gumbel-max rule with noise of (seed, poem, step, id) alone: a poem does not change with the
    number of poems composed beside it. Every row needs at least one finite score.
    """
    if sampling.temperature == 0:
        return scores.argmax(axis=1)
    ids, kept = _top_k(scores, sampling.top_k)
    kept = kept - kept.max(axis=1, keepdims=True).astype(np.float64)
    with np.errstate(over="ignore"):  # at a tiny temperature all but the best are left without a chance
        kept /= sampling.temperature
    kept = _top_p(kept, sampling.top_p)
    noisy = kept + gumbel(seed, poems, steps, ids)
    return np.take_along_axis(ids, noisy.argmax(axis=1)[:, None], axis=1)[:, 0]


def _top_k(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(ids, scores) of the ``k`` best of each row, both (R, k), in no order; of all where ``k`` is 0."""
    if not 0 < k < scores.shape[1]:
        return np.broadcast_to(np.arange(scores.shape[1]), scores.shape), scores
    ids = np.argpartition(scores, -k, axis=1)[:, -k:]
    return ids, np.take_along_axis(scores, ids, axis=1)


def _top_p(scores: np.ndarray, p: float) -> np.ndarray:
    """``scores`` (R, K) with -inf for all but the fewest best whose probabilities add up to ``p``."""
    if p >= 1:
        return scores
    order = np.argsort(-scores, axis=1, kind="stable")
    probabilities = np.exp(np.take_along_axis(scores, order, axis=1) - scores.max(axis=1, keepdims=True))
    before = np.cumsum(probabilities, axis=1) - probabilities
    outside = before >= p * probabilities.sum(axis=1, keepdims=True)
    outside[:, 0] = False
    masked = np.array(scores)
    rows, places = np.nonzero(outside)
    masked[rows, order[rows, places]] = -np.inf
    return masked


def gumbel(seed: int, poems: np.ndarray, steps: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Standard Gumbel noise for ``ids`` (R, K) of rows (poem, step) (R,): float64 (R, K).

    It is a hash of all four numbers.
    """
    rows = mix(mix(mix(np.uint64(seed)) + poems.astype(np.uint64)) + steps.astype(np.uint64))
    return -np.log(-np.log(uniform(mix(rows[:, None] + ids.astype(np.uint64)))))


def log_probabilities(logits: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Natural log-probability of ``ids`` (R,) under ``logits`` (R, V): float64 (R,)."""
    top = logits.max(axis=1)
    shares = logits - top[:, None]
    total = np.exp(shares, out=shares).sum(axis=1)
    return logits[np.arange(len(ids)), ids].astype(np.float64) - top - np.log(total)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Natural log-probabilities under ``logits`` (R, V)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

"""From scores to the next character: temperature, top-k, top-p, and reproducible noise."""

from dataclasses import dataclass

import numpy as np

from poetry.base.hashing import mix, uniform

OPENING = 2  # characters of a line that are chosen more boldly
_BLOCK = 32  # rows
_FOLD = 8  # columns of a group, at most


@dataclass(frozen=True)
class Sampling:
    """How a character is chosen.

    ``temperature`` divides the scores, 0 takes the best; ``top_k`` keeps the k best, 0 keeps all; ``top_p``
    keeps the fewest whose probabilities add up to p (Holtzman et al. 2020), 1 keeps all.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def of_lines(self, columns: np.ndarray) -> np.ndarray:
        """The temperature of characters of verse by their ``columns`` in the line, from 0 on: (R,).

        Cool lines open with the same few words again and again (不知, 今日). So the first OPENING characters
        have the root of the root of the temperature, where that is warmer.
        """
        warmer = max(self.temperature, self.temperature**0.25)
        return np.where(columns < OPENING, warmer, self.temperature)


def choose(
    scores: np.ndarray,
    sampling: Sampling,
    seed: int | np.ndarray,
    poems: np.ndarray,
    steps: np.ndarray,
    ids: np.ndarray | None = None,
    temperatures: np.ndarray | None = None,
) -> np.ndarray:
    """The column chosen in each row of ``scores`` (R, A), where -inf forbids: int64 (R,).

    Drawn by the Gumbel-max rule with noise of (seed, poem, step, id) alone: a poem does not change with the
    number of poems composed beside it. ``seed``: of all rows, or (R,). ``ids`` (A,) are those of the columns,
    without it their numbers. ``temperatures`` (R,) are those of the rows, without it that of ``sampling``;
    all are 0 or none. Of equal scores the first is the best. In a row without a finite score a forbidden
    column is returned.
    """
    if sampling.temperature == 0:
        return scores.argmax(axis=1)
    divisor = sampling.temperature if temperatures is None else temperatures[:, None]
    places, kept = _candidates(scores, sampling.top_k)
    with np.errstate(over="ignore", invalid="ignore"):  # at a tiny temperature only the best keep a chance
        kept = (kept - kept.max(axis=1, keepdims=True).astype(np.float64)) / divisor
    kept = _best(kept, sampling.top_k, sampling.top_p)
    noisy = kept + gumbel(seed, poems, steps, places if ids is None else ids[places])
    return np.take_along_axis(places, noisy.argmax(axis=1)[:, None], axis=1)[:, 0]


def _candidates(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(places, scores) in each row of ``scores`` (R, A) of the ``k`` best and some more, places ascending.

    Both are (R, M), filled up with -inf; all of a row where ``k`` is 0. What is as good as the k-th best of
    the maxima of a row's groups of columns holds the k best, and costs a fraction of finding them.
    """
    rows, columns = scores.shape
    fold = min(_FOLD, columns // (2 * k)) if k else 0
    if fold < 2:
        return np.broadcast_to(np.arange(columns), scores.shape), scores
    width = columns // fold
    maxima = scores[:, : fold * width].reshape(rows, fold, width).max(axis=1)
    least = np.partition(maxima, width - k, axis=1)[:, width - k, None]
    found = np.flatnonzero(scores >= least)
    row, column = np.divmod(found, columns)
    counts = np.bincount(row, minlength=rows)
    order = np.arange(len(found)) - np.repeat(np.cumsum(counts) - counts, counts)  # within the row
    places = np.zeros((rows, counts.max()), dtype=np.int64)
    kept = np.full(places.shape, -np.inf, dtype=scores.dtype)
    places[row, order], kept[row, order] = column, scores[row, column]
    return places, kept


def _best(scores: np.ndarray, k: int, p: float) -> np.ndarray:
    """``scores`` (R, M), 0 at most, with -inf for all but the best of each row.

    That is the ``k`` best, all where k is 0, and of them the fewest whose probabilities add up to ``p``.
    """
    columns = scores.shape[1]
    if p >= 1 and not 0 < k < columns:
        return scores
    ordered = -np.sort(-scores, axis=1)[:, : k or columns]
    counts = np.full(len(scores), ordered.shape[1])
    if p < 1:
        probabilities = np.exp(ordered)
        before = np.cumsum(probabilities, axis=1) - probabilities
        inside = before < p * probabilities.sum(axis=1, keepdims=True)
        counts = np.maximum(1, np.count_nonzero(inside, axis=1))
    last = np.take_along_axis(ordered, counts[:, None] - 1, axis=1)
    best = scores >= last
    extra = np.count_nonzero(best, axis=1) - counts
    for row in np.flatnonzero(extra > 0):  # more are as good as the last one: the first of them are taken
        best[row, np.flatnonzero(scores[row] == last[row])[-extra[row] :]] = False
    return np.where(best, scores, -np.inf)


def gumbel(seed: int | np.ndarray, poems: np.ndarray, steps: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Standard Gumbel noise for ``ids`` (R, K) of rows (poem, step) (R,): float64 (R, K).

    It is a hash of all four numbers. ``seed``: of all rows, or (R,).
    """
    rows = mix(mix(mix(np.uint64(seed)) + poems.astype(np.uint64)) + steps.astype(np.uint64))
    return -np.log(-np.log(uniform(mix(rows[:, None] + ids.astype(np.uint64)))))


def log_total(scores: np.ndarray) -> np.ndarray:
    """The log of the sum of exp(``scores``) of each row (R, A): float64 (R,)."""
    top = scores.max(axis=1)
    return top + np.log(np.exp(scores - top[:, None]).sum(axis=1, dtype=np.float64))


def log_probabilities(logits: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Natural log-probability of ``ids`` (R,) under ``logits`` (R, V): float64 (R,)."""
    found = np.empty(len(ids))
    for first in range(0, len(ids), _BLOCK):  # a few rows at a time stay in the cache
        rows = logits[first : first + _BLOCK]
        top = rows.max(axis=1)
        shares = rows - top[:, None]
        chosen = np.take_along_axis(rows, ids[first : first + _BLOCK, None], axis=1)[:, 0]
        total = np.exp(shares, out=shares).sum(axis=1)
        found[first : first + _BLOCK] = chosen.astype(np.float64) - top - np.log(total)
    return found


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Natural log-probabilities under ``logits`` (R, V)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

"""From scores to the next character: temperature, top-k, top-p, and reproducible noise."""

from dataclasses import dataclass

import numpy as np

from poetry.base.hashing import mix, uniform

OPENING = 2  # first characters of a line, which are sampled at a higher temperature
_BLOCK = 32  # rows
_FOLD = 8  # columns of a group, at most


@dataclass(frozen=True)
class Sampling:
    """How a character is chosen.

    ``temperature`` divides the scores, 0 takes the best character; ``top_k`` keeps the k best, 0 keeps all;
    ``top_p`` keeps the fewest whose probabilities add up to p (Holtzman et al. 2020), 1 keeps all.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def of_lines(self, columns: np.ndarray) -> np.ndarray:
        """The temperature for characters at ``columns`` of their lines, counted from 0: (R,).

        At a low temperature many lines open with the same few words (不知, 今日). So the first OPENING
        characters are sampled at ``temperature ** 0.25`` where that is higher.
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
    """Choose a column in each row of ``scores`` (R, A), where -inf forbids: int64 (R,).

    It is drawn by the Gumbel-max rule; the noise depends only on (seed, poem, step, id), so a poem does not
    change with the number of poems composed beside it. ``seed``: one for all rows, or (R,). ``ids`` (A,): the
    ids of the columns, by default their numbers. ``temperatures`` (R,): one for each row, by default that of
    ``sampling``; either all are 0 or none. Of equal scores the first counts as the best. In a row without a
    finite score a forbidden column is returned.
    """
    if sampling.temperature == 0:
        return scores.argmax(axis=1)
    divisor = sampling.temperature if temperatures is None else temperatures[:, None]
    places, kept = _candidates(scores, sampling.top_k)
    with np.errstate(over="ignore", invalid="ignore"):  # a tiny temperature: all but the best get -inf
        kept = (kept - kept.max(axis=1, keepdims=True).astype(np.float64)) / divisor
    kept = _best(kept, sampling.top_k, sampling.top_p)
    noisy = kept + gumbel(seed, poems, steps, places if ids is None else ids[places])
    return np.take_along_axis(places, noisy.argmax(axis=1)[:, None], axis=1)[:, 0]


def _candidates(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(columns, their scores) of at least the ``k`` best of each row of ``scores`` (R, A), columns ascending.

    Both are (R, M), filled up with scores of -inf; all columns where ``k`` is 0. The columns of a row are
    divided into groups; all scores from the k-th best group maximum up are kept. These include the k best,
    and finding them costs a fraction of an exact search.
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
    """Replace all but the best of each row of ``scores`` (R, M), which are at most 0, by -inf.

    Kept are the ``k`` best, all where k is 0, and of these the fewest whose probabilities add up to ``p``.
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
    for row in np.flatnonzero(extra > 0):  # ties with the last score kept: keep the first of them
        best[row, np.flatnonzero(scores[row] == last[row])[-extra[row] :]] = False
    return np.where(best, scores, -np.inf)


def gumbel(seed: int | np.ndarray, poems: np.ndarray, steps: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Standard Gumbel noise for ``ids`` (R, K) of rows (poem, step) (R,): float64 (R, K).

    It is computed from a hash of the four numbers. ``seed``: one for all rows, or (R,).
    """
    rows = mix(mix(mix(np.uint64(seed)) + poems.astype(np.uint64)) + steps.astype(np.uint64))
    return -np.log(-np.log(uniform(mix(rows[:, None] + ids.astype(np.uint64)))))


def log_total(scores: np.ndarray) -> np.ndarray:
    """The log of the sum of exp(``scores``) over each row (R, A): float64 (R,)."""
    found = np.empty(len(scores))
    for first in range(0, len(scores), _BLOCK):  # a few rows at a time stay in the cache
        rows = scores[first : first + _BLOCK]
        top = rows.max(axis=1)
        shares = rows - top[:, None]
        found[first : first + _BLOCK] = top + np.log(np.exp(shares, out=shares).sum(axis=1, dtype=np.float64))
    return found


def log_probabilities(logits: np.ndarray, ids: np.ndarray, totals: np.ndarray | None = None) -> np.ndarray:
    """Natural log-probability of ``ids`` (R,) under ``logits`` (R, V): float64 (R,).

    ``totals`` (R,): the ``log_total`` of the logits where it is known already.
    """
    chosen = np.take_along_axis(logits, ids[:, None], axis=1)[:, 0]
    return chosen - (log_total(logits) if totals is None else totals)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Natural log-probabilities under ``logits`` (R, V)."""
    return logits - log_total(logits)[:, None].astype(logits.dtype)

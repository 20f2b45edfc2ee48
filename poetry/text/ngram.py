"""A baseline for networks: an n-gram model of a stream of ids.

Interpolated Kneser-Ney smoothing with three discounts per order (Chen & Goodman 1998).
"""

from dataclasses import dataclass

import numpy as np

MAX_ORDER = 5
_MOST = 20_000_000  # ids counted, the last of a longer stream: sorting needs several times 8 bytes per id


@dataclass
class OrderCounts:
    """The counts of one order: ``counts`` of ``runs`` (sorted codes) and ``totals`` of their ``contexts``."""

    runs: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    totals: np.ndarray
    weights: np.ndarray  # of the lower order after each context
    discounts: np.ndarray  # of counts 0, 1, 2 and 3 or more

    @classmethod
    def of(cls, runs: np.ndarray, counts: np.ndarray, words: int) -> "OrderCounts":
        """Make an order from codes of runs and their counts; a context is a run without its last word."""
        n1, n2, n3, n4 = (max(1, int((counts == number).sum())) for number in (1, 2, 3, 4))
        base = n1 / (n1 + 2 * n2)
        discounts = np.array([0, 1 - 2 * base * n2 / n1, 2 - 3 * base * n3 / n2, 3 - 4 * base * n4 / n3])
        discounts = np.clip(discounts, [0, 0.1, 0.1, 0.1], [0, 1, 2, 3])  # unreliable where runs are few
        contexts, where = np.unique(runs // words, return_inverse=True)
        totals = np.bincount(where, counts)
        left = np.bincount(where, discounts[np.minimum(counts, 3)])
        return cls(runs, counts, contexts, totals, left / totals, discounts)

    def probabilities(self, runs: np.ndarray, words: int, lower: np.ndarray) -> np.ndarray:
        """Return the probabilities of the last words of ``runs``; ``lower`` are those of the lower order."""
        counts = _look_up(self.runs, self.counts, runs, 0)
        totals = _look_up(self.contexts, self.totals, runs // words, 0)
        weights = _look_up(self.contexts, self.weights, runs // words, 1)
        kept = counts - self.discounts[np.minimum(counts, 3).astype(int)]
        return np.where(totals > 0, kept / np.maximum(totals, 1), 0) + weights * lower


def best_order(words: int, counted: int) -> int:
    """Return the largest order, up to MAX_ORDER, for ``counted`` ids of a vocabulary of ``words``.

    There must be a run to count, and its code must fit 63 bits.
    """
    return max(order for order in range(1, min(MAX_ORDER, counted) + 1) if words**order < 2**63)


def ngram_losses(ids: np.ndarray, first: int, words: int, order: int) -> np.ndarray:
    """Return the loss in nats of every id of ``ids`` (N,) from ``first`` on: (N - first,).

    The ids before ``first``, at least ``order``, are counted. ``words``: size of the vocabulary; ``order``:
    ids in a run.
    """
    counted = ids[max(0, first - _MOST) : first]
    wanted = _codes(ids[max(0, first - order + 1) :], words, order)[-(len(ids) - first) :]
    orders = []
    runs, counts = np.unique(_codes(counted, words, order), return_counts=True)
    for size in range(order, 0, -1):
        orders.append((size, OrderCounts.of(runs, counts, words)))
        runs, counts = np.unique(runs % words ** (size - 1), return_counts=True)
    found = np.full(len(wanted), 1 / words)
    for size, counted_runs in reversed(orders):
        found = counted_runs.probabilities(wanted % words**size, words, found)
    return -np.log(found)


def _codes(ids: np.ndarray, words: int, order: int) -> np.ndarray:
    """Return the codes of all runs of ``order`` ids: int64 (N - order + 1,)."""
    codes = np.zeros(max(0, len(ids) - order + 1), dtype=np.int64)
    for place in range(order):
        codes = codes * words + ids[place : place + len(codes)]
    return codes


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray, missing: float) -> np.ndarray:
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], missing)

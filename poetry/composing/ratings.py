"""Predicted ratings: how readers would rate a draft for its sense, its coherence and its freshness.

A ridge regression on the mean of the network's features over a draft and on the mean log-probability of its
characters. It was fitted to poems of this program that readers rated without knowing where they came from
(``tools/make_ratings.py``). It holds for one model; drafts of others are not rated.
"""

import functools
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from poetry.base.tables import table_rows

MODEL = "model"  # the key of the row with the SHA-256 of the checkpoint
WEIGHTS = {"sense": 1.5, "coherence": 0.6, "freshness": 1.5}  # in the value of a draft
NAMES = tuple(WEIGHTS)


@dataclass(frozen=True, eq=False)
class Ratings:
    """Predicts ratings by weights of the ``features`` (H, 3) and of the ``likelihood`` (3,).

    ``usual`` (3,) is subtracted, so that 0 is the mean of the drafts that were rated; 1 is a point on the
    readers' scale of 1 to 10.
    """

    usual: np.ndarray
    likelihood: np.ndarray
    features: np.ndarray

    def of(self, features: np.ndarray) -> np.ndarray:
        """The share (R, 3) in the ratings of the features (R, H) from which a character is predicted."""
        return features @ self.features

    def predicted(self, shares: np.ndarray, likelihood: np.ndarray) -> dict[str, np.ndarray]:
        """The ratings (N,) by name of drafts.

        ``shares`` (N, 3): the means of ``of`` over each; ``likelihood`` (N,): the mean log-probabilities.
        """
        found = shares + likelihood[:, None] * self.likelihood - self.usual
        return dict(zip(NAMES, found.T, strict=True))

    def worth(self, shares: np.ndarray, likelihood: np.ndarray) -> np.ndarray:
        """The weighted sums (N,) of the ratings of drafts, which are given as to ``predicted``."""
        found = self.predicted(shares, likelihood)
        return sum(weight * found[name] for name, weight in WEIGHTS.items())


@functools.cache
def ratings(model_hash: str) -> Ratings | None:
    """The ratings for a model, by the SHA-256 of its file; None where the table is for another model.

    Source: ``poetry/composing/tables/ratings.tsv`` (tools/make_ratings.py).
    """
    (_, made_for), *rows = table_rows(files("poetry.composing.tables") / "ratings.tsv")
    if made_for != model_hash:
        return None
    usual, likelihood, *features = ([float(number) for number in numbers.split()] for _, numbers in rows)
    return Ratings(np.array(usual), np.array(likelihood), np.array(features, dtype=np.float32))

"""Running the network for the decoding loop, step by step."""

from collections.abc import Sequence

import numpy as np

from poetry.learning import paddle
from poetry.learning.network import Network, join_rows, select_rows


class Reader:
    """A network that has read prompts and the drafts that follow them.

    Equal texts share one row of features and state. The caller keeps the row numbers of its drafts, one array
    (P, R) for each job: a draft that is read after P prompts has P rows.
    """

    def __init__(self, model: Network):
        self._model = model
        self._features: paddle.Tensor | None = None  # (rows, F)
        self._state = None

    def open(self, prompts: Sequence[Sequence[int]]) -> np.ndarray:
        """Read new prompts, those of equal length in one batch; return their rows: (P,)."""
        alike: dict[int, list[int]] = {}
        for ix, prompt in enumerate(prompts):
            alike.setdefault(len(prompt), []).append(ix)
        batches = [
            paddle.to_tensor([prompts[ix] for ix in places], dtype="int64") for places in alike.values()
        ]
        read = [self._model.features(batch) for batch in batches]
        features, states = [features[:, -1] for features, _ in read], [state for _, state in read]
        first = 0
        if self._features is not None:
            first = len(self._features)
            features, states = [self._features, *features], [self._state, *states]
        self._features, self._state = paddle.concat(features), join_rows(states)
        return first + np.argsort(np.concatenate(list(alike.values())))

    def read(self, rows: Sequence[np.ndarray], ids: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Read the next id of every draft: for each job ``rows`` (P, R) and ``ids`` (R,).

        Return the new rows of each job: (P, R). All other rows are discarded.
        """
        words = self._model.architecture.vocabulary_size
        pairs, after = _distinct([job * words + last for job, last in zip(rows, ids, strict=True)])
        if not len(pairs):
            self._features = self._state = None
            return after
        before, last = np.divmod(pairs, words)
        if not _is_all(before, self._features):
            self._state = select_rows(self._state, before)
        features, self._state = self._model.features(paddle.to_tensor(last[:, None]), self._state)
        self._features = features[:, -1]
        return after

    def features(self, rows: np.ndarray) -> np.ndarray:
        """The features (R, H) from which the next id of ``rows`` (R,) is predicted, of LSTM layers.

        They are taken from the state, because an exported network tells only logits.
        """
        return _taken(np.from_dlpack(self._state[-1][0].cpu()), rows)

    def logits(self, rows: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Logits (P, R, V) of the next id for each job's ``rows`` (P, R); the caller must not change them.

        There must be at least one row.
        """
        distinct, places = _distinct(rows)
        features = self._features
        if not _is_all(distinct, features):
            features = paddle.index_select(features, paddle.to_tensor(distinct))
        logits = np.from_dlpack(self._model.output(features).cpu())
        return [_taken(logits, place) for place in places]


def _distinct(numbers: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """(the distinct ``numbers``, the index of every number among them, in the shapes of ``numbers``).

    The distinct numbers are ascending, or, where none comes twice, in their original order.
    """
    every = np.concatenate([job.ravel() for job in numbers]) if numbers else np.empty(0, dtype=np.int64)
    distinct, places = np.unique(every, return_inverse=True)
    if len(distinct) == len(every):
        distinct, places = every, np.arange(len(every))
    parts = np.split(places, np.cumsum([job.size for job in numbers])[:-1])
    return distinct, [part.reshape(job.shape) for part, job in zip(parts, numbers, strict=False)]


def _taken(found: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The rows of ``found`` (N, V) at ``places`` (…): (…, V), a view where they are consecutive."""
    first = places.flat[0]
    if np.array_equal(places.ravel(), np.arange(first, first + places.size)):
        return found[first : first + places.size].reshape(*places.shape, -1)
    return found[places]


def _is_all(rows: np.ndarray, tensor: paddle.Tensor) -> bool:
    """Whether ``rows`` are all rows of ``tensor``, in order."""
    return np.array_equal(rows, np.arange(len(tensor)))

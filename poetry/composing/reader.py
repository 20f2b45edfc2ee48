"""The network's side of the decoding loop: all that knows how it is run, a step at a time."""

import numpy as np
import paddle

from poetry.learning.network import Network, join_rows, select_rows


class Reader:
    """A network that has read prompts, and then what each of some drafts has so far.

    Every draft is read after each prompt. Drafts that are alike share a row of the network: ``_rows``
    (P, R) are the rows, of features and of state, of R drafts after P prompts.
    """

    def __init__(self, model: Network, prompts: list[list[int]], drafts: int):
        self._model = model
        read = [model.features(paddle.to_tensor([prompt], dtype="int64")) for prompt in prompts]
        self._features = paddle.concat([features[:, -1] for features, _ in read])  # (rows, F)
        self._state = join_rows([state for _, state in read])
        self._rows = np.tile(np.arange(len(prompts))[:, None], drafts)

    def keep(self, drafts: np.ndarray) -> None:
        """Let all but these go: bool (R,)."""
        self._rows = self._rows[:, drafts]

    def read(self, ids: np.ndarray) -> None:
        """Read the next id of every draft: (R,)."""
        words = self._model.architecture.vocabulary_size
        pairs, self._rows = _distinct(self._rows * words + ids)
        before, last = np.divmod(pairs, words)
        if not _is_all(before, self._features):
            self._state = select_rows(self._state, before)
        features, self._state = self._model.features(paddle.to_tensor(last[:, None]), self._state)
        self._features = features[:, -1]

    def logits(self, drafts: np.ndarray) -> np.ndarray:
        """Logits (P, R, V) of the next id of the ``drafts`` (R,), the network's own: not to be changed."""
        rows, places = _distinct(self._rows[:, drafts])
        features = self._features
        if not _is_all(rows, features):
            features = paddle.index_select(features, paddle.to_tensor(rows))
        logits = np.from_dlpack(self._model.output(features).cpu())
        return logits[places] if len(rows) < places.size else logits.reshape(*places.shape, -1)


def _distinct(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(each of ``numbers`` once, the place of every one there, as ``numbers`` is shaped).

    They are in order as they come where none comes twice.
    """
    distinct, places = np.unique(numbers, return_inverse=True)
    if len(distinct) == numbers.size:
        return numbers.ravel(), np.arange(numbers.size).reshape(numbers.shape)
    return distinct, places.reshape(numbers.shape)


def _is_all(rows: np.ndarray, tensor: paddle.Tensor) -> bool:
    """Whether ``rows`` are those of ``tensor``, in order."""
    return np.array_equal(rows, np.arange(len(tensor)))

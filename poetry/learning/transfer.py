"""A trained model for another vocabulary: what is known of its words stays."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from poetry.learning.model import PoetryModel

_VOCABULARY_AXES = {"embedding.weight": 0, "output.weight": 1, "output.bias": 0}


def with_words(
    model: PoetryModel, words: Sequence[str], wanted: Sequence[str], dropout: float, seed: int
) -> PoetryModel:
    """``model``, whose vocabulary is ``words``, for the vocabulary ``wanted``.

    A word of both keeps its weights. A new one begins as in a new model of ``seed``, as unlikely as the
    unlikeliest word that the model knows.
    """
    if list(words) == list(wanted):
        return model
    new = PoetryModel(replace(model.architecture, vocabulary_size=len(wanted)), dropout)
    new.initialise(seed)
    places = {word: ix for ix, word in enumerate(words)}
    kept = np.array([ix for ix, word in enumerate(wanted) if word in places], dtype=np.int64)
    old = np.array([places[wanted[ix]] for ix in kept], dtype=np.int64)
    for name, tensor in new.weights().items():
        trained = model.weights()[name].numpy()
        axis = _VOCABULARY_AXES.get(name)
        if axis is None:
            tensor.set_value(trained)
            continue
        values = tensor.numpy()
        if name == "output.bias":
            values[:] = trained.min()
        np.moveaxis(values, axis, 0)[kept] = np.moveaxis(trained, axis, 0)[old]
        tensor.set_value(values)
    return new

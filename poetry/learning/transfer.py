"""Transfers a trained model to another vocabulary; words of both keep their weights."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from poetry.learning.model import make_model, shapes
from poetry.learning.network import Architecture, Network


def with_words(
    model: Network, words: Sequence[str], wanted: Sequence[str], dropout: float, seed: int
) -> Network:
    """Return ``model``, whose vocabulary is ``words``, with the vocabulary ``wanted``.

    A word of both keeps its weights. A new word starts with the weights of a new model of ``seed``; where the
    output has a bias (that of a GPT has none), its bias is the lowest one of ``model``.
    """
    if list(words) == list(wanted):
        return model
    new = make_model(replace(model.architecture, vocabulary_size=len(wanted)), dropout)
    new.initialise(seed)
    places = {word: ix for ix, word in enumerate(words)}
    kept = np.array([ix for ix, word in enumerate(wanted) if word in places], dtype=np.int64)
    old = np.array([places[wanted[ix]] for ix in kept], dtype=np.int64)
    axes = _vocabulary_axes(model.architecture)
    for name, tensor in new.weights().items():
        trained = model.weights()[name].numpy()
        axis = axes[name]
        if axis is None:
            tensor.set_value(trained)
            continue
        values = tensor.numpy()
        if name == "output.bias":
            values[:] = trained.min()
        np.moveaxis(values, axis, 0)[kept] = np.moveaxis(trained, axis, 0)[old]
        tensor.set_value(values)
    return new


def _vocabulary_axes(architecture: Architecture) -> dict[str, int | None]:
    """Return for every weight the axis that grows with the vocabulary, or None."""
    larger = shapes(replace(architecture, vocabulary_size=architecture.vocabulary_size + 1))
    axes: dict[str, int | None] = {}
    for name, shape in shapes(architecture).items():
        grown = [
            axis for axis, sizes in enumerate(zip(shape, larger[name], strict=True)) if len(set(sizes)) > 1
        ]
        axes[name] = grown[0] if grown else None
    return axes

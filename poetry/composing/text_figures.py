"""The figures of models of any text: how well they predict held-out text, their size and their speed."""

import math
import time

import numpy as np

from poetry.composing.sampling import Sampling
from poetry.composing.writer import Writer
from poetry.learning.checkpoint import Checkpoint
from poetry.learning.losses import held_out_losses
from poetry.text.ngram import best_order, ngram_losses
from poetry.text.retokenising import in_tokens_of
from poetry.text.text_data import TextData
from poetry.text.tokens import TextVocabulary

_WRITTEN = 200  # tokens written to measure the speed

Figures = dict[str, str | int | float]


def text_figures(loaded: Checkpoint, data: TextData) -> Figures:
    """The figures of a model on the held-out part of ``data``, in the tokens of the model, by name.

    Bits per character can be compared between different tokens. Raises PoetryError where a character is
    unknown.
    """
    ids, first = in_tokens_of(data, loaded.vocabulary)
    began = time.perf_counter()
    by_document = loaded.provenance.by_document
    losses = held_out_losses(loaded.model, ids, first, loaded.vocabulary.beginning, by_document)
    read = time.perf_counter() - began
    sizes = loaded.model.architecture
    return {
        "network": f"{sizes.kind} {sizes.num_layers} x {sizes.hidden_size}",
        "parameters": sum(math.prod(weight.shape) for weight in loaded.model.weights().values()),
        **_of_losses(losses, ids[first:], loaded.vocabulary),
        "tokens a second, read": round(len(losses) / read),
        "ms a token, written": 1000 * _seconds_a_token(loaded),
    }


def ngram_figures(data: TextData) -> dict[str, Figures]:
    """The figures of the best n-gram model over the tokens of ``data``, by its name."""
    words = len(data.vocabulary)
    order = best_order(words, data.held_out_from)
    losses = ngram_losses(data.ids, data.held_out_from, words, order)
    return {f"{order}-gram": {"network": "counts", **_of_losses(losses, data.held_out, data.vocabulary)}}


def _of_losses(losses: np.ndarray, ids: np.ndarray, vocabulary: TextVocabulary) -> Figures:
    figures: Figures = {
        "tokens": f"{len(losses):,} {vocabulary.kind}",
        "nats a token": float(losses.mean()),
        "bits a character": float(losses.sum()) / math.log(2) / vocabulary.character_count(ids),
        "perplexity": math.exp(losses.mean()),
    }
    spelled = vocabulary.spelling(ids)
    if spelled.any():
        figures["perplexity of words with <unk>"] = math.exp(losses[~spelled].mean())
    return figures


def _seconds_a_token(loaded: Checkpoint) -> float:
    writer = Writer(loaded.model, loaded.vocabulary, Sampling())
    began = time.perf_counter()
    written = sum(1 for number in range(4) for _ in writer.write([], _WRITTEN // 4, 1, number))
    return (time.perf_counter() - began) / max(1, written)

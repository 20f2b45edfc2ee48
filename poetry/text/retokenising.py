"""The held-out part of a text in the tokens of another vocabulary."""

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text.text_data import TextData
from poetry.text.tokens import TextVocabulary

_BYTES = 4  # maximum for one character in UTF-8
_BEFORE = 4096  # training ids kept as context before the held-out part


def in_tokens_of(data: TextData, vocabulary: TextVocabulary) -> tuple[np.ndarray, int]:
    """Encode the held-out part of ``data``, after some training text as context, with another vocabulary.

    Returns (ids (N,), place of the first held-out id). Where both vocabularies are equal, these are all ids
    of ``data``. Raises PoetryError where ``vocabulary`` lacks a held-out character, or where the data file
    has one as <unk>.
    """
    own = data.vocabulary
    if (own.words, own.spec) == (vocabulary.words, vocabulary.spec):
        return data.ids, data.held_out_from
    unknown = own.unknown is not None and own.lengths[own.unknown] and (data.held_out == own.unknown).sum()
    if unknown:
        raise PoetryError(
            f"the held-out text has {unknown:,} characters that its data file does not know, and the model "
            "has other tokens; make the data file anew with a smaller --min_count"
        )
    before = _documents_in(_from_a_character(data.training[-_BEFORE:], own), own, vocabulary)
    held_out = _documents_in(data.held_out, own, vocabulary)
    return np.concatenate([before, held_out]), len(before)


def _from_a_character(ids: np.ndarray, vocabulary: TextVocabulary) -> np.ndarray:
    """Skip leading ids that hold only the rest of a character, which byte-level tokens may do."""
    while len(ids) and vocabulary.decode(ids[:_BYTES]).startswith("\ufffd"):
        ids = ids[1:]
    return ids


def _documents_in(ids: np.ndarray, own: TextVocabulary, other: TextVocabulary) -> np.ndarray:
    ends = np.flatnonzero(ids == own.end) + 1 if own.end is not None else []
    found = []
    for part in np.split(ids, ends):
        text = own.decode(part)
        try:
            found.append(other.encode(text.lower() if other.lower else text))
        except KeyError as error:
            raise PoetryError(f"the held-out text has {error}, which the model does not know") from None
        if other.end is not None and len(part) and part[-1] == own.end:
            found.append(np.array([other.end]))
    return np.concatenate(found)

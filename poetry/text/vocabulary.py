"""The base class of vocabularies: words and their ids."""

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from poetry.base.errors import PoetryError


class Vocabulary:
    """The words of a text (characters, words, special tokens) and their ids.

    ``words[i]`` is the word of id ``i`` (``ix2word``); ``word2ix`` is the inverse. ``special`` are the tokens
    that stand for no text; ``layout`` are the control characters allowed in words. Raises PoetryError when a
    word is repeated, empty or cannot be printed.
    """

    layout = ""
    spec: dict[str, Any] | None = None  # the description that a file stores; None for poems

    def __init__(self, words: Sequence[str], special: Sequence[str] = ()):
        self.words = list(words)
        self.word2ix = {word: ix for ix, word in enumerate(self.words)}
        if len(self.word2ix) != len(self.words):
            raise PoetryError("the vocabulary holds a word twice; it is damaged")
        if "" in self.word2ix:
            raise PoetryError("the vocabulary holds an empty word; it is damaged")
        bad = next((word for word in self.words if not _can_be_printed(word, self.layout)), None)
        if bad is not None:
            raise PoetryError(f"the vocabulary holds {bad!a}, which cannot be printed; it is damaged")
        self._silent = frozenset(self.word2ix[token] for token in special if token in self.word2ix)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, character: str) -> bool:
        return len(character) == 1 and character in self.word2ix

    def encode(self, text: str) -> np.ndarray:
        """Return the ids of the characters, int64 (len(text),). Raises KeyError with an unknown character."""
        return np.array([self.word2ix[character] for character in text], dtype=np.int64)

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """Return the text of ``ids``, without special tokens."""
        return "".join(self.words[ix] for ix in ids if ix not in self._silent)


def _can_be_printed(word: str, layout: str) -> bool:
    """Whether a terminal can print it: no surrogates, no control characters except those in ``layout``."""
    return not any(
        unicodedata.category(character) in ("Cc", "Cs") and character not in layout for character in word
    )

"""Tokens of any text: its characters, or its words, each with the space before it.

The word tokens of a text, joined, give the text again, spaces included. A word too rare to have its own token
is spelled: <unk>, then its characters. So no word is lost, and a word model can be compared with any other in
bits per character. Without the spelled characters its loss is that of a model that reads rare words as <unk>.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

from poetry.base.errors import PoetryError, display_places
from poetry.text.vocabulary import Vocabulary

END = "<END>"  # after every document
UNKNOWN = "<unk>"
MAX_VOCABULARY = 2**24 - 1
_MAX_WORD = 64  # characters; longer words are split
_LOOK_AHEAD = 2 * _MAX_WORD  # characters that must follow a word before its end is sure
_APART = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # written without spaces
_BEFORE_LETTERS = (" ", "'", "’")  # may stand before the letters of a word
_WORD = re.compile(
    rf"['’](?:s|t|re|ve|m|ll|d)\b| ?[^\W{_APART}]{{1,{_MAX_WORD}}}| ?\S|\s",
)
_LETTER = re.compile(rf"[^\W{_APART}]")
_CHUNK = 1 << 20  # ids at a time


class TextVocabulary(Vocabulary):
    """The tokens of a text and their ids.

    ``end`` is the id that follows every document, or None for a single text. ``unknown`` is the id of <unk>,
    or None where every token is known. With ``lower``, all text is converted to lower case. ``spec_types``:
    the types of the fields of ``spec`` besides "kind", which are arguments of the class. Raises PoetryError
    as Vocabulary does, and when there are too many words or only special ones.
    """

    kind: str
    layout = "\n\t"
    spec_types: Mapping[str, type] = {"lower": bool}

    def __init__(self, words: Sequence[str], lower: bool = False, special: Sequence[str] = (END, UNKNOWN)):
        super().__init__(words, special)
        if len(self) == len(self._silent):
            raise PoetryError("the vocabulary holds no word of a text; it is damaged")
        if len(self) > MAX_VOCABULARY:
            raise PoetryError(
                f"the vocabulary has {len(self):,} words; at most {MAX_VOCABULARY:,} are allowed"
            )
        self.lower = lower
        self.end = self.word2ix.get(END)
        self.unknown = self.word2ix.get(UNKNOWN)

    @property
    def spec(self) -> dict[str, Any]:
        """The description of these tokens that a file stores beside the words."""
        return {"kind": self.kind, "lower": self.lower}

    def encode(self, text: str) -> np.ndarray:
        """Return the ids int64 (N,) of ``text``; with ``lower`` it must be in lower case already."""
        raise NotImplementedError

    def encode_pieces(self, pieces: Iterable[str]) -> Iterator[np.ndarray]:
        """Encode a text that comes in pieces; yield its ids in arrays."""
        return map(self.encode, pieces)

    def read(self, typed: str, name: str) -> np.ndarray:
        """Encode what a person typed.

        Raises PoetryError that lists the characters the model does not know and their positions, counted
        from 1; ``name`` is the option named in the message.
        """
        convert = str.lower if self.lower else str  # some characters become several in lower case
        unknown = [(ix, sign) for ix, sign in enumerate(typed, 1) if not all(map(self.knows, convert(sign)))]
        if unknown:
            places = display_places(unknown)
            raise PoetryError(f"{name}: the model does not know {places}; its text has no such character")
        return self.encode(convert(typed))

    def knows(self, character: str) -> bool:
        """Whether a text with ``character`` can be encoded."""
        return character in self

    @property
    def beginning(self) -> int:
        """The id to put before a text that has no context."""
        return self.end if self.end is not None else self.word2ix.get("\n", 0)

    def pieces(self, ids: Iterable[int]) -> Iterator[str]:
        """Yield the text of ``ids`` piece by piece."""
        return (self.decode([ix]) for ix in ids)

    def unwanted(self) -> list[int]:
        """Return the ids that must never be generated."""
        return []

    def character_count(self, ids: np.ndarray) -> int:
        """Return the number of characters in the text of ``ids`` (N,)."""
        chunks = (ids[place : place + _CHUNK] for place in range(0, len(ids), _CHUNK))
        return sum(int(self.lengths[chunk].sum()) for chunk in chunks)

    def spelling(self, ids: np.ndarray) -> np.ndarray:
        """Return a mask, bool (N,), of those ``ids`` (N,) that spell a word after <unk>."""
        return np.zeros(len(ids), dtype=bool)

    @functools.cached_property
    def lengths(self) -> np.ndarray:
        """The number of characters of each token: int (V,)."""
        lengths = np.array(list(map(len, self.words)))
        lengths[list(self._silent)] = 0
        return lengths


class Characters(TextVocabulary):
    """Every character is a token; rare characters are <unk>."""

    kind = "char"

    @staticmethod
    def count(pieces: Iterable[str]) -> Counter[str]:
        """Count each token in a text that comes in pieces."""
        counts: Counter[str] = Counter()
        for piece in pieces:
            counts.update(piece)
        return counts

    @classmethod
    def of(cls, counts: Counter[str], min_count: int, lower: bool, documents: bool) -> Self:
        """Make the vocabulary of the characters seen at least ``min_count`` times.

        Raises PoetryError where there are none.
        """
        known = _frequent(counts, min_count)
        if not known:
            raise PoetryError(f"no character comes {min_count:,} times; give a smaller --min_count")
        special = [UNKNOWN] if len(known) < len(counts) else []
        return cls([*known, *special, *([END] if documents else [])], lower)

    def encode(self, text: str) -> np.ndarray:
        """As in TextVocabulary; raises KeyError with an unknown character where there is no <unk>."""
        codes = np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype="<u4")
        ids = self._by_code[codes]
        if len(ids) and ids.min() < 0:
            raise KeyError(text[int(ids.argmin())])
        return ids

    def unwanted(self) -> list[int]:
        """As in TextVocabulary."""
        return [] if self.unknown is None else [self.unknown]

    @functools.cached_property
    def lengths(self) -> np.ndarray:
        """As in TextVocabulary: <unk> counts as the one character that it replaces."""
        lengths = super().lengths
        if self.unknown is not None:
            lengths[self.unknown] = 1
        return lengths

    @functools.cached_property
    def _by_code(self) -> np.ndarray:
        table = np.full(0x110000, -1 if self.unknown is None else self.unknown, dtype=np.int64)
        for ix, word in enumerate(self.words):
            if len(word) == 1:
                table[ord(word)] = ix
        return table


class Words(TextVocabulary):
    """Words and marks, each with the space before it; single characters of scripts without spaces; and the
    characters needed to spell rare words.

    Raises PoetryError also where there is no <unk>, which a spelled word begins with.
    """

    kind = "word"

    def __init__(self, words: Sequence[str], lower: bool = False):
        super().__init__(words, lower)
        if self.unknown is None:
            raise PoetryError(f"the vocabulary lacks {UNKNOWN}; it is not one of words")

    @staticmethod
    def count(pieces: Iterable[str]) -> Counter[str]:
        """As in Characters."""
        counts: Counter[str] = Counter()
        for words in split_words(pieces):
            counts.update(words)
        return counts

    @classmethod
    def of(cls, counts: Counter[str], min_count: int, lower: bool, documents: bool) -> Self:
        """Make the vocabulary of the words seen at least ``min_count`` times and of all characters."""
        known = _frequent(counts, min_count)
        characters = {character for word in counts for character in word}
        spelled = sorted(characters.difference(known))
        return cls([*known, *spelled, UNKNOWN, *([END] if documents else [])], lower)

    def encode(self, text: str) -> np.ndarray:
        """As in TextVocabulary; raises KeyError with an unknown character."""
        return np.concatenate([np.zeros(0, dtype=np.int64), *self.encode_pieces([text])])

    def encode_pieces(self, pieces: Iterable[str]) -> Iterator[np.ndarray]:
        """As in TextVocabulary."""
        for words in split_words(pieces):
            ids: list[int] = []
            for word in words:
                ix = self.word2ix.get(word)
                ids += (ix,) if ix is not None else self._spelled(word)
            yield np.array(ids, dtype=np.int64)

    def spelling(self, ids: np.ndarray) -> np.ndarray:
        """As in TextVocabulary: an optional space or apostrophe after <unk>, then all letters or one sign."""
        found = np.zeros(len(ids), dtype=bool)
        for place in np.flatnonzero(ids == self.unknown):
            ix = place + 1
            if ix < len(ids) and self.words[ids[ix]] in _BEFORE_LETTERS:
                ix += 1
            first = ix
            while ix < len(ids) and self._is_letter[ids[ix]]:
                ix += 1
            found[place + 1 : max(ix, first + 1)] = True
        return found

    def _spelled(self, word: str) -> list[int]:
        return [self.unknown, *(self.word2ix[character] for character in word)]

    @functools.cached_property
    def _is_letter(self) -> list[bool]:
        return [bool(_LETTER.fullmatch(word)) for word in self.words]


def split_words(pieces: Iterable[str]) -> Iterator[list[str]]:
    """Yield lists of the words of a text that comes in pieces; all words joined give the text again."""
    rest = ""
    for piece in pieces:
        rest += piece
        sure = len(rest) - _LOOK_AHEAD
        words, done = [], 0
        for match in _WORD.finditer(rest):
            if match.end() > sure:
                break
            words.append(match.group())
            done = match.end()
        if words:
            yield words
        rest = rest[done:]
    if rest:
        yield _WORD.findall(rest)


def _frequent(counts: Counter[str], min_count: int) -> list[str]:
    """Return the tokens seen at least ``min_count`` times, the most frequent first."""
    return sorted(
        (word for word in counts if counts[word] >= min_count), key=lambda word: (-counts[word], word)
    )

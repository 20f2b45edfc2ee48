"""The tokens of any text: its characters, or its words with the space before them.

Tokens put together are the text again, spaces included. A word that is too rare for a token of its own is
spelled: <unk>, then its characters. So no word is lost, a model of words has bits a character like any other,
and up to <unk> its loss is that of a model with unknown words.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

import numpy as np

from poetry.base.errors import PoetryError, display_places
from poetry.text.vocabulary import Vocabulary

END = "<END>"  # after every document
UNKNOWN = "<unk>"
MAX_VOCABULARY = 2**24 - 1
_MAX_WORD = 64  # characters; what is longer is parted
_LOOK_AHEAD = 2 * _MAX_WORD  # characters that must follow a word before its end is sure
_APART = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # written without spaces
_BEFORE_LETTERS = (" ", "'", "’")  # what a word may begin with
_WORD = re.compile(
    rf"['’](?:s|t|re|ve|m|ll|d)\b| ?[^\W{_APART}]{{1,{_MAX_WORD}}}| ?\S|\s",
)
_LETTER = re.compile(rf"[^\W{_APART}]")
_CHUNK = 1 << 20  # ids at a time


class TextVocabulary(Vocabulary):
    """The tokens of a text and their ids.

    ``end`` is the id that follows every document, None where there is one text alone; ``unknown`` that of
    <unk>, None where every token is known. With ``lower`` all is read in lower case.
    """

    kind: str
    layout = "\n\t"

    def __init__(self, words: Sequence[str], lower: bool = False, special: Sequence[str] = (END, UNKNOWN)):
        super().__init__(words, special)
        if len(self) > MAX_VOCABULARY:
            raise PoetryError(
                f"the vocabulary has {len(self):,} words; at most {MAX_VOCABULARY:,} are allowed"
            )
        self.lower = lower
        self.end = self.word2ix.get(END)
        self.unknown = self.word2ix.get(UNKNOWN)

    @property
    def spec(self) -> dict[str, Any]:
        """What a file says of these tokens beside the words."""
        return {"kind": self.kind, "lower": self.lower}

    def encode(self, text: str) -> np.ndarray:
        """Ids int64 (N,) of ``text``, which is in the case that the vocabulary has."""
        raise NotImplementedError

    def encode_pieces(self, pieces: Iterable[str]) -> Iterator[np.ndarray]:
        """``encode`` of a text that comes in pieces."""
        return map(self.encode, pieces)

    def read(self, typed: str, name: str) -> np.ndarray:
        """``encode`` what a person typed.

        Raises PoetryError with the characters that the model does not know and their positions, counted from
        1; ``name`` is the option that the message speaks of.
        """
        convert = str.lower if self.lower else str  # in lower case some characters are several
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
        """The id behind which a text begins that nothing stands before."""
        return self.end if self.end is not None else self.word2ix.get("\n", 0)

    def pieces(self, ids: Iterable[int]) -> Iterator[str]:
        """The text of ``ids`` as they come."""
        return (self.decode([ix]) for ix in ids)

    def unwanted(self) -> list[int]:
        """Ids that are not to be chosen where text is written."""
        return []

    def character_count(self, ids: np.ndarray) -> int:
        """How many characters ``ids`` (N,) stand for."""
        chunks = (ids[place : place + _CHUNK] for place in range(0, len(ids), _CHUNK))
        return sum(int(self.lengths[chunk].sum()) for chunk in chunks)

    def spelling(self, ids: np.ndarray) -> np.ndarray:
        """Which of ``ids`` (N,) spell a word that <unk> announces: bool (N,)."""
        return np.zeros(len(ids), dtype=bool)

    @functools.cached_property
    def lengths(self) -> np.ndarray:
        """How many characters each token stands for: int (V,)."""
        lengths = np.array(list(map(len, self.words)))
        lengths[list(self._silent)] = 0
        return lengths


class Characters(TextVocabulary):
    """Every character is a token; one that was too rare is <unk>."""

    kind = "char"

    @staticmethod
    def count(pieces: Iterable[str]) -> Counter[str]:
        """How often each token stands in a text that comes in pieces."""
        counts: Counter[str] = Counter()
        for piece in pieces:
            counts.update(piece)
        return counts

    @classmethod
    def of(cls, counts: Counter[str], min_count: int, lower: bool, documents: bool) -> Self:
        """The vocabulary of the characters seen at least ``min_count`` times.

        Raises PoetryError where there are none.
        """
        known = _frequent(counts, min_count)
        if not known:
            raise PoetryError(f"no character comes {min_count:,} times; give a smaller --min_count")
        special = [UNKNOWN] if len(known) < len(counts) else []
        return cls([*known, *special, *([END] if documents else [])], lower)

    def encode(self, text: str) -> np.ndarray:
        """As in TextVocabulary; KeyError names a character that is unknown where there is no <unk>."""
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
        """As in TextVocabulary: <unk> stands for the one character that it takes the place of."""
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
    """Words and marks, each with the space before it, single characters of scripts without spaces, and all
    that is needed to spell the words that are too rare."""

    kind = "word"

    @staticmethod
    def count(pieces: Iterable[str]) -> Counter[str]:
        """As in Characters."""
        counts: Counter[str] = Counter()
        for words in split_words(pieces):
            counts.update(words)
        return counts

    @classmethod
    def of(cls, counts: Counter[str], min_count: int, lower: bool, documents: bool) -> Self:
        """The vocabulary of the words seen at least ``min_count`` times and of all characters."""
        known = _frequent(counts, min_count)
        characters = {character for word in counts for character in word}
        spelled = sorted(characters.difference(known))
        return cls([*known, *spelled, UNKNOWN, *([END] if documents else [])], lower)

    def encode(self, text: str) -> np.ndarray:
        """As in TextVocabulary; KeyError names an unknown character."""
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
        """As in TextVocabulary: a space or none, then letters to the last, an ending as 's, or one sign."""
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
    """The words of a text that comes in pieces, a list for about each piece; joined they are the text."""
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
    """The tokens seen at least ``min_count`` times, the most frequent first."""
    return sorted(
        (word for word in counts if counts[word] >= min_count), key=lambda word: (-counts[word], word)
    )

"""GPT-2 tokens: pieces of words, defined by vocab.json and merges.txt in the model's folder."""

import codecs
import functools
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from poetry.base.errors import PoetryError
from poetry.base.files import read_text
from poetry.text.tokens import Characters, TextVocabulary

END = "<|endoftext|>"
VOCABULARY, MERGES = "vocab.json", "merges.txt"
_MOST = 1 << 20  # characters held back while waiting for a word after a space, where a token ends


class Pieces(TextVocabulary):
    """Byte-level BPE as in GPT-2 (Radford et al. 2019): every text can be encoded, nothing is unknown.

    ``merges`` are pairs of tokens, separated by a space, in the order in which they are merged. Raises
    PoetryError when a byte has no token, when the merges do not fit, or when the library ``tokenizers`` is
    not installed.
    """

    kind = "bpe"
    spec_types: Mapping[str, type] = {"lower": bool, "merges": list}

    def __init__(self, words: Sequence[str], merges: Sequence[str], lower: bool = False):
        super().__init__(words, lower, (END,))
        missing = set(_bytes_by_sign()) - set(self.words)
        if missing:
            raise PoetryError(f"{len(missing)} bytes have no token; these are no tokens of a GPT-2")
        self.merges = list(merges)
        self.end = self.word2ix.get(END)
        self._encode = _tokenizer(self.word2ix, self.merges)

    @classmethod
    def read_folder(cls, folder: Path, lower: bool = False) -> Self:
        """Read the tokens of a folder. Raises PoetryError when a file is missing or invalid."""
        try:
            ids = json.loads(read_text(folder / VOCABULARY))
            lines = read_text(folder / MERGES).split("\n")
            if sorted(ids.values()) != list(range(len(ids))):
                raise ValueError(f"the ids of {VOCABULARY} are not 0 to {len(ids) - 1}")
        except OSError as error:
            raise PoetryError(
                f"cannot read {error.filename}: {error.strerror}; --tokens takes a folder with {VOCABULARY} "
                f"and {MERGES}"
            ) from None
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise PoetryError(f"{folder} holds no tokens of a GPT-2 ({error})") from None
        return cls(sorted(ids, key=ids.get), [line for line in lines if line and line[0] != "#"], lower)

    @staticmethod
    def count(pieces: Iterable[str]) -> Counter[str]:
        """Count each character in a text that comes in pieces."""
        return Characters.count(pieces)

    @property
    def spec(self) -> dict[str, Any]:
        """As in TextVocabulary."""
        return super().spec | {"merges": self.merges}

    def encode(self, text: str) -> np.ndarray:
        """As in TextVocabulary."""
        return np.array(self._encode(text), dtype=np.int64)

    def encode_pieces(self, pieces: Iterable[str]) -> Iterator[np.ndarray]:
        """As in TextVocabulary; the text is split before spaces, where tokens end. A run without a place to
        split is held back up to _MOST characters.
        """
        rest = ""
        for piece in pieces:
            rest += piece
            if end := _sure(rest):
                yield self.encode(rest[:end])
                rest = rest[end:]
        if rest:
            yield self.encode(rest)

    def knows(self, character: str) -> bool:
        """As in TextVocabulary."""
        return True

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """As in Vocabulary; bytes that are not valid UTF-8 become U+FFFD."""
        return "".join(self.pieces(ids))

    def pieces(self, ids: Iterable[int]) -> Iterator[str]:
        """As in TextVocabulary; a character is yielded when its last byte is read."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for ix in ids:
            if ix not in self._silent:
                yield _printable(decoder.decode(self._bytes[ix]))
        if rest := decoder.decode(b"", final=True):
            yield rest

    @functools.cached_property
    def _bytes(self) -> list[bytes]:
        """The bytes of every token; signs that stand for no byte are left out."""
        signs = _bytes_by_sign()
        return [bytes(signs[sign] for sign in word if sign in signs) for word in self.words]

    @functools.cached_property
    def lengths(self) -> np.ndarray:
        """The number of characters that begin in each token: UTF-8 continuation bytes are not counted."""
        lengths = np.array([sum(byte & 0xC0 != 0x80 for byte in token) for token in self._bytes])
        lengths[list(self._silent)] = 0
        return lengths


def _tokenizer(word2ix: dict[str, int], merges: list[str]) -> Any:
    """Return a function that encodes a text as ids."""
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers  # optional: only this function needs it
    except ImportError:
        raise PoetryError(
            "tokens of a GPT-2 need the library tokenizers: pip install -r requirements-bpe.txt"
        ) from None
    if not all(isinstance(merge, str) and merge.count(" ") == 1 for merge in merges):
        raise PoetryError("the merges do not fit the tokens (one is no pair)")
    try:
        tokenizer = Tokenizer(models.BPE(word2ix, [tuple(merge.split(" ")) for merge in merges]))
    except Exception as error:  # the library raises no narrower class
        reason = " ".join(str(error)[:200].split())
        raise PoetryError(f"the merges do not fit the tokens ({reason})") from None
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


@functools.cache
def _bytes_by_sign() -> dict[str, int]:
    """Return the byte of each sign in a token: visible characters of Latin-1 stand for themselves, the signs
    from U+0100 on for the other bytes, in order (the inverse of GPT-2's ``bytes_to_unicode``)."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(0x100 + ix): byte for ix, byte in enumerate(hidden)}


def _sure(text: str) -> int:
    """Return how many characters of ``text`` can be encoded before its continuation is known; may be 0.

    They end where the last run of spaces before a word begins. A text of more than _MOST characters without
    such a run, which is no usual text, ends a word. If it is all spaces, its last one is of the next word.
    """
    parts = text.rsplit(None, 1)
    if len(parts) == 2:
        return len(parts[0])
    return (len(text.rstrip()) or len(text) - 1) if len(text) > _MOST else 0


def _printable(text: str) -> str:
    return "".join(
        " " if unicodedata.category(sign) == "Cc" and sign not in "\n\t" else sign for sign in text
    )

"""The tokens of a GPT-2: pieces of words, as vocab.json and merges.txt in its folder tell them."""

import codecs
import functools
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text.tokens import Characters, TextVocabulary

END = "<|endoftext|>"
VOCABULARY, MERGES = "vocab.json", "merges.txt"
_MOST = 1 << 23  # characters held until a space shows where a token ends


class Pieces(TextVocabulary):
    """Byte-level BPE as in GPT-2 (Radford et al. 2019): every text has its tokens, none is unknown.

    ``merges`` are pairs of tokens, a space between the two, in the order in which they are joined. Raises
    PoetryError when a byte has no token, and when the library ``tokenizers`` is not there.
    """

    kind = "bpe"

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
        """The tokens of a folder. Raises PoetryError when a file is missing or not what it should be."""
        try:
            ids = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
            lines = (folder / MERGES).read_text(encoding="utf-8").split("\n")
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
        """How often each character stands in a text that comes in pieces."""
        return Characters.count(pieces)

    @property
    def spec(self) -> dict[str, Any]:
        """As in TextVocabulary."""
        return super().spec | {"merges": self.merges}

    def encode(self, text: str) -> np.ndarray:
        """As in TextVocabulary."""
        return np.array(self._encode(text), dtype=np.int64)

    def encode_pieces(self, pieces: Iterable[str]) -> Iterator[np.ndarray]:
        """As in TextVocabulary: what comes is parted before space, where tokens end."""
        rest = ""
        for piece in pieces:
            rest += piece
            end = len(rest.rstrip()) if len(rest) > _MOST else _last_space(rest)
            if end:
                yield self.encode(rest[:end])
                rest = rest[end:]
        if rest:
            yield self.encode(rest)

    def knows(self, character: str) -> bool:
        """As in TextVocabulary."""
        return True

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """As in Vocabulary; bytes that are no text are U+FFFD."""
        return "".join(self.pieces(ids))

    def pieces(self, ids: Iterable[int]) -> Iterator[str]:
        """As in TextVocabulary: a character comes with the last of its bytes."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for ix in ids:
            if ix not in self._silent:
                yield _printable(decoder.decode(self._bytes[ix]))
        if rest := decoder.decode(b"", final=True):
            yield rest

    @functools.cached_property
    def _bytes(self) -> list[bytes]:
        """The bytes of every token; signs that stand for none are left out."""
        signs = _bytes_by_sign()
        return [bytes(signs[sign] for sign in word if sign in signs) for word in self.words]

    @functools.cached_property
    def lengths(self) -> np.ndarray:
        """The characters that begin in every token: bytes that go on with one are not counted."""
        lengths = np.array([sum(byte & 0xC0 != 0x80 for byte in token) for token in self._bytes])
        lengths[list(self._silent)] = 0
        return lengths


def _tokenizer(word2ix: dict[str, int], merges: list[str]) -> Any:
    """What makes ids of a text."""
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers  # an extra, that only this needs
    except ImportError:
        raise PoetryError(
            "tokens of a GPT-2 need the library tokenizers: pip install -r requirements-bpe.txt"
        ) from None
    pairs = [tuple(merge.split(" ")) for merge in merges]
    try:
        tokenizer = Tokenizer(models.BPE(word2ix, pairs))
    except Exception as error:  # the library raises no narrower kind
        raise PoetryError(f"the merges do not fit the tokens ({error})") from None
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


@functools.cache
def _bytes_by_sign() -> dict[str, int]:
    """The byte that each sign of a token stands for: visible ones of Latin-1 for themselves, the others from
    U+0100 on, in order (GPT-2's ``bytes_to_unicode``)."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(0x100 + ix): byte for ix, byte in enumerate(hidden)}


def _last_space(text: str) -> int:
    """Where the last space begins that something stands before; 0 where there is none."""
    parts = text.rsplit(None, 1)
    return len(parts[0]) if len(parts) == 2 else 0


def _printable(text: str) -> str:
    return "".join(
        " " if unicodedata.category(sign) == "Cc" and sign not in "\n\t" else sign for sign in text
    )

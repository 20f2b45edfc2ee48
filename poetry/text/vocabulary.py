"""The vocabulary: characters and their ids, and how typed text becomes text that a model knows."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text import script
from poetry.verse.form import COMMA, MARKS, PERIOD, verse_lines

EOP = "<EOP>"
START = "<START>"
PAD = "</s>"
SPECIAL = (EOP, START, PAD)
WRAPPING = re.compile(r"[「」『』《》〈〉“”‘’\"\[\]]")  # what verse may stand in, no part of it

_TYPED_MARKS = str.maketrans(",.?!;:、：｡､", "，。？！；，，，。，")
# A space after four characters or more stands between lines of verse; any other one goes.
_LINE_END = re.compile(
    "\r\n|[\n\r\u2028\u2029]|(?<=\\w{4})[\t \xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+(?=\\w)"
)
_NAMED_AT_MOST = 5


class Vocabulary:
    """The words (characters, marks and the three special tokens) of a corpus and their ids.

    ``words[i]`` is the word of id ``i`` (``ix2word``); ``word2ix`` is the inverse. Raises PoetryError
    when a word is repeated or cannot be printed or a special token is missing.
    """

    def __init__(self, words: Sequence[str]):
        self.words = list(words)
        self.word2ix = {word: ix for ix, word in enumerate(self.words)}
        if len(self.word2ix) != len(self.words):
            raise PoetryError("the vocabulary holds a word twice; it is damaged")
        bad = next((word for word in self.words if not _can_be_printed(word)), None)
        if bad is not None:
            raise PoetryError(f"the vocabulary holds {bad!a}, which cannot be printed; it is damaged")
        missing = [token for token in SPECIAL if token not in self.word2ix]
        if missing:
            raise PoetryError(f"the vocabulary lacks {', '.join(missing)}; it is not one of a poetry corpus")
        self.eop, self.start, self.pad = (self.word2ix[token] for token in SPECIAL)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, character: str) -> bool:
        return len(character) == 1 and character in self.word2ix

    def encode(self, text: str) -> np.ndarray:
        """Ids of the characters of ``text``, int64 (len(text),). ``text`` must be known (see ``read``)."""
        return np.array([self.word2ix[character] for character in text], dtype=np.int64)

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """The text of ``ids``; special tokens are left out."""
        special = (self.eop, self.start, self.pad)
        return "".join(self.words[ix] for ix in ids if ix not in special)

    def is_traditional(self) -> bool:
        """Whether it is of traditional characters: of a simplified vocabulary hardly any is another one's."""
        words = "".join(word for word in self.words if len(word) == 1)
        changed = sum(old != new for old, new in zip(words, script.to_simplified(words), strict=True))
        return changed > 0.05 * len(words)

    def mark_ids(self) -> list[int]:
        """Ids of the punctuation marks that this vocabulary holds."""
        return [self.word2ix[mark] for mark in MARKS if mark in self]

    def unspoken_ids(self) -> list[int]:
        """Ids of the marks and of <EOP>: what is predicted but not read aloud."""
        return [*self.mark_ids(), self.eop]

    def read(self, typed: str, name: str) -> str:
        """Turn what a person typed into text of this vocabulary.

        Marks and full-width forms are normalised (see ``normalise``); a character that the vocabulary lacks
        is folded to a variant, simplified or traditional form that it has. Raises PoetryError with the
        characters left over and their positions (counted from 1 in the normalised text); ``name`` is the
        option that the message speaks of.
        """
        text = normalise(typed, name)
        if all(character in self for character in text):
            return text
        folded = self._fold(text)
        unknown = [
            (ix, old) for ix, (old, new) in enumerate(zip(text, folded, strict=True), 1) if new is None
        ]
        if unknown:
            places = ", ".join(f"{_display(old)} at position {ix}" for ix, old in unknown[:_NAMED_AT_MOST])
            more = f" and {len(unknown) - _NAMED_AT_MOST} more" if len(unknown) > _NAMED_AT_MOST else ""
            raise PoetryError(
                f"{name}: the model does not know {places}{more}; use characters of classical verse"
            )
        return "".join(character for character in folded if character is not None)

    def _fold(self, text: str) -> list[str | None]:
        """For every character the form that the vocabulary has, None where it has none."""
        standard = script.fold_variants(text)
        simplified = script.to_simplified(standard)
        forms = [text, standard, simplified, script.to_traditional(standard)]
        folded = [next((form for form in place if form in self), None) for place in zip(*forms, strict=True)]
        if None in folded:  # forms that only the vocabulary's own characters lead back to, such as 眾 to 衆
            words = self._by_standard_form()
            folded = [found or words.get(form) for found, form in zip(folded, simplified, strict=True)]
        return folded

    def _by_standard_form(self) -> dict[str, str]:
        """The commonest word of every simplified standard form."""
        words: dict[str, str] = {}
        for word in self.words:
            if len(word) == 1:
                words.setdefault(script.to_simplified(script.fold_variants(word)), word)
        return words


def _can_be_printed(word: str) -> bool:
    """Whether a terminal takes it as text: it holds no control character and no half of a surrogate pair."""
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in word)


def normalise(typed: str, name: str) -> str:
    """Normalise typed text: full-width and compatibility forms, marks, spaces, line ends.

    Half-width marks become the marks of verse, a colon or an enumeration comma a comma; quotation marks and
    spaces go. A line end, or a space after four characters or more, that follows no mark becomes ， after odd
    verse lines and 。 after even ones. Raises PoetryError on a control or format character or a byte that is
    not UTF-8, naming it and its position.
    """
    parts: list[str] = []
    length = verses = 0  # of the parts: characters, verse lines
    for line in _LINE_END.split(WRAPPING.sub("", typed)):
        line = _normalise_line(line)
        if not line:
            continue
        if parts and not {parts[-1][-1], line[0]} & set(MARKS):
            line = (COMMA if verses % 2 else PERIOD) + line
        _check_text(line, name, length)
        parts.append(line)
        length += len(line)
        verses += len(verse_lines(line))
    return "".join(parts)


def _normalise_line(line: str) -> str:
    """A line of typed text, normalised."""
    line = line.translate(_TYPED_MARKS)
    line = "".join(
        c if c in MARKS else unicodedata.normalize("NFKC", c).translate(_TYPED_MARKS) for c in line
    )
    line = WRAPPING.sub("", line)
    return "".join(c for c in line if c != "\t" and unicodedata.category(c) != "Zs")


def _check_text(line: str, name: str, before: int) -> None:
    """Refuse what is no text in a line; ``before`` characters stand before it."""
    for ix, character in enumerate(line, before + 1):
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
            raise PoetryError(f"{name}: {_display(character)} at position {ix} is not text; take it out")


def _display(character: str) -> str:
    """``character`` as an error names it: itself where it can be seen, and its code point."""
    code = f"U+{ord(character):04X}"
    return f"{character} ({code})" if character.isprintable() else code

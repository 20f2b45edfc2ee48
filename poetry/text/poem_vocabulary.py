"""The vocabulary of a corpus of poems, and the conversion of typed text to characters that a model knows."""

import functools
import unicodedata
from collections.abc import Iterator, Sequence

from poetry.base.errors import PoetryError, display_places
from poetry.text import script
from poetry.text.vocabulary import Vocabulary
from poetry.verse.form import COMMA, MARKS
from poetry.verse.typed import normalise

EOP = "<EOP>"
START = "<START>"
PAD = "</s>"
TITLE = "<TITLE>"  # ends a heading: what kind of verse follows and what it is about
SPECIAL = (EOP, START, PAD)


class PoemVocabulary(Vocabulary):
    """Characters, marks and the three special tokens of the classic data file: ``eop``, ``start``, ``pad``.

    ``title`` is the id of the token that ends a heading, or None where the corpus has no headings. Raises
    PoetryError as Vocabulary does, and when a special token is missing, a comma that headings need, or every
    Chinese character.
    """

    def __init__(self, words: Sequence[str]):
        super().__init__(words, (*SPECIAL, TITLE))
        missing = [token for token in SPECIAL if token not in self.word2ix]
        if missing:
            raise PoetryError(f"the vocabulary lacks {', '.join(missing)}; it is not one of a poetry corpus")
        self.eop, self.start, self.pad = (self.word2ix[token] for token in SPECIAL)
        bad = next((word for word in self.words if not _is_word(word)), None)
        if bad is not None:
            raise PoetryError(f"the vocabulary holds {bad!a}, which is no character of verse; it is damaged")
        self.title = self.word2ix.get(TITLE)
        if self.title is not None and COMMA not in self:
            raise PoetryError(f"the vocabulary lacks {COMMA}, which headings need")
        if next(self.characters(), None) is None:
            raise PoetryError("the vocabulary has no Chinese character; it is not one of a poetry corpus")

    def characters(self) -> Iterator[str]:
        """Yield the words that are a Chinese character, in the order of their ids."""
        return (word for word in self.words if len(word) == 1 and script.is_chinese(word))

    @functools.cached_property
    def is_traditional(self) -> bool:
        """Whether it is in traditional script: more than 5 % of its characters change when simplified."""
        words = "".join(word for word in self.words if len(word) == 1)
        changed = sum(old != new for old, new in zip(words, script.to_simplified(words), strict=True))
        return changed > 0.05 * len(words)

    def mark_ids(self) -> list[int]:
        """Return the ids of the punctuation marks in this vocabulary."""
        return [self.word2ix[mark] for mark in MARKS if mark in self]

    def unspoken_ids(self) -> list[int]:
        """Return the ids of the marks and of <EOP>, which are predicted but not read aloud."""
        return [*self.mark_ids(), self.eop]

    def read(self, typed: str, name: str, keep_pauses: bool = False) -> str:
        """Convert what a person typed to characters of this vocabulary.

        Marks and full-width forms are normalised (see ``poetry.verse.typed.normalise``). A character that the
        vocabulary lacks is replaced by a variant, simplified or traditional form that it contains. Raises
        PoetryError that lists the remaining unknown characters and their positions (counted from 1 in the
        normalised text); ``name`` is the option named in the message.
        """
        text = normalise(typed, name, keep_pauses)
        if all(character in self for character in text):
            return text
        folded = self._fold(text)
        unknown = [
            (ix, old) for ix, (old, new) in enumerate(zip(text, folded, strict=True), 1) if new is None
        ]
        if unknown:
            places = display_places(unknown)
            raise PoetryError(f"{name}: the model does not know {places}; use characters of classical verse")
        return "".join(character for character in folded if character is not None)

    def unknown(self, text: str) -> set[str]:
        """Return the characters of ``text`` that the vocabulary contains in no form."""
        if all(character in self for character in text):
            return set()
        return {old for old, new in zip(text, self._fold(text), strict=True) if new is None}

    def _fold(self, text: str) -> list[str | None]:
        """Return for every character the form that the vocabulary contains, or None."""
        standard = script.fold_variants(text)
        simplified = script.to_simplified(standard)
        forms = [text, standard, simplified, script.to_traditional(standard)]
        folded = [next((form for form in place if form in self), None) for place in zip(*forms, strict=True)]
        if None in folded:  # compare the simplified forms of the vocabulary's characters: finds 衆 for 眾
            words = self._by_standard_form()
            folded = [found or words.get(form) for found, form in zip(folded, simplified, strict=True)]
        return folded

    def _by_standard_form(self) -> dict[str, str]:
        """Map each simplified standard form to its first (most frequent) word in the vocabulary."""
        words: dict[str, str] = {}
        for word in self.words:
            if len(word) == 1:
                words.setdefault(script.to_simplified(script.fold_variants(word)), word)
        return words


def _is_word(word: str) -> bool:
    """Whether a word is visible: no invisible characters and none that change the writing direction."""
    return not any(unicodedata.category(character) in ("Cf", "Co", "Cn", "Zl", "Zp") for character in word)

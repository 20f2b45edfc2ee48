"""Themes: the words that a poem is to be about, as they are typed and as the model reads them."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from poetry.base.errors import PoetryError
from poetry.base.hashing import mix
from poetry.composing.associates import associates
from poetry.composing.checking import EMPTY
from poetry.composing.given import Given, take
from poetry.text import script
from poetry.text.headings import MAX_WORDS
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.text.radicals import radical_word
from poetry.text.themes import themes
from poetry.verse.form import MARKS, PAUSE

MAX_THEME_WORD = 4  # characters
_BETWEEN = re.compile(f"[{re.escape(MARKS + PAUSE)}：,;.:!?\\s]+")


@dataclass(frozen=True)
class Theme:
    """The words of a theme: ``shown``, as in a title, and ``read``, as the model reads them.

    ``typed``: the words shown, as they were typed; none where they were drawn.
    ``stand_ins``: each character that the model does not know, and the word read in its place, the meaning of
    its radical; "" where the character is left out.
    """

    shown: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    typed: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[str, ...]:
        """The words whose associates a poem is to have: as shown, as read where a shown one has none."""
        pairs = zip(self.shown, self.read, strict=True)
        return tuple(shown if associates(shown) else read for shown, read in pairs)

    def printed(self, kept: Collection[str] | None = None) -> str:
        """The words as a title shows them.

        Unless ``kept`` is None, in traditional characters; typed ones in ``kept`` stay as they were typed.
        """
        shown = " ".join(self.shown)
        if kept is None:
            return shown
        converted, typed = script.to_traditional(shown), " ".join(self.typed or self.shown)
        return "".join(old if old in kept else new for old, new in zip(typed, converted, strict=True))

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the user: one line for each character that the model does not know."""
        return tuple(
            f"the model does not know {typed}; "
            + (f"in the theme it reads {word}, by its radical" if word else "it is left out of the theme")
            for typed, word in self.stand_ins.items()
        )


def typed_theme(vocabulary: PoemVocabulary, typed: str | None) -> Theme:
    """The theme of typed words, empty for None.

    Raises PoetryError where there are no words, too many or too long ones, or the model takes no theme.
    """
    if typed is None:
        return Theme()
    if vocabulary.title is None:
        raise PoetryError(
            "--theme: this model has not learned to take one; train one on prepare.py --headings"
        )
    parted = (" " if _BETWEEN.fullmatch(unicodedata.normalize("NFKC", sign)) else sign for sign in typed)
    words = [take(vocabulary, word, "--theme") for word in "".join(parted).split()]
    words = [word for word in words if word.typed]
    if not words:
        raise PoetryError(f"--theme {EMPTY} or leave it out")
    if len(words) > MAX_WORDS:
        raise PoetryError(f"--theme has {len(words)} words; give 1 to {MAX_WORDS}, with spaces between them")
    long = next((word.shown for word in words if len(word.typed) > MAX_THEME_WORD), None)
    if long is not None:
        raise PoetryError(f"--theme: {long} has {len(long)} characters, at most {MAX_THEME_WORD} are taken")
    unknown = dict.fromkeys(character for word in words for character in word.stand_ins)
    stand_ins = {character: _known_word(vocabulary, character) for character in unknown}
    read = tuple(_read(vocabulary, word, stand_ins) for word in words)
    return Theme(tuple(word.shown for word in words), read, stand_ins, tuple(word.typed for word in words))


def drawn_theme(vocabulary: PoemVocabulary, seed: int, number: int) -> Theme:
    """Draw the theme of poem ``number`` of a seed: a word and one of its companions.

    The vocabulary must have themes (``poetry.text.themes``).
    """
    known = themes(vocabulary)
    (bits,) = mix(mix(np.uint64(seed)) ^ np.uint64(number)).tolist()
    which, choice = divmod(bits, 1 << 32)
    word, companions = known[which % len(known)]
    words = (word, companions[choice % len(companions)])
    return Theme(words, words)


def _known_word(vocabulary: PoemVocabulary, character: str) -> str:
    """The word for the meaning of a character's radical; empty where the vocabulary lacks it."""
    word = radical_word(character)
    return "" if vocabulary.unknown(word) else vocabulary.read(word, "--theme")


def _read(vocabulary: PoemVocabulary, word: Given, stand_ins: Mapping[str, str]) -> str:
    """The word as the model reads it, with stand-ins; one that the word already contains is not added.

    Raises PoetryError where nothing is left of the word.
    """
    known = "".join(character for ix, character in enumerate(word.read) if ix not in word.replaced)
    read = ""
    for ix, typed in enumerate(word.typed):
        if ix not in word.replaced:
            read += word.read[ix]
        elif stand_ins[typed] not in known + read:  # not twice, as for 蜘蛛 (one radical)
            read += stand_ins[typed]
    return read or vocabulary.read(word.typed, "--theme")  # raises, naming the unknown

"""The parts of a poem that the user gives: as typed, as the model reads them, as the poem shows them."""

import functools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from poetry.base.tables import table_rows
from poetry.composing.checking import is_chinese
from poetry.text import script
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.text.radicals import radical_word
from poetry.verse.form import GAP, MARKS, PAUSE
from poetry.verse.readings import dominant_group, dominant_tone
from poetry.verse.typed import normalise


@dataclass(frozen=True)
class Given:
    """Given text: ``typed``, normalised, and ``read``, what the model reads, in its vocabulary.

    Both have the same length. ``replaced``: by their places, the characters that the model knows in no form,
    in its script.
    """

    typed: str = ""
    read: str = ""
    replaced: Mapping[int, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The text as the poem shows it: as read, but with the characters that were replaced."""
        return "".join(self.replaced.get(ix, read) for ix, read in enumerate(self.read))

    @property
    def stand_ins(self) -> dict[str, str]:
        """The characters that the model does not know, and what it reads in their place."""
        return {self.typed[ix]: self.read[ix] for ix in sorted(self.replaced)}

    def with_marks(self, text: str) -> "Given":
        """The same characters with the marks of ``text``, which has as many characters."""
        places = (ix for ix, character in enumerate(self.typed) if character not in MARKS + PAUSE)
        source = [None if character in MARKS + PAUSE else next(places) for character in text]
        typed, read = (
            "".join(mark if ix is None else given[ix] for mark, ix in zip(text, source, strict=True))
            for given in (self.typed, self.read)
        )
        found = enumerate(source)
        return Given(typed, read, {ix: self.replaced[old] for ix, old in found if old in self.replaced})


def take(vocabulary: PoemVocabulary, typed: str, name: str, keep_pauses: bool = False) -> Given:
    """Read typed text as ``vocabulary.read`` does, but replace unknown Chinese characters by the ``nearest``.

    Raises PoetryError on characters that are neither known nor Chinese; ``name``: the option for the message.
    """
    text = normalise(typed, name, keep_pauses)
    unknown = {character for character in vocabulary.unknown(text) if is_chinese(character)}
    stand_ins = {ord(character): nearest(vocabulary, character) for character in unknown}
    read = vocabulary.read(text.translate(stand_ins), name, keep_pauses)
    shown = text if vocabulary.is_traditional or not unknown else script.to_simplified(text)
    return Given(text, read, {ix: shown[ix] for ix, character in enumerate(text) if character in unknown})


def nearest(vocabulary: PoemVocabulary, character: str) -> str:
    """The word of the vocabulary that is read in place of ``character``, which it does not know.

    A modern character has a word of its meaning. Otherwise it is the first word of the rhyme group in which
    verse uses the character most; if there is none, the first one of its tone, else the meaning of its
    radical, else the first word of all. A vocabulary made from a corpus begins with its commonest words.
    """
    meaning = _known_form(vocabulary, _modern().get(script.to_simplified(character), ""))
    if meaning:
        return meaning
    words = list(vocabulary.characters())
    for kind in (dominant_group, dominant_tone):
        same = next((word for word in words if kind(character) and kind(word) == kind(character)), None)
        if same is not None:
            return same
    return _known_form(vocabulary, radical_word(character)) or words[0]


def _known_form(vocabulary: PoemVocabulary, word: str) -> str:
    """The single character ``word`` in the form that the vocabulary has; empty where it has none."""
    return vocabulary.read(word, "") if len(word) == 1 and not vocabulary.unknown(word) else ""


@functools.cache
def _modern() -> dict[str, str]:
    """The word of verse for each modern character. Source: ``poetry/composing/tables/modern.tsv``."""
    return dict(table_rows(files("poetry.composing.tables") / "modern.tsv"))


def as_printed(text: str, start: Given, heads: Given, kept: Collection[str] | None = None) -> str:
    """The laid-out ``text`` of a poem, with the given characters that the model does not know.

    Unless ``kept`` is None, the text is converted to traditional characters, but the given characters in
    ``kept`` are printed as they were typed.
    """
    characters = list(text)
    places = [
        place for place in given_places(text, start, heads) if text[place[0]] == place[1].read[place[2]]
    ]
    for ix, given, number in places:
        if number in given.replaced:
            characters[ix] = given.replaced[number]
    if kept is not None:
        characters = list(script.to_traditional("".join(characters)))
        for ix, given, number in places:
            if given.typed[number] in kept:
                characters[ix] = given.typed[number]
    return "".join(characters)


def given_places(text: str, start: Given, heads: Given) -> Iterator[tuple[int, Given, int]]:
    """Yield (place in ``text``, ``start`` or ``heads``, index in it) for every given character and mark."""
    count = lines = 0  # characters, lines begun
    begins = True
    for ix, character in enumerate(text):
        if character.isspace():
            continue
        if character in MARKS:
            begins = True
        elif begins:
            begins = False
            lines += 1
            if lines <= len(heads.read) and count >= len(start.read):
                yield ix, heads, lines - 1
        if count < len(start.read) and start.read[count] != GAP:
            yield ix, start, count
        count += 1

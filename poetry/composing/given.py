"""What a person gives of a poem: as it is typed, as the model reads it, as the poem shows it."""

from collections.abc import Iterator
from dataclasses import dataclass

from poetry.composing.checking import is_chinese
from poetry.text import script
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import GAP, MARKS, PAUSE
from poetry.verse.readings import dominant_group, dominant_tone
from poetry.verse.typed import normalise


@dataclass(frozen=True)
class Given:
    """Typed text, normalised, and the text of the vocabulary that the model ``read`` in its place.

    ``replaced`` are the places of characters that the model knows in no form. All texts are as long.
    """

    typed: str = ""
    read: str = ""
    replaced: frozenset[int] = frozenset()

    @property
    def shown(self) -> str:
        """What the poem shows: the typed character where the model does not know it."""
        return "".join(
            typed if ix in self.replaced else read
            for ix, (typed, read) in enumerate(zip(self.typed, self.read, strict=True))
        )

    @property
    def stand_ins(self) -> dict[str, str]:
        """The characters that the model does not know and what it reads in their place."""
        return {self.typed[ix]: self.read[ix] for ix in sorted(self.replaced)}

    @property
    def is_traditional(self) -> bool:
        """Whether it was typed in traditional characters; False where both scripts write it alike."""
        return script.to_simplified(self.typed) != self.typed

    def with_marks(self, text: str) -> "Given":
        """The same characters with the marks of ``text``, which shows as many of them."""
        places = (ix for ix, character in enumerate(self.typed) if character not in MARKS + PAUSE)
        source = [None if character in MARKS + PAUSE else next(places) for character in text]
        typed, read = (
            "".join(mark if ix is None else given[ix] for mark, ix in zip(text, source, strict=True))
            for given in (self.typed, self.read)
        )
        return Given(typed, read, frozenset(ix for ix, old in enumerate(source) if old in self.replaced))


def take(vocabulary: PoemVocabulary, typed: str, name: str) -> Given:
    """Read typed text, as ``vocabulary.read`` does, but for Chinese characters that the model does not know:
    those it reads as the nearest one that it knows.

    Raises PoetryError on what is neither known nor Chinese; ``name`` is the option that it speaks of.
    """
    text = normalise(typed, name)
    unknown = {character for character in vocabulary.unknown(text) if is_chinese(character)}
    stand_ins = {ord(character): nearest(vocabulary, character) for character in unknown}
    read = vocabulary.read(text.translate(stand_ins), name)
    return Given(text, read, frozenset(ix for ix, character in enumerate(text) if character in unknown))


def nearest(vocabulary: PoemVocabulary, character: str) -> str:
    """The first word of the rhyme group that verse uses ``character`` in most, else of its tone, else of all.

    A vocabulary that a corpus made begins with its commonest words.
    """
    words = [word for word in vocabulary.words if len(word) == 1 and script.is_chinese(word)]
    for kind in (dominant_group, dominant_tone):
        same = next((word for word in words if kind(character) and kind(word) == kind(character)), None)
        if same is not None:
            return same
    return words[0] if words else character


def as_printed(text: str, start: Given, heads: Given, traditional: bool) -> str:
    """``text`` of a poem, laid out, with what the model does not know as it was typed.

    With ``traditional`` it is converted, but for what was typed in traditional characters: this stays.
    """
    characters = list(text)
    places = [
        place for place in given_places(text, start, heads) if text[place[0]] == place[1].read[place[2]]
    ]
    for ix, given, number in places:
        if number in given.replaced:
            characters[ix] = given.typed[number]
    if traditional:
        characters = list(script.to_traditional("".join(characters)))
        for ix, given, number in places:
            if given.is_traditional and script.is_traditional(given.typed[number]):
                characters[ix] = given.typed[number]
    return "".join(characters)


def given_places(text: str, start: Given, heads: Given) -> Iterator[tuple[int, Given, int]]:
    """Every place of ``text`` that was given, what gave it, and which of its characters."""
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

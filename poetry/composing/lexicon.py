"""The properties of a vocabulary's words that the rules of verse need."""

import functools
from collections import Counter
from collections.abc import Sequence

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text import script
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.cilin import ci_rhymes
from poetry.verse.doublings import doublings
from poetry.verse.form import GAP, MARKS, PAUSE
from poetry.verse.parallelism import pairs
from poetry.verse.readings import LEVEL, LEVEL_GROUPS, OBLIQUE, readings_table


@functools.lru_cache(maxsize=4)
def lexicon(vocabulary: PoemVocabulary) -> "Lexicon":
    """The lexicon of a vocabulary, cached."""
    return Lexicon(vocabulary)


class Lexicon:
    """The words of a vocabulary as masks and numbers: (V,) each.

    ``characters``: which words are characters, neither marks nor special; ``marks``: which are marks;
    ``codes``: their code points, 0 for words of several characters; ``doubles``: which are doubled in verse.
    By the commonest reading of each word: ``level`` and ``oblique``, and ``groups``, the numbers of the rhyme
    groups, -1 where it is unknown; the level groups come first, in the order of LEVEL_GROUPS.
    """

    def __init__(self, vocabulary: PoemVocabulary):
        self.vocabulary = vocabulary
        words = np.array(vocabulary.words)
        single = np.char.str_len(words) == 1
        self.marks = self.of(MARKS + PAUSE)
        self.characters = single & ~self.marks
        self.codes = np.where(single, words.astype("U1").view(np.uint32), 0)
        doubled, read = doublings(), vocabulary.words
        self._simplified = [*map(script.to_simplified, read)] if vocabulary.is_traditional else read
        self.doubles = np.array([word in doubled for word in self._simplified])
        readings = readings_table()
        groups = [readings.get(word, "")[:1] for word in read]
        numbers = {group: number for number, group in enumerate(dict.fromkeys([*LEVEL_GROUPS, *groups]))}
        numbers[""] = -1
        self.groups = np.array([numbers[group] for group in groups])
        self.level = (self.groups >= 0) & (self.groups < len(LEVEL_GROUPS))
        self.oblique = self.groups >= len(LEVEL_GROUPS)

    def ids(self, text: str) -> np.ndarray:
        """The ids of the characters of ``text``, -1 for GAP: (len(text),)."""
        words = self.vocabulary.word2ix
        return np.array([-1 if word == GAP else words[word] for word in text], dtype=np.int64)

    def written(self, simplified: str) -> list[int]:
        """The ids of the words that are ``simplified`` or have it as their simplified form."""
        return self._by_simplified.get(simplified, [])

    @functools.cached_property
    def _by_simplified(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for ix, word in enumerate(self._simplified):
            found.setdefault(word, []).append(ix)
        return found

    def rhyme_groups(self, book: Sequence[str]) -> np.ndarray:
        """The number of each word's group in a ``book``, LEVEL_GROUPS or the 词林正韵; -1 for none: (V,)."""
        return np.where(self.level, self.groups, -1) if book == LEVEL_GROUPS else self._ci_groups

    def counts(self, book: Sequence[str]) -> Counter[tuple[str, str]]:
        """The number of words in each group of a ``book`` with each tone, by (group, tone)."""
        groups = self.rhyme_groups(book)
        tones = np.where(self.level, LEVEL, OBLIQUE)[groups >= 0]
        return Counter(zip((book[group] for group in groups[groups >= 0]), tones.tolist(), strict=True))

    def have(self, groups: np.ndarray, needed: Sequence[tuple[str, int]]) -> np.ndarray:
        """Which ``groups``, bool (G, V), have enough words; ``needed``: (tone, number): bool (G,)."""
        words = {LEVEL: self.level, OBLIQUE: self.oblique}
        counts = [(groups & words[tone]).sum(axis=1) >= number for tone, number in needed]
        return np.all(counts, axis=0)

    @functools.cached_property
    def vectors(self) -> np.ndarray:
        """The vectors of the words for parallelism (see ``poetry.verse.parallelism``): (V, D)."""
        return pairs().of(self.vocabulary.words)

    @functools.cached_property
    def _ci_groups(self) -> np.ndarray:
        rhymes = [ci_rhymes(word) if len(word) == 1 else () for word in self.vocabulary.words]
        return np.array([found[0].number - 1 if found else -1 for found in rhymes])

    def __len__(self) -> int:
        return len(self.vocabulary)

    def of(self, marks: str) -> np.ndarray:
        """Which words are one of ``marks``: bool (V,)."""
        found = np.zeros(len(self), dtype=bool)
        found[[self.vocabulary.word2ix[mark] for mark in marks if mark in self.vocabulary]] = True
        return found

    def mark(self, mark: str) -> int:
        """The id of a mark that is forced. Raises PoetryError where the vocabulary lacks it."""
        if mark not in self.vocabulary:
            raise PoetryError(f"the model does not know the mark {mark}, which lines of set length need")
        return self.vocabulary.word2ix[mark]

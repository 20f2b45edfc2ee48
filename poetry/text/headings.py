"""Headings: the name of a form or tune, and theme words, given to the network before a poem.

A heading stands between <START> and <TITLE>: a name, then theme words with a comma before each. In training,
a poem has its name in some epochs only. Its theme words, also in some epochs only, come from its title or
from its own lines. So the network learns to follow any combination.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import COMMA, characters, verse_lines

NAME_SHARE = 0.6  # probability, per epoch, that a poem has the name of its form or tune
THEME_SHARE = 0.4  # probability, per epoch, that it has theme words
MAX_WORDS = 4
SINGLE_SHARE = 0.25  # share of theme words of one character; the others have two
TITLE_SHARE = 0.5  # share of the two-character words taken from the title, where it has any


def heading(vocabulary: PoemVocabulary, name: str = "", words: Sequence[str] = ()) -> list[int]:
    """Return the ids of a heading, <TITLE> included; an empty list where there is neither name nor words.

    Raises PoetryError for a heading where the model has not learned headings.
    """
    text = name + "".join(f"{COMMA}{word}" for word in words)
    if not text:
        return []
    if vocabulary.title is None:
        raise PoetryError("this model has not learned headings; train one on data made with --headings")
    return [*vocabulary.encode(text).tolist(), vocabulary.title]


def prompt(
    vocabulary: PoemVocabulary, name: str = "", words: Sequence[str] = (), prefix: str = ""
) -> list[int]:
    """Return the ids that precede a poem: <START>, a heading, and ``prefix``, verse that sets the mood."""
    return [vocabulary.start, *heading(vocabulary, name, words), *vocabulary.encode(prefix).tolist()]


class HeadedPoems:
    """Documents: poems whose headings are drawn anew in every epoch, as a function of (seed, epoch, poem).

    Each of ``rows`` holds the ids (length,) of <START>, a heading of name and title (may be absent), the
    poem.
    """

    def __init__(self, rows: Sequence[np.ndarray], vocabulary: PoemVocabulary, seed: int):
        self.after = vocabulary.title
        self._vocabulary = vocabulary
        self._seed = seed
        parts = [_parts(row, vocabulary) for row in rows]
        self._poems = [poem for poem, _, _ in parts]
        self._names = [name for _, name, _ in parts]
        self._titles = [title for _, _, title in parts]
        self._sizes = np.array([len(poem) + 1 for poem in self._poems])
        self._name_sizes = np.array([len(name) for name in self._names])
        self.longest = int((self._sizes + self._name_sizes).max()) + 3 * MAX_WORDS + 1
        self._epoch, self._draws = -1, (np.zeros(0),) * 3
        self._counts = Counter(word for poem in self._poems for word in feet(vocabulary.decode(poem)))

    def lengths(self, epoch: int) -> list[int]:
        """As in Documents; an upper bound for poems without a foot, which may get fewer theme words."""
        named, words, singles = self._drawn(epoch)
        told = self._name_sizes * named + 3 * words - singles  # a word has 2 ids or 1, its comma 1
        return (self._sizes + told + (told > 0)).tolist()  # <TITLE> ends a heading

    def sequence(self, epoch: int, ix: int) -> np.ndarray:
        """As in Documents."""
        named, words, singles = (int(drawn[ix]) for drawn in self._drawn(epoch))
        random = np.random.default_rng([self._seed, epoch, ix])
        chosen = [*self._pairs(ix, words - singles, random), *self._singles(ix, singles, random)]
        told = heading(self._vocabulary, self._names[ix] * named, random.permutation(chosen).tolist())
        return np.concatenate([[self._vocabulary.start], told, self._poems[ix]]).astype(np.int64)

    def _drawn(self, epoch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Per poem: (whether it has its name, number of theme words, number of these of one character)."""
        if self._epoch != epoch:
            random = np.random.default_rng([self._seed, epoch])
            count = len(self._poems)
            named = random.random(count) < NAME_SHARE
            words = random.integers(1, MAX_WORDS, count, endpoint=True) * (random.random(count) < THEME_SHARE)
            self._epoch, self._draws = epoch, (named, words, random.binomial(words, SINGLE_SHARE))
        return self._draws

    def _pairs(self, ix: int, number: int, random: "np.random.Generator") -> list[str]:
        """Draw ``number`` theme words of two characters; common words such as 不知 get less weight."""
        if not number:
            return []
        title = self._titles[ix]
        pairs = map("".join, zip(title, title[1:], strict=False))
        of_title = [word for word in pairs if self._counts[word] > 4]
        of_poem = list(feet(self._vocabulary.decode(self._poems[ix])))
        chosen = []
        for _ in range(number):
            pool = of_title if of_title and random.random() < TITLE_SHARE else of_poem
            if not pool:  # every line has one character
                break
            weights = np.array([self._counts[word] ** -0.5 for word in pool])
            chosen.append(pool[random.choice(len(pool), p=weights / weights.sum())])
        return chosen

    def _singles(self, ix: int, number: int, random: "np.random.Generator") -> list[str]:
        pool = [*characters(self._titles[ix] or self._vocabulary.decode(self._poems[ix]))]
        return [pool[at] for at in random.integers(len(pool), size=number)] if pool else []


def _parts(row: np.ndarray, vocabulary: PoemVocabulary) -> tuple[np.ndarray, str, str]:
    """Split a row into (ids of the poem, name, title)."""
    ends = np.flatnonzero(row == vocabulary.title)
    if not len(ends):
        return row[1:], "", ""
    name, _, title = vocabulary.decode(row[1 : ends[0]]).partition(COMMA)
    return row[ends[0] + 1 :], name, title


def feet(text: str) -> Iterator[str]:
    """Yield the two-character feet of each line, and both pairs within its last three characters."""
    for line in verse_lines(text):
        line = characters(line)
        places = {*range(0, len(line) - 2, 2), len(line) - 2, len(line) - 3}
        yield from (line[place : place + 2] for place in sorted(places) if place >= 0)

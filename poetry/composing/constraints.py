"""What may come next: small callables ``(history, scores) -> scores`` over the vocabulary.

``history`` is the list of ids that a poem has so far, ``scores`` (V,) one score a word; a constraint changes
``scores`` in place, forbids a word by -inf, and returns them.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from poetry.base.errors import PoetryError
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import COMMA, PERIOD, SENTENCE_ENDS, Form
from poetry.verse.lines import LineSet
from poetry.verse.readings import LEVEL, LEVEL_GROUPS, OBLIQUE, dominant_group, dominant_tone
from poetry.verse.scheme import Scheme

Constraint = Callable[[list[int], np.ndarray], np.ndarray]
LEAST_LINES = 4  # of free verse: after a prefix the model would take a couplet for the rest of a poem
REPETITION_COST = 3.0  # nats off the score of a character that the poem has already
DOUBLING_COST = 1.0  # nats off that of one just before it in the same foot
RHYME_GAIN = 6.0  # nats for what rhymes where free verse may


class Outline(Protocol):
    """A constraint that also says which characters come of themselves, and when the poem is whole."""

    name: str

    def forced(self, history: list[int]) -> int | None:
        """The id that must come next, or None."""

    def done(self, history: list[int]) -> bool:
        """Whether the poem is whole."""

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        """As a constraint."""


class Punctuation:
    """Marks only after a character, the end only after a sentence and LEAST_LINES, no other special one."""

    name = "punctuation"

    def __init__(self, vocabulary: PoemVocabulary, given: int = 0):
        """``given``: characters that the poem begins with; something must follow them before it may end."""
        self._given = given
        self._marks = np.array(vocabulary.mark_ids(), dtype=np.int64)
        self._ends = frozenset(vocabulary.word2ix[mark] for mark in SENTENCE_ENDS if mark in vocabulary)
        self._line_starts = frozenset(self._marks.tolist())
        self._eop = vocabulary.eop
        self._never = np.array([vocabulary.start, vocabulary.pad])

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        scores[self._never] = -np.inf
        last = history[-1] if history else None
        if last is None or last in self._line_starts:
            scores[self._marks] = -np.inf
        if last not in self._ends or len(history) == self._given or self._lines(history) < LEAST_LINES:
            scores[self._eop] = -np.inf
        return scores

    def _lines(self, history: list[int]) -> int:
        return sum(ix in self._line_starts for ix in history)


def _line_marks(vocabulary: PoemVocabulary) -> tuple[int, int]:
    """The ids of ， and 。. Raises PoetryError where the vocabulary lacks one."""
    missing = next((mark for mark in (COMMA, PERIOD) if mark not in vocabulary), None)
    if missing:
        raise PoetryError(f"the model does not know the mark {missing}, which lines of set length need")
    return vocabulary.word2ix[COMMA], vocabulary.word2ix[PERIOD]


def _lines(history: list[int], marks: frozenset[int]) -> tuple[list[int], int]:
    """(the places of the marks, where lines end; characters in the open line)."""
    breaks = [place for place, ix in enumerate(history) if ix in marks]
    return breaks, len(history) - (breaks[-1] + 1 if breaks else 0)


class Acrostic:
    """An acrostic 藏头诗: line i begins with head i, all lines are as long as the first: five or seven
    characters, or what is given has.

    ``forced`` gives the heads and the marks; as a constraint it keeps marks and the end out of the lines.
    """

    name = "acrostic"
    LENGTHS = (5, 7)

    def __init__(self, vocabulary: PoemVocabulary, heads: str):
        self._heads = [int(ix) for ix in vocabulary.encode(heads)]
        self._marks = frozenset(vocabulary.mark_ids())
        self._comma, self._period = _line_marks(vocabulary)
        self._ending = np.array([*vocabulary.mark_ids(), vocabulary.eop])

    def _place(self, history: list[int]) -> tuple[int, int, int | None]:
        """(lines ended, characters in the open line, length of the first line if it has ended)."""
        breaks, column = _lines(history, self._marks)
        return len(breaks), column, breaks[0] if breaks else None

    def forced(self, history: list[int]) -> int | None:
        """The id that must come next, or None."""
        line, column, length = self._place(history)
        if column == 0:
            return self._heads[line]
        if column < (length or self.LENGTHS[-1]):
            return None
        last = line == len(self._heads) - 1
        return self._period if last or line % 2 else self._comma

    def done(self, history: list[int]) -> bool:
        """Whether every head has its line."""
        return self._place(history)[0] == len(self._heads)

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        _, column, length = self._place(history)
        may_end = length is None and column in self.LENGTHS
        allowed = scores[self._comma] if may_end else -np.inf
        scores[self._ending] = -np.inf
        scores[self._comma] = allowed
        return scores


class Shape:
    """The lines of a form: ， after odd ones, a mark that ends a sentence after even ones.

    ``heads`` open the lines where there are any.
    """

    name = "form"

    def __init__(self, vocabulary: PoemVocabulary, form: Form, heads: str = ""):
        self._form = form
        self._heads = [int(ix) for ix in vocabulary.encode(heads)]
        self._comma, _ = _line_marks(vocabulary)
        self._never = np.array([*vocabulary.mark_ids(), vocabulary.eop, vocabulary.start, vocabulary.pad])
        self._not_ends = np.ones(len(vocabulary), dtype=bool)
        self._not_ends[[vocabulary.word2ix[mark] for mark in SENTENCE_ENDS if mark in vocabulary]] = False

    def forced(self, history: list[int]) -> int | None:
        """The id that must come next, or None."""
        line, column = divmod(len(history), self._form.size + 1)
        if column == self._form.size and line % 2 == 0:
            return self._comma
        return self._heads[line] if self._heads and column == 0 else None

    def done(self, history: list[int]) -> bool:
        """Whether the last line has its mark."""
        return len(history) == self._form.count * (self._form.size + 1)

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        at_end = len(history) % (self._form.size + 1) == self._form.size
        scores[self._not_ends if at_end else self._never] = -np.inf
        return scores


class Readings:
    """The dominant readings of a vocabulary's words, as masks over it: bool (V,)."""

    def __init__(self, vocabulary: PoemVocabulary):
        tones = np.array([dominant_tone(word) or "" for word in vocabulary.words])
        groups = np.array([dominant_group(word) for word in vocabulary.words])
        self.of_tone = {tone: tones == tone for tone in (LEVEL, OBLIQUE)}
        self.of_group = {group: groups == group for group in LEVEL_GROUPS}
        self.group = groups

    def rhyming(self, ix: int) -> np.ndarray:
        """Which words are of the group of the word ``ix``; none where that is unknown."""
        return (self.group == self.group[ix]) & (self.group != "")

    def enough(self, needed: int) -> np.ndarray:
        """Which words are of a level group of at least ``needed`` words."""
        groups = [mask for mask in self.of_group.values() if mask.sum() >= needed]
        return np.any(groups, axis=0) if groups else np.zeros(len(self.group), dtype=bool)


class Tones:
    """The tone that a scheme asks for in every place."""

    name = "tones"

    def __init__(self, readings: Readings, scheme: Scheme):
        self._masks = readings.of_tone
        self._wanted = "".join(f"{line}." for line in scheme.tones)  # a mark after every line

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        wanted = self._wanted[len(history)]
        if wanted in self._masks:
            scores[~self._masks[wanted]] = -np.inf
        return scores


class Rhyme:
    """Rhymed lines end in one level group, none in the last character of another one or of line 1.

    The first rhyme decides on the group where the scheme does not.
    """

    name = "rhyme"

    def __init__(self, readings: Readings, scheme: Scheme):
        step = scheme.form.size + 1
        self._end = scheme.form.size - 1  # of line 1
        self._places = [ix * step - 2 for ix, rhymed in enumerate(scheme.rhymed, 1) if rhymed]
        self._readings = readings
        self._masks = readings.of_group
        self._group = scheme.group
        self._first = readings.enough(scheme.form.rhymes)

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        if len(history) in self._places:
            rhymes = [history[place] for place in self._places if place < len(history)]
            groups = [self._group, *self._readings.group[rhymes]]
            mask = next((self._masks[group] for group in groups if group in self._masks), self._first)
            scores[~mask] = -np.inf
            scores[rhymes + history[self._end : self._end + 1]] = -np.inf
        return scores


class FreeRhyme:
    """Even lines of free verse are drawn to one rhyme: the second line's, which is drawn to the level tone.

    The lines are taken to be as long as the first one.
    """

    name = "rhyme"

    def __init__(self, vocabulary: PoemVocabulary):
        self._marks = frozenset(vocabulary.mark_ids())
        self._readings = Readings(vocabulary)

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        breaks, column = _lines(history, self._marks)
        if len(breaks) % 2 and column == breaks[0] - 1:
            rhymes = [history[place - 1] for place in breaks[1::2]]
            gains = self._readings.rhyming(rhymes[0]) if rhymes else self._readings.of_tone[LEVEL]
            scores[gains] += RHYME_GAIN
            scores[rhymes] -= RHYME_GAIN
        return scores


class Triples:
    """No character is chosen that would be the third in a row, marks between them or not."""

    name = "triples"

    def __init__(self, vocabulary: PoemVocabulary):
        self._marks = frozenset(vocabulary.mark_ids())

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        last = [ix for ix in history[-4:] if ix not in self._marks][-2:]
        if len(last) == 2 and last[0] == last[1]:
            scores[last[0]] = -np.inf
        return scores


class Repetition:
    """What the poem has already comes again rarely, but for doublings such as 萋萋 within a foot."""

    name = "repetition"

    def __init__(self, vocabulary: PoemVocabulary, form: Form):
        self._marks = frozenset(vocabulary.mark_ids())
        self._size = form.size

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        used = set(history) - self._marks
        scores[list(used)] -= REPETITION_COST
        if history and history[-1] in used and not self._foot_begins(history):
            scores[history[-1]] += REPETITION_COST - DOUBLING_COST
        return scores

    def _foot_begins(self, history: list[int]) -> bool:
        """Whether the next character begins a foot: the third of a line, in lines of seven the fifth too.

        The lines of free verse are taken to be as long as the first one, which may be of five until it ends.
        """
        breaks, column = _lines(history, self._marks)
        return column == 2 or (column == 4 and (self._size or next(iter(breaks), 0)) == 7)


class NewLines:
    """No line of a form is one of the known ones whole, unless nothing else is left."""

    name = "new lines"

    def __init__(self, vocabulary: PoemVocabulary, form: Form, known: LineSet):
        self._size = form.size
        self._known = known
        self._vocabulary = vocabulary
        self._codes = np.array([ord(word) if len(word) == 1 else 0 for word in vocabulary.words])

    def __call__(self, history: list[int], scores: np.ndarray) -> np.ndarray:
        if len(history) % (self._size + 1) == self._size - 1:
            opening = self._vocabulary.decode(history[len(history) - self._size + 1 :])
            copied = self._known.completed(opening, self._codes)
            if (scores[~copied] > -np.inf).any():
                scores[copied] = -np.inf
        return scores

"""Rules for the next word of any verse: marks, repetition, lines and rhyme of free verse, acrostics.

Every rule works on a batch of drafts (see ``poetry.composing.choices``). The rules of forms and tunes are in
``poetry.composing.metre``.
"""

from collections.abc import Callable

import numpy as np

from poetry.composing.choices import Choices, History
from poetry.composing.lexicon import Lexicon
from poetry.verse.form import COMMA, MARKS, PERIOD, SENTENCE_ENDS

LEAST_LINES = 4  # of free verse: after a prefix the model tends to end after one couplet
REPETITION_COST = 3.0  # nats taken off the score of a character that the poem already has
DOUBLING_COST = 1.0  # the same for the previous character, in the same foot, if verse doubles it
RHYME_GAIN = 6.0  # nats added to characters that rhyme, at the end of an even line of free verse
LONG_LINE = 7  # characters of a line whose fifth character begins a foot too
_UNKNOWN, _NO_RHYME = -1, -2  # beside the numbers of rhyme groups: no known group; no rhyme so far


class Lines:
    """Where the lines of free verse end: ``marks`` is bool (R, T), which ids are marks.

    ``count``: the number of complete lines; ``column``: of characters in the open line; ``first``: of
    characters in the first line, which may be open: (R,) each.
    """

    def __init__(self, history: History, is_mark: np.ndarray):
        """``is_mark``: bool (V,)."""
        self.marks = is_mark[history.ids]
        self.count = self.marks.sum(axis=1)
        size, places = len(history), np.arange(len(history))
        self.column = size - 1 - np.where(self.marks, places, -1).max(axis=1, initial=-1)
        self.first = np.where(self.marks, places, size).min(axis=1, initial=size)


class Punctuation:
    """Allows marks only after a character, the end only after a sentence and LEAST_LINES lines, and no other
    special words.
    """

    name = "punctuation"

    def __init__(self, lexicon: Lexicon, given: int = 0):
        """``given``: how many ids the poem begins with; at least one must follow them before it may end."""
        self._given = given
        self._is_mark = lexicon.marks
        self._is_end = lexicon.of(SENTENCE_ENDS)
        (self._marks,) = np.nonzero(lexicon.marks)
        self._eop = np.array([lexicon.vocabulary.eop])
        may_come = lexicon.characters | lexicon.of(MARKS)
        may_come[self._eop] = True
        (self._never,) = np.nonzero(~may_come)

    def __call__(self, history: History, choices: Choices) -> None:
        rows = np.arange(len(history.ids))[:, None]
        choices.forbid(rows, self._never)
        if not len(history):
            choices.forbid(rows, np.append(self._marks, self._eop))
            return
        last = history.ids[:, -1]
        choices.forbid(rows[self._is_mark[last]], self._marks)
        enough = self._is_mark[history.ids].sum(axis=1) >= LEAST_LINES
        may_end = self._is_end[last] & enough & (len(history) != self._given)
        choices.forbid(rows[~may_end], self._eop)


class Acrostic:
    """An acrostic 藏头诗: line i begins with head i, and all lines are as long as the first one.

    The first line has five or seven characters unless it is given.
    ``forced`` gives the heads and the marks; as a constraint it forbids marks and the end within lines.
    """

    name = "acrostic"
    LENGTHS = (5, LONG_LINE)

    def __init__(self, lexicon: Lexicon, heads: str):
        self._heads = lexicon.vocabulary.encode(heads)
        self._is_mark = lexicon.marks
        self._comma, self._period = map(lexicon.mark, (COMMA, PERIOD))
        self._ending = np.append(np.flatnonzero(lexicon.marks), lexicon.vocabulary.eop)
        self._not_comma = self._ending[self._ending != self._comma]

    def forced(self, history: History) -> np.ndarray:
        """The id that must come next in each draft, -1 where it is free."""
        lines = Lines(history, self._is_mark)
        full = lines.column >= np.where(lines.count > 0, lines.first, self.LENGTHS[-1])
        closing = (lines.count == len(self._heads) - 1) | (lines.count % 2 == 1)
        marks = np.where(closing, self._period, self._comma)
        heads = self._heads[np.minimum(lines.count, len(self._heads) - 1)]
        return np.where(lines.column == 0, heads, np.where(full, marks, -1))

    def done(self, history: History) -> np.ndarray:
        """Whether each draft has a line for every head: bool (R,)."""
        return Lines(history, self._is_mark).count == len(self._heads)

    def __call__(self, history: History, choices: Choices) -> None:
        lines = Lines(history, self._is_mark)
        may_end = (lines.count == 0) & np.isin(lines.column, self.LENGTHS)
        rows = np.arange(len(history.ids))[:, None]
        choices.forbid(rows[may_end], self._not_comma)
        choices.forbid(rows[~may_end], self._ending)


class LineLength:
    """Makes lines of free verse as long as the first one, where its length is one of LENGTHS.

    Otherwise the model decides where lines end.
    """

    name = "line length"
    LENGTHS = range(4, 8)

    def __init__(self, lexicon: Lexicon):
        self._is_mark = lexicon.marks
        self.sets = np.array([np.ones(len(lexicon), dtype=bool), ~lexicon.marks, lexicon.marks])

    def keys(self, history: History) -> np.ndarray:
        """The set for each draft, as in Mask: all words, no marks (within a line) or marks (at its end)."""
        lines = Lines(history, self._is_mark)
        ruled = (lines.count > 0) & np.isin(lines.first, self.LENGTHS)
        return np.where(ruled, np.where(lines.column == lines.first, 2, 1), 0)


class FreeRhyme:
    """Favours rhymes at the end of even lines of free verse: a level tone in line 2, then its rhyme group.

    All lines are assumed to be as long as the first one.
    """

    name = "rhyme"

    def __init__(self, lexicon: Lexicon):
        self._lexicon = lexicon

    def __call__(self, history: History, choices: Choices) -> None:
        lines = Lines(history, self._lexicon.marks)
        (rows,) = np.nonzero((lines.count % 2 == 1) & (lines.column == lines.first - 1))
        if not len(rows):
            return
        marks = lines.marks[rows]
        rhymed = marks & (np.cumsum(marks, axis=1) % 2 == 0)  # the marks of even lines
        first = history.ids[rows, rhymed.argmax(axis=1) - 1]
        keys = np.where(rhymed.any(axis=1), self._lexicon.groups[first], _NO_RHYME)
        for key in set(keys[keys != _UNKNOWN].tolist()):
            gains = self._lexicon.level if key == _NO_RHYME else self._lexicon.groups == key
            choices.add(rows[keys == key, None], np.flatnonzero(gains), RHYME_GAIN)
        poems, places = np.nonzero(rhymed)
        choices.add(rows[poems], history.ids[rows[poems], places - 1], -RHYME_GAIN)


class Triples:
    """Forbids the same character three times in a row, with or without marks between."""

    name = "triples"

    def __init__(self, lexicon: Lexicon):
        self._is_mark = lexicon.marks

    def __call__(self, history: History, choices: Choices) -> None:
        ids = history.ids[:, :-5:-1]  # the last four, the last one first
        if not ids.shape[1]:
            return
        spoken = np.cumsum(~self._is_mark[ids], axis=1)
        rows = np.arange(len(ids))
        last, before = (ids[rows, (spoken >= number).argmax(axis=1)] for number in (1, 2))
        (third,) = np.nonzero((last == before) & (spoken[:, -1] >= 2))
        choices.forbid(third, last[third])


class Repetition:
    """Lowers the scores of characters that the poem already has; less for doublings of verse, such as 萋萋,
    within a foot.
    """

    name = "repetition"

    def __init__(
        self, lexicon: Lexicon, foot_begins: Callable[[History], np.ndarray] | None = None, locked: str = ""
    ):
        """``foot_begins``: whether the next character of each draft begins a foot, bool (R,).

        Without it the verse is free: the third character of a line begins a foot, in lines of seven the fifth
        too. All lines are assumed to be as long as the first one, and this to have no second foot until it
        ends. ``locked``: what stays of a poem, as in Plan; its characters count as repeated too.
        """
        self._is_mark, self._doubles = lexicon.marks, lexicon.doubles
        self._foot_begins = foot_begins or self._foot_of_free_verse_begins
        self._locked = lexicon.ids(locked)

    def __call__(self, history: History, choices: Choices) -> None:
        coming = self._locked[len(history) :]
        coming = np.tile(coming[coming >= 0], (len(history.ids), 1))
        ids = np.column_stack([history.ids, coming])
        rows, places = np.nonzero(~self._is_mark[ids])
        choices.add(rows, ids[rows, places], -REPETITION_COST)
        if not len(history):
            return
        (doubling,) = np.nonzero(self._doubles[history.ids[:, -1]] & ~self._foot_begins(history))
        choices.add(doubling, history.ids[doubling, -1], REPETITION_COST - DOUBLING_COST)

    def _foot_of_free_verse_begins(self, history: History) -> np.ndarray:
        lines = Lines(history, self._is_mark)
        long = (lines.count > 0) & (lines.first == LONG_LINE)
        return (lines.column == 2) | ((lines.column == 4) & long)

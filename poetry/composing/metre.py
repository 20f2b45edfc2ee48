"""The rules of a form or tune: shape, tones, rhyme, parallelism, new lines, read from its schemes' places."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from poetry.composing.choices import Choices, History
from poetry.composing.constraints import LONG_LINE
from poetry.composing.lexicon import Lexicon
from poetry.composing.plan import AnyScheme
from poetry.verse.form import PAUSE
from poetry.verse.lines import LineSet
from poetry.verse.parallelism import pairs
from poetry.verse.places import Place
from poetry.verse.readings import LEVEL, OBLIQUE


def _table(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Rows of numbers, one for each scheme, filled up with 0: int (K, T)."""
    table = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    for line, row in zip(table, rows, strict=True):
        line[: len(row)] = row
    return table


def _of_places(schemes: Sequence[AnyScheme], number: Callable[[Place], int]) -> np.ndarray:
    """``number`` of every place of every scheme: int (K, T)."""
    return _table([[number(place) for place in scheme.places] for scheme in schemes])


def _of_sizes(schemes: Sequence[AnyScheme], number: Callable[[int, int], int]) -> np.ndarray:
    """``number`` of (column, characters in the line) of every place of every scheme: int (K, T)."""
    rows = []
    for scheme in schemes:
        sizes = {place.line: place.column for place in scheme.places if place.marks}
        rows.append([number(place.column, sizes[place.line]) for place in scheme.places])
    return _table(rows)


class Shape:
    """Allows characters and marks only in their places; forces heads, repetitions, what stays, and each mark
    that has no alternative.

    ``heads``: the characters that open the lines, if any; ``locked``: what stays of a poem, as in Plan.
    """

    name = "form"

    def __init__(self, lexicon: Lexicon, schemes: Sequence[AnyScheme], heads: str = "", locked: str = ""):
        marks = sorted({place.marks for scheme in schemes for place in scheme.places if place.marks})
        first = {kind: lexicon.mark(kind[0]) for kind in marks}
        self.sets = np.array([lexicon.characters, *map(lexicon.of, marks)])
        self._kinds = _of_places(schemes, lambda place: 1 + marks.index(place.marks) if place.marks else 0)
        opening = lexicon.vocabulary.encode(heads).tolist()

        def forced(place: Place) -> int:
            if len(place.marks) == 1:
                return first[place.marks]
            return opening[place.line] if opening and place.column == 0 else -1

        self._forced = _of_places(schemes, forced)
        stays = lexicon.ids(locked)
        self._forced[:, np.flatnonzero(stays >= 0)] = stays[stays >= 0]
        self._repeats = _of_places(schemes, lambda place: -1 if place.repeats is None else place.repeats)
        self._lengths = np.array([len(scheme.places) for scheme in schemes])

    def keys(self, history: History) -> np.ndarray:
        """The set for each draft, as in Mask: characters, or the marks of a kind."""
        return self._kinds[history.schemes, len(history)]

    def forced(self, history: History) -> np.ndarray:
        """The id that must come next in each draft, -1 where it is free."""
        forced = self._forced[history.schemes, len(history)]
        repeats = self._repeats[history.schemes, len(history)]
        (rows,) = np.nonzero((repeats >= 0) & (forced < 0))
        forced[rows] = history.ids[rows, repeats[rows]]
        return forced

    def done(self, history: History) -> np.ndarray:
        """Whether each draft has the mark of its last line: bool (R,)."""
        return self._lengths[history.schemes] == len(history)


class Tones:
    """The tone that a scheme asks for in every place."""

    name = "tones"

    def __init__(self, lexicon: Lexicon, schemes: Sequence[AnyScheme]):
        self.sets = np.array([np.ones(len(lexicon), dtype=bool), lexicon.level, lexicon.oblique])
        self._wanted = _of_places(schemes, lambda place: [".", LEVEL, OBLIQUE].index(place.tone))

    def keys(self, history: History) -> np.ndarray:
        """The set for each draft, as in Mask: any tone, level or oblique."""
        return self._wanted[history.schemes, len(history)]


@dataclass(frozen=True)
class _Rhyme:
    """A place that rhymes.

    ``group``: the number of its rhyme group, -1 where the first rhyme of its class decides; ``earlier``: the
    places of its class before it; ``others``: all places before it whose characters it may not repeat;
    ``later``: the ids, fixed in places after it, that it may not take; ``needed``: (tone, how many different
    characters of that tone its class needs).
    """

    group: int
    earlier: np.ndarray
    others: np.ndarray
    later: np.ndarray
    needed: tuple[tuple[str, int], ...]


def _rhymes(scheme: AnyScheme, locked: np.ndarray) -> dict[int, _Rhyme]:
    """The rhyming places of a scheme. ``locked``: the id that stays in each place, -1 for none: (T,)."""
    first_end = next(ix for ix, place in enumerate(scheme.places) if place.marks.strip(PAUSE)) - 1
    found = {}
    for ix, place in enumerate(scheme.places):
        if place.rhyme:
            group = scheme.groups[place.rhyme - 1]
            alike = [at for at, other in enumerate(scheme.places) if other.rhyme == place.rhyme]
            others = sorted({*alike, first_end})
            earlier, avoided = (np.array([at for at in ends if at < ix], int) for ends in (alike, others))
            tones = Counter(scheme.places[at].tone for at in alike)
            tones[place.tone] += len(others) - len(alike)
            number = scheme.book.index(group) if group else -1
            later = np.array([locked[at] for at in others if ix < at < len(locked) and locked[at] >= 0], int)
            found[ix] = _Rhyme(number, earlier, avoided, later, tuple(sorted(tones.items())))
    return found


class Rhyme:
    """The rhymes of a class belong to one group, are all different, and differ from the last character of
    line 1.

    Where the scheme names no group the first rhyme decides; only groups with enough characters are allowed.
    """

    name = "rhyme"

    def __init__(self, lexicon: Lexicon, schemes: Sequence[AnyScheme], locked: str = ""):
        """``locked``: what stays of a poem, as in Plan."""
        book = schemes[0].book
        self._groups = lexicon.rhyme_groups(book)
        self._rhymes = [_rhymes(scheme, lexicon.ids(locked)) for scheme in schemes]
        groups = self._groups == np.arange(len(book))[:, None]
        self._any = len(groups)  # the index of the set of all words; after it, one set for each need
        needed = sorted({rhyme.needed for rhymes in self._rhymes for rhyme in rhymes.values()})
        self._enough = {need: self._any + 1 + ix for ix, need in enumerate(needed)}
        enough = [groups[lexicon.have(groups, need)].any(axis=0) for need in needed]
        self.sets = np.array([*groups, np.ones(len(lexicon), dtype=bool), *enough])

    def _here(self, history: History) -> Iterator[tuple[np.ndarray, _Rhyme]]:
        """Yield (the drafts of a scheme, its rhyme) for each scheme whose next place rhymes."""
        for number, rhymes in enumerate(self._rhymes):
            if len(history) in rhymes:
                (rows,) = np.nonzero(history.schemes == number)
                yield rows, rhymes[len(history)]

    def keys(self, history: History) -> np.ndarray:
        """The set for each draft, as in Mask: a group, all words, or the groups that have enough."""
        keys = np.full(len(history.ids), self._any)
        for rows, rhyme in self._here(history):
            found = self._groups[history.ids[rows[:, None], rhyme.earlier]]  # (R, rhymes before)
            found = np.insert(found, 0, rhyme.group, axis=1)
            known = found >= 0
            first = np.take_along_axis(found, known.argmax(axis=1)[:, None], axis=1)[:, 0]
            keys[rows] = np.where(known.any(axis=1), first, self._enough[rhyme.needed])
        return keys

    def __call__(self, history: History, choices: Choices) -> None:
        for rows, rhyme in self._here(history):
            choices.forbid(rows[:, None], history.ids[rows[:, None], rhyme.others])
            choices.forbid(rows[:, None], rhyme.later)


class Parallel:
    """In a parallel couplet favours, in the second line, characters that answer those above them, and in the
    first line characters that are answered by those that stay below.
    """

    name = "parallelism"

    def __init__(self, lexicon: Lexicon, schemes: Sequence[AnyScheme], gain: float, locked: str = ""):
        """``gain``: the factor by which the log odds of a pair are added to the score of the character to be
        chosen; ``locked``: what stays of a poem, as in Plan.
        """
        self._answers = _of_places(schemes, lambda place: -1 if place.answers is None else place.answers)
        self._below = np.full_like(self._answers, -1)  # the ids that stay below
        for ix, stays in enumerate(lexicon.ids(locked)):
            rows = np.flatnonzero((self._answers[:, ix] >= 0) & (stays >= 0))
            self._below[rows, self._answers[rows, ix]] = stays
        self._gain, self._vectors, self._signs = gain, lexicon.vectors, pairs().signs

    def __call__(self, history: History, choices: Choices) -> None:
        above = self._answers[history.schemes, len(history)]
        (rows,) = np.nonzero(above >= 0)
        partners = self._below[history.schemes, len(history)]
        partners[rows] = history.ids[rows, above[rows]]
        (rows,) = np.nonzero(partners >= 0)
        if len(rows):
            signed = self._gain * self._vectors[partners[rows]] * self._signs
            odds = signed @ self._vectors[choices.words.ids].T
            choices.scores[rows] += odds


class Once:
    """Forbids every word that the text already has; only the form may force it again."""

    name = "no repetition"

    def __call__(self, history: History, choices: Choices) -> None:
        choices.forbid(np.arange(len(history.ids))[:, None], history.ids)


class Feet:
    """Whether the next character begins a foot: the third of a line, in lines of seven the fifth too."""

    def __init__(self, schemes: Sequence[AnyScheme]):
        self._begin = _of_sizes(
            schemes, lambda column, size: column == 2 or (column == 4 and size == LONG_LINE)
        ).astype(bool)

    def __call__(self, history: History) -> np.ndarray:
        """For each draft: bool (R,)."""
        return self._begin[history.schemes, len(history)]


class NewLines:
    """Forbids characters that would complete a known line, unless no others are left."""

    name = "new lines"

    def __init__(self, lexicon: Lexicon, schemes: Sequence[AnyScheme], known: LineSet):
        self._ending = _of_sizes(schemes, lambda column, size: size if column == size - 1 else 0)
        self._known = known
        self._codes = lexicon.codes

    def __call__(self, history: History, choices: Choices) -> None:
        sizes = self._ending[history.schemes, len(history)]
        for size in set(sizes[sizes > 0].tolist()):
            (rows,) = np.nonzero(sizes == size)
            openings = self._codes[history.ids[rows, len(history) - size + 1 :]]
            copied = self._known.completed(openings, self._codes[choices.words.ids])
            scores = choices.scores[rows]
            new = (~copied & (scores > -np.inf)).any(axis=1)
            scores[copied & new[:, None]] = -np.inf
            choices.scores[rows] = scores

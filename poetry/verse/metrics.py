"""Metrics of poems: rules kept, repetition, copying. The same functions measure real and composed poems."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from poetry.base.hashing import mix
from poetry.verse.form import Form, characters, is_well_formed, recognise, triples, verse_lines
from poetry.verse.parallelism import has_middle, middle_scores
from poetry.verse.prosody import check_poem
from poetry.verse.readings import level_groups, tones

_OF_TONES = {"失律", "失对", "失粘", "孤平", "三平尾"}
_OF_RHYME = {"出韵", "重韵"}
_RESAMPLES = 1000
SHARES = (
    "form right",
    "rhyme right",
    "tones right",
    "rhyme and tones right",
    "a character repeated",
    "three in a row",
    "distinct-1 of 50 poems",
    "distinct-2 of 50 poems",
    "lines copied whole",
)
_SUBSET = 50  # poems in each sample for distinct-1 and distinct-2


@dataclass(frozen=True)
class Figure:
    """A value and its 95 % interval: bootstrapped over poems (Efron 1979) unless stated otherwise."""

    value: float
    low: float
    high: float


def mean(values: Sequence[float]) -> Figure | None:
    """Return the mean of ``values``, one per poem; None if there are no poems."""
    return _ratio(values, np.ones(len(values))) if len(values) else None


def perplexity(losses: Sequence[np.ndarray]) -> Figure | None:
    """Return the perplexity from the losses (nats) of each poem's characters; None if there are no poems."""
    if not losses:
        return None
    sums, sizes = [loss.sum() for loss in losses], [len(loss) for loss in losses]
    figure = _ratio(sums, sizes)
    numbers = (figure.value, figure.low, figure.high)
    # The order of the arguments of min keeps NaN, as in losses.py.
    return Figure(*(math.exp(min(number, 700.0)) for number in numbers))


def _ratio(sums: Sequence[float], sizes: Sequence[int]) -> Figure:
    """Return the total of ``sums`` divided by the total of ``sizes``; each has one value per poem."""
    table = np.array([sums, sizes], dtype=np.float64)  # (2, N)
    random = np.random.default_rng(0)
    draws = (random.integers(table.shape[1], size=table.shape[1]) for _ in range(_RESAMPLES))
    resampled = np.array([table[:, drawn].sum(axis=1) for drawn in draws])
    low, high = np.percentile(resampled[:, 0] / resampled[:, 1], [2.5, 97.5])
    return Figure(float(table[0].sum() / table[1].sum()), float(low), float(high))


def in_form(text: str, form: Form) -> bool:
    """Whether ``text`` has the lines of ``form``, each with its mark."""
    return recognise(text) is form and is_well_formed(text)


def keeps(text: str, form: Form) -> tuple[bool, bool]:
    """Return (whether a poem in a form keeps the rules of rhyme, whether it keeps the rules of tones).

    The rhyme is right if the even lines, and line 1 if its type rhymes, end in one level group, without
    repeating a character; line 1 may borrow from a neighbouring group. The tones are right if all lines are
    of the types of one sequence.
    """
    found = {fault.name for fault in check_poem(text, form).faults}
    return rhymes(text) and not found & _OF_RHYME, not found & _OF_TONES


def rhymes(text: str) -> bool:
    """Whether the even lines of ``text`` end in one level rhyme group, without repeating a character."""
    ends = [line[-1] for line in verse_lines(text)[1::2]]
    known = [level_groups(end) for end in ends if tones(end)]
    return bool(known) and bool(frozenset.intersection(*known)) and len(set(ends)) == len(ends)


def repeats(text: str) -> bool:
    """Whether a character occurs more than once."""
    verse = characters(text)
    return len(set(verse)) < len(verse)


def distinct(texts: Sequence[str], size: int) -> Figure | None:
    """Return the share of distinct runs of ``size`` characters within lines, among 50 poems.

    It is the mean over random samples of 50 poems; the interval holds 95 % of the samples. None if fewer
    than 50 poems have such runs.
    """
    every = (
        [line[ix : ix + size] for line in verse_lines(text) for ix in range(len(line) - size + 1)]
        for text in texts
    )
    runs = list(filter(None, every))
    if len(runs) < _SUBSET:
        return None
    random = np.random.default_rng(0)
    shares = []
    for _ in range(_RESAMPLES // 5):
        drawn = [run for ix in random.permutation(len(runs))[:_SUBSET] for run in runs[ix]]
        shares.append(len(set(drawn)) / len(drawn))
    return Figure(float(np.mean(shares)), *np.percentile(shares, [2.5, 97.5]).tolist())


def figures(texts: Sequence[str], form: Form, source: "Source") -> dict[str, Figure | None]:
    """Return the metrics, by name, of poems that are all in ``form``; SHARES names those between 0 and 1."""
    kept = [keeps(text, form) for text in texts]
    return {
        "rhyme right": mean([rhyme for rhyme, _ in kept]),
        "tones right": mean([tone for _, tone in kept]),
        "rhyme and tones right": mean([rhyme and tone for rhyme, tone in kept]),
        "a character repeated": mean([repeats(text) for text in texts]),
        "three in a row": mean([triples(text) for text in texts]),
        "distinct-1 of 50 poems": distinct(texts, 1),
        "distinct-2 of 50 poems": distinct(texts, 2),
        "parallelism of middle couplets": mean(
            [np.mean(middle_scores(text)) for text in texts if has_middle(form)]
        ),
        "lines copied whole": mean([source.copied_share(text) for text in texts]),
        "longest shared run": mean(source.longest_runs(texts)),
    }


class Source:
    """Known poems, with which other poems are compared to find copied text."""

    def __init__(self, texts: Iterable[str]):
        verses = [(characters(text), verse_lines(text)) for text in texts]
        self._lines = {line for _, lines in verses for line in lines}
        self._codes = _codes(verse for verse, _ in verses)

    def copied_share(self, text: str) -> float:
        """Return the share of the lines of ``text`` that are lines of the source."""
        lines = verse_lines(text)
        return sum(line in self._lines for line in lines) / max(1, len(lines))

    def longest_runs(self, texts: Sequence[str]) -> list[int]:
        """Return for each text the length of the longest run of characters, without marks, in the source."""
        longest = np.zeros(len(texts), dtype=np.int64)
        codes = _codes(map(characters, texts))
        owner = np.cumsum(codes == 0) - 1  # there is a separator before each text
        ours, theirs = _Runs.of(codes), _Runs.of(self._codes)
        for size in itertools.count(1):
            ours, theirs = ours.longer(), theirs.longer()
            found = np.isin(ours.hashes, theirs.hashes)
            if not found.any():
                return longest.tolist()
            ours, theirs = ours.only(found), theirs.only(np.isin(theirs.hashes, ours.hashes))
            longest[owner[ours.starts]] = size


def _codes(verses: Iterable[str]) -> np.ndarray:
    """Return the code points of all verses, with a 0 before each: uint32 (N,)."""
    return np.frombuffer("".join(f"\0{verse}" for verse in verses).encode("utf-32-le"), dtype="<u4")


@dataclass(frozen=True)
class _Runs:
    """Runs of ``size`` characters in ``codes``: where they start, and their hashes."""

    codes: np.ndarray
    size: int
    starts: np.ndarray
    hashes: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray) -> "_Runs":
        """Return an empty run at every place."""
        return cls(codes, 0, np.arange(len(codes)), np.zeros(len(codes), dtype=np.uint64))

    def longer(self) -> "_Runs":
        """Return the runs extended by one character; discard those that would reach into the next text."""
        ends = self.starts + self.size
        inside = ends < len(self.codes)
        inside[inside] = self.codes[ends[inside]] != 0
        hashes = mix(self.hashes[inside] ^ self.codes[ends[inside]].astype(np.uint64))
        return _Runs(self.codes, self.size + 1, self.starts[inside], hashes)

    def only(self, kept: np.ndarray) -> "_Runs":
        """Return the runs where ``kept`` is True."""
        return _Runs(self.codes, self.size, self.starts[kept], self.hashes[kept])

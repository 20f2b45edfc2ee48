"""Requests for poems: what is composed for them, and which poems are made of the drafts."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from poetry.base.errors import PoetryError
from poetry.composing.asked import Asked
from poetry.composing.composed import Composed
from poetry.composing.drafts import Draft
from poetry.composing.generator import Poem, PreparedPlan
from poetry.composing.planning import make_couplet_plan, make_plan
from poetry.composing.revision import make_revision
from poetry.composing.scheduler import PoemOrder

MOST_ANSWERS = 1000  # best ones of all drafts, which are kept until the last is composed: a minute


class Request:
    """A request for poems of one seed; each is the best of the drafts of its own number."""

    make_plan = staticmethod(make_plan)

    def __init__(
        self,
        prepared: PreparedPlan,
        asked: Asked,
        num: int,
        seed: int,
        finish: Callable[[int, Poem], Composed],
        number: int | None = None,
    ):
        """``num``: how many poems are wanted; ``number``: the only one to compose, without a choice among
        several. ``finish`` makes a composed poem from its number and the poem.
        """
        self.plan, self.num, self.seed, self.candidates = prepared.plan, num, seed, asked.candidates
        self._only = number
        first = 0 if number is None else self.group(number)
        self.numbers = range(first, first + (num if number is None else 1))
        self._prepared, self._finish = prepared, finish

    def group(self, number: int) -> int:
        """The number under which the drafts of poem ``number`` are composed together."""
        return number

    @functools.cached_property
    def orders(self) -> list[PoemOrder]:
        """One order for each number, for a scheduler."""
        return [PoemOrder(self._prepared, self.seed, number, self.candidates) for number in self.numbers]

    @property
    def lines(self) -> int | None:
        """The number of lines of a poem; None where it is not known before it is composed."""
        if self.plan.schemes:
            return self.plan.schemes[0].places[-1].line + 1
        return len(self.plan.heads) or None

    def poems(self) -> Iterator[Composed]:
        """Compose the request alone; yield each poem as soon as it is final."""
        drafts = self._prepared.drafts(self.numbers, self.seed, self.candidates)
        for number, found in zip(self.numbers, drafts, strict=True):
            yield from self.take(number, found)

    def take(self, number: int, drafts: list[Draft]) -> list[Composed]:
        """Take the drafts of a number; return the poems that are final now."""
        return [self._finish(number, self._prepared.of_poem(self.seed, number).best(drafts))]


class ChoiceRequest(Request):
    """A request for the best of all drafts, all different; the number of a poem is that of its draft.

    Raises PoetryError where more than MOST_ANSWERS are wanted.
    """

    def __init__(self, prepared: PreparedPlan, asked: Asked, num: int, *arguments: Any):
        if num > MOST_ANSWERS:
            kind = "revisions" if asked.couplet is None else "answers"
            raise PoetryError(f"--num {num}: at most {MOST_ANSWERS} {kind} are composed together")
        super().__init__(prepared, asked, num, *arguments)
        self._groups: dict[int, list[Draft]] = {}  # taken so far

    def group(self, number: int) -> int:
        """As in Request: a group has as many drafts as a poem has."""
        return number // self.candidates

    def take(self, number: int, drafts: list[Draft]) -> list[Composed]:
        """As in Request: none before the last number, then all."""
        self._groups[number] = drafts
        if len(self._groups) < len(self.numbers):
            return []
        numbered = {
            group * self.candidates + place: draft
            for group in self.numbers
            for place, draft in enumerate(self._groups[group])
        }
        if self._only is not None:
            numbered = {self._only: numbered[self._only]}
        numbers, found = list(numbered), self._prepared.different(list(numbered.values()), self.num)
        return [self._finish(numbers[place], poem) for place, poem in found]


class CoupletRequest(ChoiceRequest):
    """A request for answers to the line of a couplet."""

    make_plan = staticmethod(make_couplet_plan)


class RevisionRequest(ChoiceRequest):
    """A request for revisions of a poem."""

    make_plan = staticmethod(make_revision)


def request_class(asked: Asked) -> type[Request]:
    """The kind of request for what is asked, which makes the plan of it."""
    if asked.couplet is not None:
        return CoupletRequest
    return Request if asked.revise is None else RevisionRequest

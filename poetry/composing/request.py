"""Requests for poems: what is composed for them, and which poems are made of the drafts."""

import functools
from collections.abc import Callable, Iterator

from poetry.composing.asked import Asked
from poetry.composing.composed import Composed
from poetry.composing.drafts import Draft
from poetry.composing.generator import Poem, PreparedPlan
from poetry.composing.planning import make_couplet_plan, make_plan
from poetry.composing.revision import make_revision
from poetry.composing.scheduler import PoemOrder


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
        self.plan, self.num, self.seed = prepared.plan, num, seed
        count, self.candidates = self.drafted(num, asked.candidates)
        self.numbers = range(count) if number is None else range(number, number + 1)
        self._prepared, self._finish = prepared, finish
        self._taken: dict[int, Draft] = {}  # by number, where poems are chosen among all of them

    @staticmethod
    def drafted(num: int, candidates: int) -> tuple[int, int]:
        """(how many numbers are composed for ``num`` poems, the drafts of each)."""
        return num, candidates

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
    """A request for the best of all drafts, all different; each draft has a number of its own."""

    @staticmethod
    def drafted(num: int, candidates: int) -> tuple[int, int]:
        """As in Request: one draft of each number."""
        return num * candidates, 1

    def take(self, number: int, drafts: list[Draft]) -> list[Composed]:
        """As in Request: none before the last number, then all."""
        (self._taken[number],) = drafts
        if len(self._taken) < len(self.numbers):
            return []
        found = self._prepared.different([self._taken[number] for number in self.numbers], self.num)
        return [self._finish(self.numbers[place], poem) for place, poem in found]


class CoupletRequest(ChoiceRequest):
    """A request for answers to the line of a couplet."""

    make_plan = staticmethod(make_couplet_plan)


class RevisionRequest(ChoiceRequest):
    """A request for revisions of a poem."""

    make_plan = staticmethod(make_revision)


def request_class(asked: Asked) -> type[Request]:
    """The kind of request for what is asked. Only this function tells couplets, revisions and poems apart."""
    if asked.couplet is not None:
        return CoupletRequest
    return Request if asked.revise is None else RevisionRequest

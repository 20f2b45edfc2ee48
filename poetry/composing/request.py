"""Requests for poems: the orders that a scheduler composes for them, and the poems made from the drafts."""

import functools
from collections.abc import Iterable

from poetry.composing.asked import Asked
from poetry.composing.composed import Composed
from poetry.composing.composer import SPARE, Composer, best_answers
from poetry.composing.decoding import Draft
from poetry.composing.generator import Poem, PreparedPlan
from poetry.composing.scheduler import Order

_PREPARED = 32  # in the cache


class Request:
    """A request for poems of one seed; each poem comes from one order."""

    def __init__(
        self, composer: Composer, asked: Asked, prepared: PreparedPlan, seed: int, numbers: Iterable[int]
    ):
        self.plan, self.seed = prepared.plan, seed
        candidates = 1 if prepared.plan.locked else asked.candidates  # a revision is chosen among all drafts
        self.orders = [Order(prepared, seed, number, candidates) for number in numbers]
        self.num = len(self.orders)  # poems
        self._composer, self._asked = composer, asked

    @property
    def lines(self) -> int | None:
        """The number of lines of a poem; None where it is not known before it is composed."""
        if self.plan.schemes:
            return self.plan.schemes[0].places[-1].line + 1
        return len(self.plan.heads) or None

    def take(self, order: Order, drafts: list[Draft]) -> list[Composed]:
        """Take the drafts of a finished order; return the poems that are final now."""
        return [self._finished(order.number, order.prepared.of_poem(order.seed, order.number).best(drafts))]

    def _finished(self, number: int, poem: Poem) -> Composed:
        return self._composer.finished(self._asked, self.plan, self.seed, number, poem)


class CoupletRequest(Request):
    """A request for answers to the line of a couplet: the best of all orders."""

    def __init__(self, composer: Composer, asked: Asked, prepared: PreparedPlan, seed: int, num: int):
        super().__init__(composer, asked, prepared, seed, range(SPARE * num))
        self.num = num
        self._poems: dict[int, Poem] = {}

    def take(self, order: Order, drafts: list[Draft]) -> list[Composed]:
        """As in Request: none before the last order, then all."""
        self._poems[order.number] = order.prepared.best(drafts)
        if len(self._poems) < len(self.orders):
            return []
        best = best_answers(sorted(self._poems.items()), self.num)
        return [self._finished(number, poem) for number, poem in best]


class RevisionRequest(Request):
    """A request for revisions of a poem: the best of all drafts, each from an order of its own."""

    def __init__(self, composer: Composer, asked: Asked, prepared: PreparedPlan, seed: int, num: int):
        super().__init__(composer, asked, prepared, seed, range(num * asked.candidates))
        self.num = num
        self._drafts: dict[int, Draft] = {}

    def take(self, order: Order, drafts: list[Draft]) -> list[Composed]:
        """As in Request: none before the last order, then all."""
        (self._drafts[order.number],) = drafts
        if len(self._drafts) < len(self.orders):
            return []
        drafts = [self._drafts[number] for number in range(len(self.orders))]
        return [self._finished(*found) for found in self.orders[0].prepared.different(drafts, self.num)]


class Requests:
    """Makes requests. Equal options share a prepared plan, so that a scheduler composes them in one job."""

    def __init__(self, composer: Composer):
        self._composer = composer
        self._prepared = functools.lru_cache(_PREPARED)(self._made)

    def poems(self, asked: Asked, num: int, seed: int) -> Request:
        """The request for the poems of ``Composer.poems``. Raises PoetryError where it cannot be met."""
        prepared = self._prepared(asked)
        if prepared.plan.is_couplet:
            return CoupletRequest(self._composer, asked, prepared, seed, num)
        if prepared.plan.locked:
            return RevisionRequest(self._composer, asked, prepared, seed, num)
        return Request(self._composer, asked, prepared, seed, range(num))

    def one(self, asked: Asked, seed: int, number: int) -> Request:
        """The request for poem ``number`` of a seed alone, without a choice among several poems."""
        return Request(self._composer, asked, self._prepared(asked), seed, [number])

    def _made(self, asked: Asked) -> PreparedPlan:
        return self._composer.generator(asked).prepare(self._composer.plan(asked))

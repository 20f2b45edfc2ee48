"""Poems of many who ask, composed side by side: the drafts of all go through the network together."""

from dataclasses import dataclass

import numpy as np

from poetry.base.errors import PoetryError
from poetry.composing.decoding import Decoder, Draft, Job
from poetry.composing.generator import ROWS, Brief
from poetry.learning.network import Network
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import MARKS


@dataclass(frozen=True, eq=False)
class Order:
    """The ``candidates`` drafts of poem ``number`` of a ``seed``, by ``brief``."""

    brief: Brief
    seed: int
    number: int
    candidates: int


class Workshop:
    """Composes orders. One may come in and leave between any two steps; its drafts are as they are alone."""

    def __init__(self, model: Network, vocabulary: PoemVocabulary):
        model.eval()
        self._decoder = Decoder(model, vocabulary)
        self._marks = np.array([word in MARKS for word in vocabulary.words])
        self._new: list[Order] = []
        self._open: dict[Job, dict[int, Order]] = {}  # those that are not done, by the number of their poem

    def __len__(self) -> int:
        """Drafts in the making."""
        return len(self._decoder) + sum(order.candidates for order in self._new)

    def has_room(self, order: Order) -> bool:
        """Whether the drafts of an order fit beside those in the making, as any do that are alone."""
        return not len(self) or len(self) + order.candidates <= ROWS

    def add(self, order: Order) -> None:
        """Let an order begin with the next step, together with all new ones of its brief."""
        self._new.append(order)

    def drop(self, order: Order) -> None:
        """Leave an order that is not whole."""
        if order in self._new:
            self._new.remove(order)
        for job, poem in self._places(order):
            del self._open[job][poem]
            self._decoder.drop(job, poem)

    def lines(self, order: Order) -> int:
        """The lines that have ended in all drafts of an order that is in the making."""
        for job, poem in self._places(order):
            ids = self._decoder.written(job, poem)
            return int(self._marks[ids].sum(axis=1).min(initial=ids.shape[1]))
        return 0

    def step(self) -> list[tuple[Order, list[Draft] | PoetryError]]:
        """A character more in every draft; the orders that are done, each with its drafts or its fault."""
        alike: dict[tuple[Brief, int], list[Order]] = {}
        for order in self._new:
            alike.setdefault((order.brief, order.candidates), []).append(order)
        self._new = []
        for orders in alike.values():
            self._begin(orders)
        done: list[tuple[Order, list[Draft] | PoetryError]] = []
        for job, found in self._decoder.step():
            if isinstance(found, PoetryError):
                done += self._failed(job, found)
            else:
                done += [(self._open[job].pop(poem), drafts) for poem, drafts in found.items()]
        self._open = {job: orders for job, orders in self._open.items() if orders}
        return done

    def _places(self, order: Order) -> list[tuple[Job, int]]:
        """The job that an order is in, and the number of its poem there; none where it is not begun."""
        return [(job, poem) for job, at in self._open.items() for poem, one in at.items() if one is order]

    def _begin(self, orders: list[Order]) -> None:
        first = orders[0]
        seeds, numbers = (np.array([getattr(order, name) for order in orders]) for name in ("seed", "number"))
        job = first.brief.job(seeds, numbers, first.candidates)
        self._open[job] = dict(enumerate(orders))
        self._decoder.add(job)

    def _failed(self, job: Job, error: PoetryError) -> list[tuple[Order, PoetryError]]:
        """The order that failed; of several each begins again alone, as the fault may be of one."""
        orders = list(self._open.pop(job).values())
        if len(orders) == 1:
            return [(orders[0], error)]
        for order in orders:
            self._begin([order])
        return []

"""Composing the orders of several requests side by side: the network reads all their drafts in one batch."""

from dataclasses import dataclass

import numpy as np

from poetry.base.errors import PoetryError
from poetry.composing.decoding import Decoder
from poetry.composing.drafts import Draft
from poetry.composing.generator import ROWS, PreparedPlan
from poetry.composing.jobs import Job
from poetry.learning.network import Network
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import MARKS


@dataclass(frozen=True, eq=False)
class PoemOrder:
    """The ``candidates`` drafts of poem ``number`` of a ``seed``, by the plan ``prepared``."""

    prepared: PreparedPlan
    seed: int
    number: int
    candidates: int


class Scheduler:
    """Composes orders, which may be added and dropped between any two steps.

    The drafts of an order are the same as when it is composed alone.
    """

    def __init__(self, model: Network, vocabulary: PoemVocabulary):
        model.eval()
        self._decoder = Decoder(model, vocabulary)
        self._marks = np.array([word in MARKS for word in vocabulary.words])
        self._new: list[PoemOrder] = []
        self._open: dict[Job, dict[int, PoemOrder]] = {}  # unfinished orders by poem number

    def __len__(self) -> int:
        """The number of unfinished drafts, those of new orders counted."""
        return len(self._decoder) + sum(order.candidates for order in self._new)

    def has_room(self, order: PoemOrder) -> bool:
        """Whether the drafts of an order fit beside the unfinished ones; without any, every order fits."""
        return not len(self) or len(self) + order.candidates <= ROWS

    def add(self, order: PoemOrder) -> None:
        """Add an order, which begins with the next step, together with the other new orders of its plan."""
        self._new.append(order)

    def drop(self, order: PoemOrder) -> None:
        """Discard an order that is not finished."""
        if order in self._new:
            self._new.remove(order)
        for job, poem in self._places(order):
            del self._open[job][poem]
            self._decoder.drop(job, poem)

    def lines(self, order: PoemOrder) -> int:
        """The number of lines that are complete in every unfinished draft of an order; 0 before it begins."""
        for job, poem in self._places(order):
            ids = self._decoder.written(job, poem)
            return int(self._marks[ids].sum(axis=1).min(initial=ids.shape[1]))
        return 0

    def step(self) -> list[tuple[PoemOrder, list[Draft] | PoetryError]]:
        """Add one character to every draft; return the orders that are done, with their drafts or error."""
        alike: dict[tuple[PreparedPlan, int], list[PoemOrder]] = {}
        for order in self._new:
            alike.setdefault((order.prepared, order.candidates), []).append(order)
        self._new = []
        for orders in alike.values():
            self._begin(orders)
        done: list[tuple[PoemOrder, list[Draft] | PoetryError]] = []
        for job, found in self._decoder.step():
            if isinstance(found, PoetryError):
                done += self._failed(job, found)
            else:
                done += [(self._open[job].pop(poem), drafts) for poem, drafts in found.items()]
        self._open = {job: orders for job, orders in self._open.items() if orders}
        return done

    def _places(self, order: PoemOrder) -> list[tuple[Job, int]]:
        """[(the job of an order, the number of its poem there)]; empty where it has not begun or is done."""
        return [(job, poem) for job, at in self._open.items() for poem, one in at.items() if one is order]

    def _begin(self, orders: list[PoemOrder]) -> None:
        first = orders[0]
        seeds, numbers = (np.array([getattr(order, name) for order in orders]) for name in ("seed", "number"))
        job = first.prepared.job(seeds, numbers, first.candidates)
        self._open[job] = dict(enumerate(orders))
        self._decoder.add(job)

    def _failed(self, job: Job, error: PoetryError) -> list[tuple[PoemOrder, PoetryError]]:
        """Return the order of a failed job with its error.

        If the job has several orders, the error may concern only one: start each again in a job of its own
        and return none.
        """
        orders = list(self._open.pop(job).values())
        if len(orders) == 1:
            return [(orders[0], error)]
        for order in orders:
            self._begin([order])
        return []

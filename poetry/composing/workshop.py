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


@dataclass(eq=False)
class _Work:
    """Orders of one job, and the drafts of each that are whole."""

    orders: list[Order]
    drafts: dict[Order, list[Draft]]

    def places(self, order: Order) -> np.ndarray:
        """The numbers of an order's drafts in the job."""
        return self.orders.index(order) * order.candidates + np.arange(order.candidates)


class Workshop:
    """Composes orders. One may come in and leave between any two steps; its drafts are as they are alone."""

    def __init__(self, model: Network, vocabulary: PoemVocabulary):
        model.eval()
        self._decoder = Decoder(model, vocabulary)
        self._marks = np.array([word in MARKS for word in vocabulary.words])
        self._new: list[Order] = []
        self._works: dict[Job, _Work] = {}

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
        for job, work in self._works.items():
            if order in work.drafts:
                del work.drafts[order]
                self._decoder.drop(job, work.places(order))

    def lines(self, order: Order) -> int:
        """The lines that have ended in all drafts of an order that is in the making."""
        for job, work in self._works.items():
            if order in work.drafts:
                ids = self._decoder.written(job, work.places(order))
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
            done += self._failed(job, found) if isinstance(found, PoetryError) else self._whole(job, found)
        self._works = {job: work for job, work in self._works.items() if work.drafts}
        return done

    def _begin(self, orders: list[Order]) -> None:
        first = orders[0]
        seeds, numbers = (np.array([getattr(order, name) for order in orders]) for name in ("seed", "number"))
        job = first.brief.job(seeds, numbers, first.candidates)
        self._works[job] = _Work(orders, {order: [] for order in orders})
        self._decoder.add(job)

    def _whole(self, job: Job, drafts: list[Draft]) -> list[tuple[Order, list[Draft]]]:
        """The orders whose last draft is among ``drafts``, with all of theirs."""
        work, done = self._works[job], []
        for draft in drafts:
            order = work.orders[draft.number // work.orders[0].candidates]
            work.drafts[order].append(draft)
            if len(work.drafts[order]) == order.candidates:
                done.append((order, sorted(work.drafts.pop(order), key=lambda draft: draft.number)))
        return done

    def _failed(self, job: Job, error: PoetryError) -> list[tuple[Order, PoetryError]]:
        """The order that failed; of several each begins again alone, as the fault may be of one."""
        orders = list(self._works.pop(job).drafts)
        if len(orders) == 1:
            return [(orders[0], error)]
        for order in orders:
            self._begin([order])
        return []

"""Which clients are accepted, wait and are dropped; with an engine that composes numbers."""

import asyncio
import threading
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from poetry.base.errors import PoetryError
from poetry.web.dispatcher import Dispatcher
from poetry.web.faults import Broken, Busy


class Scheduler:
    """A scheduler for orders of ``STEPS`` steps each, at most ``room`` at a time."""

    STEPS = 4

    def __init__(self):
        self.room, self.making, self.begun, self.dropped = 3, {}, [], []
        self.may_step = threading.Event()
        self.may_step.set()

    def __len__(self):
        return len(self.making)

    def has_room(self, order):
        return len(self.making) < self.room

    def add(self, order):
        self.begun.append(order)
        self.making[order] = 0

    def drop(self, order):
        self.dropped.append(order)
        self.making.pop(order, None)  # it may have ended in the same step in which another failed

    def lines(self, order):
        return self.making[order]

    def step(self):
        self.may_step.wait(20)
        for order in self.making:
            self.making[order] += 1
            if order[1] == "breaks":
                raise ZeroDivisionError("春")
        done = [order for order, steps in self.making.items() if steps == self.STEPS]
        for order in done:
            del self.making[order]
        fault = PoetryError("the rule of tones leaves no character")
        return [(order, fault if order[1] == "fails" else "drafts") for order in done]


class PoemOrder(NamedTuple):
    number: int
    name: str


class Request:
    lines = Scheduler.STEPS

    def __init__(self, name, count):
        self.orders = [PoemOrder(number, name) for number in range(count)]
        self.num = count

    def take(self, number, drafts):
        return [self.orders[number]]


class Engine:
    def __init__(self):
        self.renew()
        self.renewed = 0

    def renew(self):
        self.scheduler = Scheduler()
        self.renewed = getattr(self, "renewed", 0) + 1


@pytest.fixture
def running():
    engine, said = Engine(), []
    dispatcher = Dispatcher(lambda: engine, 5, said.append)
    dispatcher.start()
    assert dispatcher.ready.wait(20)
    yield SimpleNamespace(dispatcher=dispatcher, engine=engine, scheduler=engine.scheduler, said=said)
    engine.scheduler.may_step.set()
    dispatcher.close(0)
    dispatcher.join(20)
    assert not dispatcher._thread.is_alive()


def wanted(name, count=1):
    return lambda engine: Request(name, count)


async def begun(running):
    """Return a task in progress; it stays so until ``may_step`` is set."""
    running.scheduler.may_step.clear()
    task = running.dispatcher.submit(wanted("a"))
    while not running.scheduler.begun:
        await asyncio.sleep(0.01)
    return task


async def events(task):
    found = []
    while not found or found[-1][0] not in ("done", "error"):
        found.append(await asyncio.wait_for(task.next(), 20))
    task.leave()
    return found


def kinds(found):
    return [kind for kind, _ in found]


def test_poems_come_one_by_one_then_the_end(running):
    async def ask():
        return await events(running.dispatcher.submit(wanted("a", 2), progress=True))

    found = asyncio.run(ask())
    assert [what for kind, what in found if kind == "poem"] == [(0, "a"), (1, "a")] and kinds(found)[
        -1
    ] == "done"
    progress = [what for kind, what in found if kind == "progress"]
    assert progress == sorted(progress) and {of for _, of in progress} == {8} and progress[0][0] >= 2
    assert len(running.dispatcher) == 0 and running.dispatcher.drafts == 0


def test_what_composes_nothing_is_done_between_steps(running):
    async def ask():
        return await events(running.dispatcher.submit(lambda engine: engine.renewed))

    assert asyncio.run(ask()) == [("done", 0)]


def test_a_full_queue_refuses_and_takes_again_when_one_leaves(running):
    async def ask():
        running.scheduler.may_step.clear()
        tasks = [running.dispatcher.submit(wanted(name)) for name in "abcde"]
        with pytest.raises(Busy) as refused:
            running.dispatcher.submit(wanted("f"))
        assert refused.value.seconds >= 1
        tasks[4].leave()
        late = running.dispatcher.submit(wanted("f"))
        running.scheduler.may_step.set()
        return await asyncio.gather(*map(events, [*tasks[:4], late]))

    assert [kinds(found) for found in asyncio.run(ask())] == [["poem", "done"]] * 5
    assert {name for _, name in running.scheduler.begun} == set("abcdf")


def test_one_who_leaves_is_dropped_between_two_steps(running):
    async def ask():
        running.scheduler.may_step.clear()
        leaving, staying = (
            running.dispatcher.submit(wanted("a", 9)),
            running.dispatcher.submit(wanted("b", 2)),
        )
        while len(running.scheduler.begun) < 3:
            await asyncio.sleep(0.01)
        leaving.leave()
        running.scheduler.may_step.set()
        return await events(staying)

    assert kinds(asyncio.run(ask())) == ["poem", "poem", "done"]
    begun = [name for _, name in running.scheduler.begun]
    assert (
        begun.count("b") == 2
        and begun.count("a") < 9
        and {name for _, name in running.scheduler.dropped} == {"a"}
    )


def test_clients_have_their_turns(running):
    async def ask():
        running.scheduler.may_step.clear()
        tasks = [
            running.dispatcher.submit(wanted(name, count)) for name, count in (("a", 4), ("b", 4), ("c", 1))
        ]
        while len(running.scheduler.begun) < 3:
            await asyncio.sleep(0.01)
        running.scheduler.may_step.set()
        return await asyncio.gather(*map(events, tasks))

    asyncio.run(ask())
    begun = [name for _, name in running.scheduler.begun]
    assert "c" in begun[:4] and begun.count("a") == begun.count("b") == 4
    assert abs(begun[:6].count("a") - begun[:6].count("b")) <= 2


def test_one_that_fails_is_told_alone(running):
    async def ask():
        tasks = [running.dispatcher.submit(wanted(name)) for name in ("a", "fails", "b")]
        return await asyncio.gather(*map(events, tasks))

    first, failed, last = asyncio.run(ask())
    assert kinds(first) == kinds(last) == ["poem", "done"]
    assert kinds(failed) == ["error"] and "the rule of tones" in str(failed[0][1]) and not running.said


def test_several_orders_of_one_that_fail_in_a_step_harm_nobody(running):
    async def ask():
        return await asyncio.gather(
            *(events(running.dispatcher.submit(wanted(*which))) for which in (("a",), ("fails", 2)))
        )

    first, failed = asyncio.run(ask())
    assert kinds(first) == ["poem", "done"] and kinds(failed) == ["error"]
    assert not running.said and running.engine.renewed == 0


def test_what_cannot_be_met_is_told(running):
    def refuse(engine):
        raise PoetryError("--start: no")

    def broken(engine):
        raise KeyError("春")

    async def ask():
        return [await events(running.dispatcher.submit(ask)) for ask in (refuse, broken)]

    (refused,), (failed,) = asyncio.run(ask())
    assert str(refused[1]) == "--start: no" and isinstance(failed[1], Broken)
    assert (
        len(running.said) == 1
        and "KeyError at test_dispatcher.py" in running.said[0]
        and "春" not in running.said[0]
    )


def test_a_broken_step_ends_what_is_in_the_making_and_no_more(running):
    async def ask():
        lost = await events(running.dispatcher.submit(wanted("breaks")))
        return lost, await events(running.dispatcher.submit(wanted("a")))

    lost, later = asyncio.run(ask())
    assert isinstance(lost[-1][1], Broken) and kinds(later) == ["poem", "done"]
    assert "ZeroDivisionError" in running.said[0] and "春" not in running.said[0]


def test_closing_lets_work_be_done_and_accepts_nobody(running):
    async def ask():
        working = await begun(running)
        waiting = running.dispatcher.submit(wanted("b"))
        running.dispatcher.close(20)
        with pytest.raises(Busy):
            running.dispatcher.submit(wanted("c"))
        running.scheduler.may_step.set()
        return await events(working), await events(waiting)

    working, waiting = asyncio.run(ask())
    assert kinds(working) == ["poem", "done"] and isinstance(waiting[-1][1], Busy)


def test_closing_at_once_refuses_what_is_in_work(running):
    async def ask():
        working = await begun(running)
        running.dispatcher.close(0)
        running.scheduler.may_step.set()
        return await events(working)

    assert isinstance(asyncio.run(ask())[-1][1], Busy)


def test_without_a_model_nobody_is_accepted():
    def load():
        raise PoetryError("there is no model")

    async def ask():
        dispatcher = Dispatcher(load, 5, print)
        early = dispatcher.submit(wanted("a"))
        dispatcher.start()
        assert await asyncio.to_thread(dispatcher.ready.wait, 20)
        assert str(dispatcher.failed) == "there is no model"
        with pytest.raises(Busy):
            dispatcher.submit(wanted("b"))
        return await events(early)

    assert isinstance(asyncio.run(ask())[0][1], Busy)

"""The dispatcher of requests: one thread owns the model, and a bounded number of clients wait for it.

Everything that needs the model runs in that thread, between two steps of the decoding loop. A request is a
function that takes an engine (``poetry.web.engine``, which imports Paddle).
"""

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from poetry.base.errors import PoetryError
from poetry.web.faults import Broken, Busy, where

LONGEST_RETRY = 60  # seconds that a client is told to wait before it asks again

Event = tuple[str, Any]


class Task:
    """The request of one client. It sends events as they happen; the last is ("done", …) or ("error", …).

    Events: ("progress", (lines done, all lines or None if unknown)), ("poem", Composed), ("done", the
    request, or the result of a function that composes nothing), ("error", an exception).
    """

    def __init__(self, ask: Callable[[Any], Any], leave: Callable[["Task"], None], progress: bool):
        self.ask = ask
        self.progress = progress
        self.left = False
        self.began = time.monotonic()
        self.request: Any = None
        self.waiting: deque[Any] = deque()  # orders that have not begun
        self.open: list[Any] = []  # orders in progress
        self.whole = 0  # number of finished orders
        self.told = -1  # finished lines in the last progress event
        self._leave = leave
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    async def next(self) -> Event:
        """Return the next event."""
        return await self._events.get()

    def tell(self, kind: str, what: Any) -> None:
        """Send an event; may be called from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._events.put_nowait, (kind, what))
        except RuntimeError:  # the event loop has ended, and the client with it
            self.left = True

    def leave(self) -> None:
        """Free the place in the queue: the client has left, or has its answer."""
        self._leave(self)


class Dispatcher:
    """Composes for at most ``size`` clients at once."""

    def __init__(self, load: Callable[[], Any], size: int, say: Callable[[str], None]):
        """``load`` makes the engine, in the dispatcher's thread; ``say`` logs faults of the program."""
        self.size = size
        self.failed: Exception | None = None
        self.ready = threading.Event()
        self._load, self._say = load, say
        self._changed = threading.Condition()
        self._tasks: set[Task] = set()
        self._new: list[Task] = []
        self._working: list[Task] = []  # tasks with unfinished orders; the first has the next turn
        self._orders: dict[Any, Task] = {}
        self._ends: float | None = None  # monotonic time at which all work ends
        self._seconds = 1.0  # duration of the last task that composed
        self._engine: Any = None
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self.on_poem: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        """The number of clients that wait."""
        return len(self._tasks)

    @property
    def drafts(self) -> int:
        """The number of drafts in progress."""
        return len(self._engine.scheduler) if self._engine else 0

    def start(self) -> None:
        """Start the thread, which loads the model and then serves tasks."""
        if not self._thread.ident:
            self._thread.start()

    def submit(self, ask: Callable[[Any], Any], progress: bool = False) -> Task:
        """Accept a client; call it from the event loop. Raises Busy if the queue is full or closing."""
        task = Task(ask, self._left, progress)
        with self._changed:
            if self._ends is not None or self.failed:
                raise Busy("the server stops", 1)
            if len(self._tasks) >= self.size:
                raise Busy("the server has more to compose than it can take; ask again later", self._retry())
            self._tasks.add(task)
            self._new.append(task)
            self._changed.notify()
        return task

    def close(self, grace: float) -> None:
        """Accept nobody any more. Work in progress has ``grace`` seconds to end; waiting tasks are refused.

        With a grace of 0 all tasks are refused at once, even during a step.
        """
        with self._changed:
            self._ends = time.monotonic() + grace
            self._refuse(self._new if grace else self._tasks)
            self._new.clear()
            self._changed.notify()

    def join(self, seconds: float) -> None:
        """Wait for the thread to end, at most ``seconds``; call ``close`` first."""
        if self._thread.ident:
            self._thread.join(seconds)

    def _retry(self) -> int:
        return max(1, min(LONGEST_RETRY, math.ceil(self._seconds)))

    def _left(self, task: Task) -> None:
        with self._changed:
            task.left = True
            self._tasks.discard(task)
            if task in self._new:
                self._new.remove(task)
            self._changed.notify()

    def _refuse(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            task.tell("error", Busy("the server stops", 1))

    def _run(self) -> None:
        try:
            self._engine = self._load()
        except Exception as error:
            with self._changed:
                self.failed = error
                self._refuse(self._new)
            self.ready.set()
            return
        self.ready.set()
        while self._wait():
            try:
                self._turn()
            except Exception as error:  # a fault of this program: work in progress is lost, the rest is not
                self._say(f"a step failed: {where(error)}")
                for task in list(self._working):
                    self._end(task, "error", Broken())
                self._engine.renew()
                self._orders.clear()

    def _wait(self) -> bool:
        """Wait for work. Return False when the thread has to end."""
        with self._changed:
            while not (self._new or self._working) and self._ends is None:
                self._changed.wait()
            if self._ends is None:
                return True
            if time.monotonic() < self._ends and self._working:
                return True
            self._refuse(self._tasks)
            return False

    def _turn(self) -> None:
        """Begin new tasks, drop those whose client has left, and take one step with all drafts."""
        with self._changed:
            new, self._new = self._new, []
        for task in new:
            self._begin(task)
        for task in [task for task in self._working if task.left]:
            self._drop(task)
        self._admit()
        for order, found in self._engine.scheduler.step():
            self._take(order, found)
        for task in self._working:
            if task.progress:
                self._tell_progress(task)

    def _begin(self, task: Task) -> None:
        if task.left:
            return
        try:
            found = task.ask(self._engine)
        except PoetryError as error:
            return self._end(task, "error", error)
        except Exception as error:
            self._say(f"a request failed: {where(error)}")
            return self._end(task, "error", Broken())
        if not hasattr(found, "orders"):
            return self._end(task, "done", found)
        task.request = found
        task.waiting.extend(found.orders)
        self._working.append(task)

    def _admit(self) -> None:
        """Begin orders while there is room, one of each task in turn."""
        while True:
            task = next((task for task in self._working if task.waiting), None)
            if task is None or not self._engine.scheduler.has_room(task.waiting[0]):
                return
            order = task.waiting.popleft()
            self._orders[order] = task
            task.open.append(order)
            self._engine.scheduler.add(order)
            self._working.remove(task)
            self._working.append(task)

    def _take(self, order: Any, found: Any) -> None:
        """Handle the result of an order: its drafts, or the PoetryError by which it failed."""
        task = self._orders.pop(order, None)
        if task is None:  # another order of its task failed in the same step
            return
        task.open.remove(order)
        if isinstance(found, PoetryError):
            self._drop(task)
            return self._end(task, "error", found)
        for poem in task.request.take(order.number, found):
            self.on_poem()
            task.tell("poem", poem)
        task.whole += 1
        if not task.waiting and not task.open:
            self._seconds = time.monotonic() - task.began
            self._end(task, "done", task.request)

    def _tell_progress(self, task: Task) -> None:
        asked, lines = task.request, task.request.lines
        done = sum(map(self._engine.scheduler.lines, task.open)) + task.whole * (lines or 0)
        done = done * asked.num // len(asked.orders)  # with several orders, a poem uses a part of each
        if done > task.told:
            task.told = done
            task.tell("progress", (done, lines and lines * asked.num))

    def _drop(self, task: Task) -> None:
        """Drop all orders of a task."""
        for order in task.open:
            self._engine.scheduler.drop(order)
            del self._orders[order]
        task.open.clear()
        task.waiting.clear()
        if task in self._working:
            self._working.remove(task)

    def _end(self, task: Task, kind: str, what: Any) -> None:
        if task in self._working:
            self._working.remove(task)
        task.tell(kind, what)

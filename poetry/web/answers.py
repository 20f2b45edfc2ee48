"""Answers that wait for the dispatcher: one JSON answer, or server-sent events as poems are composed."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException

from poetry.base.errors import PoetryError
from poetry.composing.asked import SEEDS, Asked
from poetry.web.chinese import in_language
from poetry.web.dispatcher import Dispatcher, Task
from poetry.web.faults import Broken, Busy, retry_after, status, told

EVENTS = "text/event-stream"
_GONE = 499  # the status in the metrics when the client has left


class Gone(Exception):
    """The client has left."""


class Stream(StreamingResponse):
    """A stream of a task's events; the place in the queue is freed however the stream ends."""

    def __init__(self, task: Task, events: AsyncIterator[bytes]):
        super().__init__(events, media_type=EVENTS)
        self._task = task

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """See ASGI."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._task.leave()


def answer(
    request: Request, data: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return ``data`` as JSON, with messages in the language that the request asks for."""
    return JSONResponse(in_language(data, _accepted(request)), status, headers)


def _accepted(request: Request) -> str:
    return request.headers.get("accept-language", "")


async def composed(request: Request, dispatcher: Dispatcher, asked: Asked, wanted: Any) -> Response:
    """Return poems, as JSON or, if the request accepts them, as server-sent events."""
    seed = secrets.randbelow(SEEDS) if wanted.seed is None else wanted.seed

    def ask(engine: Any) -> Any:
        return engine.composer.request(asked, wanted.num, seed)

    if EVENTS in request.headers.get("accept", ""):
        task = dispatcher.submit(ask, progress=True)
        try:
            first = await _while_here(request, task.next())
            if first[0] == "error":
                raise first[1]
        except BaseException:
            task.leave()
            raise
        return Stream(task, _events(task, first, _accepted(request)))
    found, made = await poems(request, dispatcher, ask)
    cards = await asyncio.to_thread(lambda: [poem.card() for poem in found])
    return answer(request, {"poems": cards, "notes": list(made.plan.notes), "seed": seed})


async def _events(task: Task, first: tuple[str, Any], accepted: str) -> AsyncIterator[bytes]:
    """Yield a task's events as server-sent events; ``accepted``: the request's Accept-Language."""
    kind, what = first
    number = 0
    while True:
        if kind == "progress":
            yield _event(kind, dict(zip(("done", "of"), what, strict=True)))
        elif kind == "poem":
            card = await asyncio.to_thread(what.card)
            for ix, line in enumerate(card["lines"], 1):
                yield _event("line", {"poem": number, "line": ix, "text": line["text"] + line["mark"]})
            yield _event("poem", in_language(card, accepted))
            number += 1
        elif kind == "done":
            yield _event(kind, in_language({"notes": list(what.plan.notes), "seed": what.seed}, accepted))
            return
        else:
            yield _event(kind, in_language(told(what), accepted))
            return
        kind, what = await task.next()


def _event(kind: str, data: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


async def poems(request: Request, dispatcher: Dispatcher, ask: Callable[[Any], Any]) -> tuple[list[Any], Any]:
    """Run a task; return (its poems, the result of its "done" event).

    Raises the error of the task, and Gone if the client leaves.
    """
    task = dispatcher.submit(ask)
    try:
        return await _while_here(request, _collected(task))
    finally:
        task.leave()


async def done(request: Request, dispatcher: Dispatcher, ask: Callable[[Any], Any]) -> Any:
    """Return the result of a task that composes nothing; raises as ``poems`` does."""
    return (await poems(request, dispatcher, ask))[1]


async def _collected(task: Task) -> tuple[list[Any], Any]:
    found = []
    while True:
        kind, what = await task.next()
        if kind == "poem":
            found.append(what)
        elif kind == "done":
            return found, what
        elif kind == "error":
            raise what


async def _while_here(request: Request, waited: Any) -> Any:
    """Await ``waited`` and return its result. Raises Gone as soon as the client has left."""
    waiting = asyncio.ensure_future(waited)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise Gone
        return waiting.result()
    finally:
        waiting.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def refused(request: Request, error: Exception) -> Response:
    """Return the answer to a request that failed with one of the REFUSED exceptions."""
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        option = next((part for part in reversed(first["loc"][1:]) if isinstance(part, str)), None)
        return answer(request, {"error": f"{option or 'body'}: {first['msg']}", "option": option}, 422)
    if isinstance(error, HTTPException):
        return answer(request, {"error": str(error.detail), "option": None}, error.status_code, error.headers)
    if isinstance(error, Gone):
        return Response(status_code=_GONE)
    return answer(request, told(error), status(error), retry_after(error))


REFUSED = (
    PoetryError,
    Busy,
    Broken,
    RequestValidationError,
    HTTPException,
    Gone,
)  # exceptions that ``refused`` answers

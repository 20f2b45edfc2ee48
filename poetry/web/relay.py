"""From a front to one of several replicas and back: ASGI requests and answers as plain data.

A request that a replica dies over, before it has begun to answer, is given to another one: what is asked is
answered the same by all of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from poetry.web.guard import BODY_SECONDS, MOST_BYTES, Receive, Scope, Send, replayed

TRIES = 5
_PLAIN = (
    "type",
    "http_version",
    "method",
    "scheme",
    "path",
    "raw_path",
    "query_string",
    "headers",
    "root_path",
)

Message = dict[str, Any]


class Relay:
    """The front as an ASGI application."""

    def __init__(self, ask: Callable[[Scope, bytes], AsyncIterator[Message]], died: type[Exception]):
        """``ask`` has a replica answer a request, message by message; it raises ``died`` where that dies."""
        self._ask, self._died = ask, died

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            return
        body, plain = await _body(receive), {name: scope[name] for name in _PLAIN if name in scope}
        for tries_left in reversed(range(TRIES)):
            begun = False
            try:
                async for message in self._ask(plain, body):
                    begun = True
                    await send(message)
                return
            except self._died:
                if begun or not tries_left:
                    raise


async def _body(receive: Receive) -> bytes:
    """The body of a request, as much of it as a replica needs to take or refuse it."""
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            more = True
            while more and len(body) <= MOST_BYTES:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
    except TimeoutError:  # what is there is no whole JSON
        pass
    return body[: MOST_BYTES + 1]


async def answered(app: Any, scope: Scope, body: bytes) -> AsyncIterator[Message]:
    """The messages that the ASGI application ``app`` answers a request with; who stops to listen has left."""
    messages: asyncio.Queue[Message | None] = asyncio.Queue()
    receive = replayed(body, asyncio.Event().wait)  # that the client leaves does not come this way

    async def run() -> None:
        try:
            await app(scope, receive, messages.put)
        finally:
            messages.put_nowait(None)

    task = asyncio.create_task(run())
    try:
        while (message := await messages.get()) is not None:
            yield message
        await task
    finally:
        task.cancel()

"""The relay between the front and several replicas: ASGI requests and answers as plain data.

If a replica dies before its answer begins, the request is sent to another one: all give the same answer.
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
    """The front of a cluster, as an ASGI application."""

    def __init__(self, ask: Callable[[Scope, bytes], AsyncIterator[Message]], died: type[Exception]):
        """``ask`` yields the messages of a replica's answer; it raises ``died`` if the replica dies."""
        self._ask, self._died = ask, died

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
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
    """Read the body of a request, at most one byte more than the limit, so that the replica can refuse it."""
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            more = True
            while more and len(body) <= MOST_BYTES:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
    except TimeoutError:  # the replica refuses the incomplete JSON
        pass
    return body[: MOST_BYTES + 1]


async def answered(app: Any, scope: Scope, body: bytes) -> AsyncIterator[Message]:
    """Yield the messages of ``app``'s answer to a request; closing the generator cancels the request."""
    messages: asyncio.Queue[Message | None] = asyncio.Queue()
    receive = replayed(body, asyncio.Event().wait)  # no message tells that the client leaves

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

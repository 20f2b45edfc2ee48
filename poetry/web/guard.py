"""Checks before the routes: sender, size and format of requests; and the headers of every answer."""

import asyncio
import json
import time
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from poetry.web.chinese import in_language
from poetry.web.faults import Broken, Refusal, retry_after, status, told, where
from poetry.web.metrics import Metrics

MOST_BYTES = 64 * 1024  # maximum size of a body
BODY_SECONDS = 10  # within which the whole body must arrive
NOT_UTF8 = "the body is not UTF-8; send it so"
HEADERS = {
    b"content-security-policy": b"default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
}

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]


class Guard:
    """ASGI middleware: passes requests whose Host is in ``hosts`` and whose Origin, if any, is the server.

    A POST must have a body of JSON, at most MOST_BYTES long, within BODY_SECONDS. Typed text is never logged.
    """

    def __init__(self, app: Any, hosts: Collection[str], metrics: Metrics, say: Callable[[str], None]):
        self._app = app
        self._hosts = {host.lower().strip("[]").rstrip(".") for host in hosts}
        self._metrics, self._say = metrics, say

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        answer = Answer(scope, send)
        began = time.perf_counter()
        try:
            headers = dict(scope["headers"])
            self._check_sender(headers)
            if scope["method"] == "POST":
                body = await _body(headers, receive)
                receive = replayed(body, receive)
            await self._app(scope, receive, answer.send)
        except Refusal as refusal:
            await answer.refuse(refusal)
        except Exception as error:
            self._say(f"a request failed: {where(error)}")
            await answer.refuse(Broken())
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.answered(route, answer.status, time.perf_counter() - began)

    def _check_sender(self, headers: dict[bytes, bytes]) -> None:
        """Raise Refusal for a request from a page of another site, or to a host name that is not allowed."""
        host = headers.get(b"host", b"").decode("latin-1")
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            name = ""
        if name not in self._hosts:
            raise Refusal(403, "this server does not go by the name in Host; start it with --allow_host NAME")
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").partition("://")[2] != host:
            raise Refusal(403, "a page of another site may not ask this server: Origin is not its own")


class Answer:
    """Sends an answer, with the headers that all answers have."""

    def __init__(self, scope: Scope, send: Send):
        self._scope, self._send = scope, send
        self.status = 0  # until the answer begins

    async def send(self, message: dict[str, Any]) -> None:
        """See ASGI."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = {name for name, _ in message["headers"]}
            stored = b"no-cache" if self._scope["method"] in ("GET", "HEAD") else b"no-store"
            added = HEADERS | ({} if b"cache-control" in own else {b"cache-control": stored})
            message = message | {"headers": [*message["headers"], *added.items()]}
        await self._send(message)

    async def refuse(self, error: Exception) -> None:
        """Send an error answer and close the connection; the rest of the request is not read.

        Raises ConnectionAbortedError if another answer has begun.
        """
        if self.status:
            raise ConnectionAbortedError  # the answer had begun: the server cuts it off
        accepted = dict(self._scope["headers"]).get(b"accept-language", b"").decode("latin-1")
        body = json.dumps(in_language(told(error), accepted), ensure_ascii=False).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *((name.lower().encode(), value.encode()) for name, value in retry_after(error).items()),
        ]
        await self.send({"type": "http.response.start", "status": status(error), "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The whole body of a request.

    Raises Refusal where its header does not say JSON in UTF-8, where it is too large or too slow, and where
    it is not UTF-8.
    """
    kind, *parameters = headers.get(b"content-type", b"").lower().split(b";")
    if kind.strip() != b"application/json":
        raise Refusal(415, "the body must be JSON: Content-Type: application/json")
    named = dict(parameter.strip().partition(b"=")[::2] for parameter in parameters)
    if named.get(b"charset", b"utf-8").strip(b'"') not in (b"utf-8", b"utf8"):
        raise Refusal(415, NOT_UTF8)
    too_large = Refusal(413, f"the body has more than {MOST_BYTES} bytes")
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > 9 or int(length) > MOST_BYTES:
        raise too_large
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > MOST_BYTES:
                    raise too_large
                if not message.get("more_body"):
                    break
        body.decode()
    except TimeoutError:
        raise Refusal(408, f"the body was not there within {BODY_SECONDS} seconds") from None
    except UnicodeDecodeError:
        raise Refusal(400, NOT_UTF8) from None
    return body


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives ``body`` first and then the messages that follow: the disconnect."""
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> dict[str, Any]:
        return parts.pop() if parts else await receive()

    return again

"""Uvicorn, with limits on slow clients, and an end that lets work be done."""

import asyncio
import contextlib
import json
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from poetry.web.app import GRACE
from poetry.web.faults import Busy, Refusal, told
from poetry.web.guard import HEADERS, Answer, Receive, Scope, Send
from poetry.web.studio import Studio

HEADER_SECONDS = 10.0  # in which the head of a request must be there, from its first byte or the connection
WRITE_SECONDS = 30.0  # that bytes of an answer wait for a client that does not read
CONNECTIONS = 512  # more are told to ask again later
_AGAIN_SECONDS = 5  # after which they may
_IDLE_SECONDS = 15  # that a connection is kept between requests


class Protocol(H11Protocol):
    """Ends a connection whose client is too slow: to send the head of a request, or to read an answer."""

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """As in asyncio."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # pause_writing is called whenever bytes have to wait
        self._watch()

    def pause_writing(self) -> None:
        """As in asyncio."""
        super().pause_writing()
        self._unread = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """As in asyncio."""
        super().resume_writing()
        self._read()

    def data_received(self, data: bytes) -> None:
        """As in asyncio."""
        if self.cycle is None or self.cycle.response_complete:
            self._watch()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._unwatch()

    def connection_lost(self, exc: Exception | None) -> None:
        """As in asyncio."""
        self._unwatch()
        self._read()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, with a body like that of all refusals; close where an answer has begun."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return self.transport.close()
        body = json.dumps(told(Refusal(400, msg))).encode()
        headers = [(b"content-type", b"application/json"), (b"connection", b"close"), *HEADERS.items()]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event))
        self.transport.close()

    def _read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _watch(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Server(uvicorn.Server):
    """Ends by SIGTERM or Ctrl-C: who waits is refused, what is in work has GRACE seconds to be done."""

    def __init__(self, app: Any, studio: Studio):
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            http=Protocol,
            ws="none",
            log_config=None,
            log_level="critical",  # its log has what clients send
            access_log=False,
            server_header=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=int(GRACE) + 2,
        )
        super().__init__(config)
        self._app = app
        self._studio = studio

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, unless there are too many connections."""
        if scope["type"] == "http" and len(self.server_state.connections) > CONNECTIONS:
            await Answer(scope, send).refuse(Busy("there are too many connections", _AGAIN_SECONDS))
        else:
            await self._app(scope, receive, send)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As in uvicorn."""
        self._studio.close(GRACE)
        asyncio.get_running_loop().call_later(GRACE, self._studio.close, 0)
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """As in uvicorn; a studio that has no model ends the server too."""
        return await super().on_tick(counter) or self._studio.failed is not None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As in uvicorn, but the end by a signal is a good one."""
        if threading.current_thread() is not threading.main_thread():  # others hear no signals
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

"""Uvicorn with limits on slow clients, and a shutdown that lets work in progress finish."""

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
from poetry.web.dispatcher import Dispatcher
from poetry.web.faults import Busy, Refusal, told
from poetry.web.guard import HEADERS, Answer, Receive, Scope, Send

HEADER_SECONDS = 10.0  # for the head of a request, from its first byte or the connection
WRITE_SECONDS = 30.0  # for a client to read the bytes of an answer that wait for it
CONNECTIONS = 512  # any more are answered 503
_AGAIN_SECONDS = 5  # in the Retry-After of that answer
_IDLE_SECONDS = 15  # for which an idle connection is kept between requests


class Protocol(H11Protocol):
    """Closes a connection if its client is too slow to send the head of a request or to read an answer."""

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """See asyncio."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so pause_writing is called whenever bytes have to wait
        self._watch()

    def pause_writing(self) -> None:
        """See asyncio."""
        super().pause_writing()
        self._unread = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """See asyncio."""
        super().resume_writing()
        self._read()

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if self.cycle is None or self.cycle.response_complete:
            self._watch()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._unwatch()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._unwatch()
        self._read()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer invalid HTTP with a JSON body like that of all errors; only close if an answer has begun."""
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
    """Stops at SIGTERM or Ctrl-C: waiting clients are refused, work in progress has GRACE seconds."""

    def __init__(self, app: Any, dispatcher: Dispatcher):
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            http=Protocol,
            ws="none",
            log_config=None,
            log_level="critical",  # its log contains what clients send
            access_log=False,
            server_header=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=int(GRACE) + 2,
        )
        super().__init__(config)
        self._app = app
        self._dispatcher = dispatcher

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the application, or refuse it if there are too many connections."""
        if scope["type"] == "http" and len(self.server_state.connections) > CONNECTIONS:
            await Answer(scope, send).refuse(Busy("there are too many connections", _AGAIN_SECONDS))
        else:
            await self._app(scope, receive, send)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        self._dispatcher.close(GRACE)
        asyncio.get_running_loop().call_later(GRACE, self._dispatcher.close, 0)
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """See uvicorn; the server stops, too, if the dispatcher could not load its model."""
        return await super().on_tick(counter) or self._dispatcher.failed is not None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As in uvicorn, but a signal does not make the process fail."""
        if threading.current_thread() is not threading.main_thread():  # other threads receive no signals
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

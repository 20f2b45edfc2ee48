"""Uvicorn, with limits on slow clients, and an end that lets work be done."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from poetry.web.app import GRACE
from poetry.web.studio import Studio

HEADER_SECONDS = 10.0  # in which the head of a request must be there, from its first byte or the connection
CONNECTIONS = 512
_IDLE_SECONDS = 15  # that a connection is kept between requests


class Protocol(H11Protocol):
    """Ends a connection whose request does not come to the end of its head in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """As in asyncio."""
        super().connection_made(transport)
        self._watch()

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
        super().connection_lost(exc)

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
            app,
            http=Protocol,
            ws="none",
            log_config=None,
            log_level="critical",  # its log has what clients send
            access_log=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=int(GRACE) + 2,
        )
        super().__init__(config)
        self._studio = studio

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

"""A studio with a small model, and a server of it that listens."""

import contextlib
import socket
import threading
import time

from poetry.web.address import HERE, listen
from poetry.web.app import create_app
from poetry.web.engine import Engine
from poetry.web.server import Server
from poetry.web.studio import Studio

FEW = {"candidates": 1, "seed": 5}


def studio(model, size=50, say=print):
    """A studio that composes with the model of a path."""
    return Studio(lambda: Engine.load(model, False), size, say)


@contextlib.contextmanager
def served(house, **more):
    """The port of a server of a studio, which ends with the block."""
    listening = listen("127.0.0.1", 0)
    server = Server(create_app(house, HERE, print, **more), house)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def ask(port, head, body=b"", path="/v1/poems"):
    """The answer to a request that is sent byte by byte as it is given, up to the end of the connection."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n\r\n".encode() + body)
        return rest(connection)


def rest(connection):
    """All that still comes from a connection."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def until(true, seconds=20):
    """Wait until something is true."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not come true"
        time.sleep(0.01)

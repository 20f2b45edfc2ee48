"""A dispatcher with a small model, and a listening server for it."""

import contextlib
import socket
import threading
import time

from poetry.web.address import HERE, listen
from poetry.web.app import create_app
from poetry.web.dispatcher import Dispatcher
from poetry.web.engine import Engine
from poetry.web.server import Server

FEW = {"candidates": 1, "seed": 5}


def make_dispatcher(model, size=50, say=print):
    """Return a dispatcher for the model at a path."""
    return Dispatcher(lambda: Engine.load(model, False), size, say)


@contextlib.contextmanager
def served(dispatcher, **more):
    """Run a server until the block ends; yields its port."""
    listening = listen("127.0.0.1", 0)
    server = Server(create_app(dispatcher, HERE, print, **more), dispatcher)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def ask(port, head, body=b"", path="/v1/poems"):
    """Send a POST exactly as given; return everything that comes until the connection ends."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n\r\n".encode() + body)
        return rest(connection)


def rest(connection):
    """Return everything that still comes from a connection."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def until(true, seconds=20):
    """Wait until ``true()`` holds, at most ``seconds``."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not come true"
        time.sleep(0.01)

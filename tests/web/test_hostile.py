"""Hostile or slow clients do not hold up the others; over real connections."""

import contextlib
import json
import socket
import threading
import time

import httpx
import pytest
from live_server import FEW, ask, make_dispatcher, rest, served, until

from poetry.web import guard, server

HEAD = "Host: localhost\r\nContent-Type: application/json"
LARGE = {"form": "七律", "num": 16, "candidates": 64, "seed": 1}


@pytest.fixture(scope="module")
def dispatcher(small_model):
    return make_dispatcher(small_model, size=3)


@pytest.fixture(scope="module")
def port(dispatcher):
    with served(dispatcher) as port:
        yield port


def compose(port, **asked):
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
        return client.post("/v1/poems", json={"form": "五绝", **FEW, **asked})


def test_a_body_of_ten_megabytes_is_not_read(port):
    body = b'{"start": "' + b" " * 10_000_000 + b'"}'
    answer = ask(port, f"{HEAD}\r\nContent-Length: {len(body)}", body[:100_000])
    assert answer.startswith(b"HTTP/1.1 413 ") and b"connection: close" in answer
    assert compose(port).status_code == 200


def test_chunks_without_end_are_not_read(port):
    chunk = b"400\r\n" + b" " * 1024 + b"\r\n"
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(
            f"POST /v1/poems HTTP/1.1\r\n{HEAD}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 100_000:
                connection.sendall(chunk)
                sent += 1
                time.sleep(0.001)
        assert sent < 10_000 and rest(connection)[:13] in (b"HTTP/1.1 413 ", b"")


def test_a_length_that_is_no_number_is_refused(port):
    for length in ("-1", "1e3", "9" * 30):
        assert ask(port, f"{HEAD}\r\nContent-Length: {length}")[9:12] in (b"400", b"413")


def test_a_hundred_who_drip_do_not_hold_up_one_who_asks(port, monkeypatch):
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.5)
    body = f"POST /v1/poems HTTP/1.1\r\n{HEAD}\r\nContent-Length: 1000\r\n\r\n{{".encode()
    head = b"POST /v1/poems HTTP/1.1\r\nHost: local"
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 30)) for _ in range(100)]
        for number, connection in enumerate(slow):
            connection.sendall(body if number % 2 else head)
        answer = compose(port)
        assert answer.status_code == 200 and len(answer.json()["poems"]) == 1
        found = [rest(connection)[:13] for connection in slow]
    assert set(found[::2]) == {b""} and set(found[1::2]) == {b"HTTP/1.1 408 "}


def test_who_asks_again_over_one_connection_is_not_cut_off(port, monkeypatch):
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.3)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
        for _ in range(3):
            assert client.get("/healthz").status_code == 200
            time.sleep(0.2)
        assert client.post("/v1/poems", json={"form": "五绝", "num": 4, **FEW}).status_code == 200


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_one_who_leaves_frees_the_place(dispatcher, port, accept):
    body = json.dumps(LARGE).encode()
    head = f"{HEAD}\r\nAccept: {accept}\r\nContent-Length: {len(body)}"
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(f"POST /v1/poems HTTP/1.1\r\n{head}\r\n\r\n".encode() + body)
        until(lambda: dispatcher.drafts > 0)
        assert len(dispatcher) == 1
    until(lambda: len(dispatcher) == 0 and dispatcher.drafts == 0)
    assert compose(port).status_code == 200


def test_a_full_queue_says_when_to_ask_again(dispatcher, port):
    body = json.dumps(LARGE).encode()
    request = f"POST /v1/poems HTTP/1.1\r\n{HEAD}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with contextlib.ExitStack() as stack:
        for _ in range(dispatcher.size):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 20)).sendall(request)
        until(lambda: len(dispatcher) == dispatcher.size)
        answer = compose(port)
        assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
        assert answer.json()["error"].startswith("the server has more")
    until(lambda: len(dispatcher) == 0)
    assert compose(port).status_code == 200


def test_what_is_asked_at_once_is_what_is_asked_alone(port):
    asked = [{"seed": seed, "form": form} for seed in range(2) for form in ("五绝", "浣溪沙", "free")]
    alone = [compose(port, **each).json()["poems"] for each in asked]
    together = [None] * len(asked)

    def run(ix):
        while together[ix] is None:
            answer = compose(port, **asked[ix])
            if answer.status_code == 200:
                together[ix] = answer.json()["poems"]

    threads = [threading.Thread(target=run, args=(ix,)) for ix in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [[card["text"] for card in cards] for cards in together] == [
        [card["text"] for card in cards] for cards in alone
    ]


def test_what_is_no_http_is_answered_shortly(port):
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(b"\x16\x03\x01\r\n\r\n")
        assert rest(connection).startswith(b"HTTP/1.1 400 ")
    assert compose(port).status_code == 200


def test_one_who_does_not_read_is_cut_off(port, monkeypatch):
    monkeypatch.setattr(server, "WRITE_SECONDS", 0.3)
    request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        size = len(client.get("/openapi.json").content)
    count = 20_000_000 // size  # more than the buffers of both systems hold
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port))
        connection.settimeout(20)
        sender = threading.Thread(target=lambda: _send(connection, request * count))
        sender.start()
        time.sleep(1)
        assert len(rest(connection)) < size * count
        sender.join(20)
    assert compose(port).status_code == 200


def _send(connection, data):
    with contextlib.suppress(OSError):
        connection.sendall(data)


def test_too_many_connections_are_told_when_to_ask_again(port, monkeypatch):
    monkeypatch.setattr(server, "CONNECTIONS", 3)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 20))
        answer = compose(port)
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
    assert answer.json() == {"error": "there are too many connections", "option": None}
    until(lambda: compose(port).status_code == 200)


def test_what_is_no_http_is_refused_like_all_else(port):
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall("春江花月夜\r\n\r\n".encode())
        head, _, body = rest(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"content-type: application/json" in head.lower()
    assert json.loads(body) == {"error": "Invalid HTTP request received.", "option": None}


def test_what_is_no_http_behind_an_answer_ends_the_connection(port, caplog):
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(b"GET /none HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")
        connection.sendall(b"no chunk\r\n\r\n")
        assert b"HTTP/1.1 " not in rest(connection)  # the request has its answer
    assert compose(port).status_code == 200 and not caplog.records

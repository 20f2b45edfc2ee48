"""serve.py as a process: its start, its end, its refusals."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest
from conftest import ROOT, one_line_error, run

from serve import serve

SECONDS = 60


@contextlib.contextmanager
def server(*options):
    """(process, address) of a server that has its model."""
    command = [sys.executable, "serve.py", "--port", "0", *map(str, options)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        lines = iter(process.stderr.readline, "")
        address = next(found[1] for found in (re.match(r"page: (\S+)/ ", line) for line in lines) if found)
        ends = time.monotonic() + SECONDS
        while httpx.get(f"{address}/healthz", trust_env=False, timeout=SECONDS).status_code != 200:
            assert time.monotonic() < ends
            time.sleep(0.05)
        yield process, address
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_it_serves_and_a_signal_ends_it_well(small_model):
    with server("--model_path", small_model) as (process, address):
        answer = httpx.post(
            f"{address}/v1/poems", json={"form": "五绝", "candidates": 1}, trust_env=False, timeout=SECONDS
        )
        assert answer.status_code == 200 and len(answer.json()["poems"]) == 1
        process.send_signal(signal.SIGTERM)
        told = process.stderr.read()
        assert process.wait(SECONDS) == 0
        assert told == "stopped\n"  # and nothing of what was asked


def test_a_signal_while_it_composes_ends_it_soon_and_every_client_is_answered(small_model):
    found = []
    with server("--model_path", small_model) as (process, address):

        def ask(seed):
            wanted = {"form": "七律", "num": 16, "candidates": 64, "seed": seed}
            answer = httpx.post(f"{address}/v1/poems", json=wanted, trust_env=False, timeout=SECONDS)
            found.append(answer.status_code)

        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        drafts = 0.0
        while not drafts:
            metrics = httpx.get(f"{address}/metrics", trust_env=False, timeout=SECONDS).text
            drafts = float(re.search(r"^poetry_drafts (\S+)$", metrics, re.M)[1])
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
        for thread in threads:
            thread.join(SECONDS)
    assert len(found) == 4 and set(found) <= {200, 503}


def test_a_model_that_is_none_ends_it(tmp_path):
    path = tmp_path / "model.params.1"
    path.write_bytes(b"no model")
    command = [sys.executable, "serve.py", "--port", "0", "--model_path", str(path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    assert result.returncode == 2 and result.stderr.splitlines()[-1].startswith(f"Error: {path}")
    assert "Traceback" not in result.stderr


def test_a_port_in_use_is_told():
    with socket.create_server(("127.0.0.1", 0)) as other:
        result = run(serve, "--port", other.getsockname()[1])
    assert "is in use" in one_line_error(result)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--host", "0.0.0.0"), "every machine that reaches this one"),
        (("--host", "::"), "--allow_host"),
        (("--host", "203.0.113.7"), "no address of this machine"),
        (("--host", "no.such.name.invalid"), "no such address"),
        (("--port", "70000"), "70000"),
        (("--queue", "0"), "0"),
    ],
)
def test_what_cannot_be_is_told(options, text):
    assert text in one_line_error(run(serve, *options))


def test_open_to_others_it_says_so_and_goes_by_the_names_that_are_allowed(small_model):
    options = ("--host", "0.0.0.0", "--allow_host", "poems.example", "--model_path", small_model)
    with server(*options) as (_, address):
        address = address.replace("0.0.0.0", "127.0.0.1")
        for host, status in (("poems.example", 200), ("other.example", 403)):
            answer = httpx.get(f"{address}/healthz", headers={"host": host}, trust_env=False)
            assert answer.status_code == status

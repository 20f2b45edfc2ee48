"""The server: its start, the first poem, many clients at once beside generate.py's batches, memory over time.

A server is started on a free port of this machine and gets requests over loopback. It and what it is compared
with are measured in alternating turns; medians are printed. ``--minutes`` of mixed load come last: poems of
all forms, events, checks, clients that disconnect before the answer.
"""

import asyncio
import contextlib
import json
import logging
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from benchmarks.processes import python  # noqa: E402
from poetry import Composer  # noqa: E402
from poetry.base import cli, runtime  # noqa: E402

ASKED = {"form": "qijue", "candidates": 8}  # the request of each of many clients
MIXED = (
    {"form": "qijue"},
    {"form": "wulu", "num": 2},
    {"form": "浣溪沙"},
    {"start": "春江", "max_gen_len": 64},
    {"acrostic": "春江花月", "form": "qijue", "rhyme": "东"},
    {"couplet": "春风又绿江南岸"},
)
POEM = "春江水暖柳丝长，两岸人家半夕阳。小艇不知归去晚，一声渔笛满横塘。"
EVENTS = {"accept": "text/event-stream"}
MEGABYTE = 1 << 20


@contextlib.contextmanager
def server(model_path: Path) -> Iterator[tuple[str, float]]:
    """Start a server; give (its address, the seconds until it was ready). Stop it on leaving."""
    began = time.perf_counter()
    command = [sys.executable, "serve.py", "--port", "0", "--model_path", str(model_path)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        told = (re.match(r"page: (\S+)/ ", line) for line in iter(process.stderr.readline, ""))
        address = next(match[1] for match in told if match)
        while httpx.get(f"{address}/healthz", trust_env=False, timeout=60).status_code != 200:
            time.sleep(0.01)
        yield address, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def client(address: str) -> httpx.AsyncClient:
    """Return a new client with its own connections, as a browser has."""
    return httpx.AsyncClient(base_url=address, timeout=120, trust_env=False)


async def first_poem(address: str, seed: int) -> float:
    """Return the seconds from the request to a whole poem, by events, with the default number of drafts."""
    async with client(address) as asking:
        began = time.perf_counter()
        wanted = {"form": "qijue", "seed": seed}
        async with asking.stream("POST", "/v1/poems", json=wanted, headers=EVENTS) as answer:
            async for line in answer.aiter_lines():
                if line == "event: poem":
                    return time.perf_counter() - began
    raise click.ClickException("the server composed no poem")


async def burst(address: str, clients: int, seed: int) -> tuple[float, list[float]]:
    """Let ``clients`` ask at once; return (seconds until all are served, seconds of each with a poem)."""

    async def one(asking: httpx.AsyncClient, number: int) -> float | None:
        began = time.perf_counter()
        answer = await asking.post("/v1/poems", json={**ASKED, "seed": seed + number})
        return time.perf_counter() - began if answer.status_code == 200 and answer.json()["poems"] else None

    async with contextlib.AsyncExitStack() as stack:
        asking = [await stack.enter_async_context(client(address)) for _ in range(clients)]
        began = time.perf_counter()
        taken = await asyncio.gather(*(one(each, number) for number, each in enumerate(asking)))
        return time.perf_counter() - began, [seconds for seconds in taken if seconds is not None]


async def mixed(address: str, clients: int, minutes: float) -> tuple[int, list[float]]:
    """Run ``minutes`` of mixed load; return (number of requests, resident memory in MiB every 6 seconds)."""
    ends = time.perf_counter() + 60 * minutes
    served, memory = 0, []

    async def ask(number: int) -> None:
        nonlocal served
        draw = random.Random(number)
        async with client(address) as asking:
            while time.perf_counter() < ends:
                kind = draw.randrange(8)
                wanted = draw.choice(MIXED) | {"seed": draw.randrange(2**32)}
                if kind == 0:
                    await asking.post("/v1/check", json={"text": POEM})
                elif kind == 1:
                    with contextlib.suppress(httpx.TimeoutException):  # the client leaves
                        await asking.post("/v1/poems", json=wanted, timeout=0.2)
                else:
                    await asking.post("/v1/poems", json=wanted, headers=EVENTS if kind < 5 else {})
                served += 1

    async def watch() -> None:
        async with client(address) as asking:
            while time.perf_counter() < ends:
                text = (await asking.get("/metrics")).text
                found = re.search(r"^process_resident_memory_bytes (\S+)$", text, re.M)
                memory.append(float(found[1]) / MEGABYTE)
                await asyncio.sleep(min(6.0, 6.0 * minutes))

    await asyncio.gather(watch(), *map(ask, range(clients)))
    return served, memory


def starts(model_path: Path, turns: int) -> dict[str, list[float]]:
    """Return the seconds until generate.py has composed a poem of one draft, and until a server is ready."""
    taken: dict[str, list[float]] = {"generate": [], "serve": []}
    for _ in range(turns):
        began = time.perf_counter()
        python("generate.py", "--model_path", str(model_path), "--candidates", "1", cwd=ROOT)
        taken["generate"].append(time.perf_counter() - began)
        with server(model_path) as (_, seconds):
            taken["serve"].append(seconds)
    return taken


def measure(model_path: Path, clients: int, turns: int, minutes: float) -> dict[str, float]:
    """Return all figures by name."""
    composer = Composer.load(model_path)
    batch = partial(composer.poems, clients, **ASKED)
    started = starts(model_path, turns)
    firsts, speeds, ratios, waits, lost = [], [], [], [], 0
    with server(model_path) as (address, _):
        asyncio.run(burst(address, clients, 0))
        list(batch(seed=0))
        for turn in range(1, turns + 1):
            firsts.append(asyncio.run(first_poem(address, turn)))
            began = time.perf_counter()
            list(batch(seed=turn))
            alone = clients / (time.perf_counter() - began)
            seconds, taken = asyncio.run(burst(address, clients, 1000 * turn))
            speeds.append(len(taken) / seconds)
            ratios.append(speeds[-1] / alone)
            waits += taken
            lost += clients - len(taken)
        figures = {
            "start of generate.py, s": statistics.median(started["generate"]),
            "start of serve.py, s": statistics.median(started["serve"]),
            "first poem, s": statistics.median(firsts),
            "clients at once": clients,
            "poems a second": statistics.median(speeds),
            "of the batch speed": statistics.median(ratios),
            "99 % are served within, s": sorted(waits)[int(0.99 * (len(waits) - 1))],
            "lost": lost,
        }
        if minutes:
            served, memory = asyncio.run(mixed(address, 8, minutes))
            settled = memory[len(memory) // 10 :]  # caches are full by then
            figures |= {"minutes of mixed load": minutes, "requests": served}
            figures |= {"most memory after a tenth, MB": max(settled)}
            tenths = memory[:: max(1, len(memory) // 10)]
            figures |= {f"memory at {ix} tenths, MB": value for ix, value in enumerate(tenths)}
    return figures


@click.command(cls=cli.Command, help=__doc__)
@config.options("model_path", "json")
@click.option("--clients", default=50, show_default=True, type=config.POSITIVE, help="That ask at once.")
@click.option("--turns", default=5, show_default=True, type=config.POSITIVE)
@click.option("--minutes", default=10.0, show_default=True, type=config.Number(0), help="Of mixed load.")
def main(model_path: Path | None, json: bool, clients: int, turns: int, minutes: float) -> None:
    """Measure and print."""
    from poetry.learning import checkpoint

    logging.getLogger("httpx").setLevel(logging.WARNING)
    path = Path(model_path or checkpoint.newest_model(config.MODEL_FOLDERS)).resolve()
    figures = measure(path, clients, turns, minutes)
    click.echo(shown(figures, json))
    cli.say(runtime.processor_name())


def shown(figures: dict[str, float], as_json: bool) -> str:
    """Format the figures as a line of JSON, or a line each."""
    if as_json:
        return json.dumps(figures)
    return "\n".join(f"{name}: {value:.2f}" for name, value in figures.items())


if __name__ == "__main__":
    main()

"""Kill one of two replicas under load, and count lost poems. Needs requirements-cluster.txt.

Clients request poems over HTTP, each with its own seed; after a third of the answers one replica is killed. A
client whose request fails asks again. A poem that never arrives is lost; one that differs from that of a
single composer is wrong.
"""

import logging
import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray sends usage statistics

import httpx  # noqa: E402
import ray  # noqa: E402
from ray import serve  # noqa: E402

import config  # noqa: E402
from poetry import Composer  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.web.cluster import REPLICA, Arguments, app  # noqa: E402

ADDRESS = "http://127.0.0.1:{port}"
PATIENCE = 120.0  # seconds for which a client repeats its request
ASKED = {"form": "qijue"}


@click.command(cls=cli.Command, help=__doc__)
@config.options("num", "candidates", "port", num=60, candidates=4, port=8123)
@click.option("--clients", default=12, show_default=True, help="Clients at once.")
@click.option("--replicas", default=2, show_default=True, help="Replicas.")
def measure(num: int, candidates: int, port: int, clients: int, replicas: int) -> int:
    """Start the cluster here, ask, kill, count; return exit code 1 where a poem is lost or wrong."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asked = ASKED | {"candidates": candidates}
    ray.init(num_cpus=replicas, include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(app(Arguments(replicas=replicas, queue=clients)), name="poetry")
    answered, failed, busy = Counter(), Counter(), Counter()
    with ThreadPoolExecutor(clients) as pool:
        watch = threading.Thread(target=_kill_one, args=(answered, busy, num // 3))
        watch.start()
        began = time.perf_counter()
        url = ADDRESS.format(port=port) + "/v1/poems"
        texts = list(pool.map(lambda seed: _ask(url, asked, seed, answered, failed), range(num)))
        seconds = time.perf_counter() - began
        watch.join()
    serve.shutdown()
    ray.shutdown()
    composer = Composer.load()
    wrong = [seed for seed, text in enumerate(texts) if text != composer.compose(seed, **asked).text]
    click.echo(f"replicas that were seen composing: {len(busy)}; killed: 1")
    click.echo(
        f"poems: {num} in {seconds:.1f} s by {clients} clients; requests that failed and were put again: "
        f"{sum(failed.values())} {dict(failed)}"
    )
    click.echo(f"lost: {texts.count(None)}; not as one composer composes them: {len(wrong)}")
    return int(bool(wrong))


def _ask(url: str, asked: dict[str, Any], seed: int, answered: Counter, failed: Counter) -> str | None:
    """Request the poem of a seed until it arrives; return None after PATIENCE seconds."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            response = httpx.post(url, json=asked | {"seed": seed}, timeout=PATIENCE)
            if response.status_code == 200:
                answered["poems"] += 1
                return response.json()["poems"][0]["text"]
            failed[response.status_code] += 1
        except httpx.TransportError as error:
            failed[type(error).__name__] += 1
        time.sleep(0.5)
    return None


def _kill_one(answered: Counter, busy: Counter, after: int) -> None:
    """Kill a composing replica once ``after`` poems are there; count in ``busy`` those seen composing."""
    named = ray.util.list_named_actors(all_namespaces=True)
    actors = {one["name"]: ray.get_actor(**one) for one in named if f"#{REPLICA}#" in one["name"]}
    while answered["poems"] < after:
        for name, actor in actors.items():
            if ray.get(actor.get_num_ongoing_requests.remote()):
                busy[name] += 1
        time.sleep(0.2)
    while True:
        for actor in actors.values():
            if ray.get(actor.get_num_ongoing_requests.remote()):
                ray.kill(actor)
                return


if __name__ == "__main__":
    measure()

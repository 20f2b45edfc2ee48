"""The server on several machines, by Ray Serve: ``serve run poetry.web.cluster:app replicas=4``.

Each replica is the whole application with its own model; it composes its waiting requests in one batch. A
relay in front of them sends a request to another replica if one dies while it answers. One machine does not
need this module; it requires Ray (requirements-cluster.txt).
"""

from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel, Field
from ray import serve
from ray.exceptions import RayActorError
from ray.serve import Application

from poetry.base import cli
from poetry.web.address import HERE
from poetry.web.app import GRACE, create_app
from poetry.web.dispatcher import Dispatcher
from poetry.web.relay import Relay, answered

REPLICA, FRONT = "poetry", "front"  # names of the Ray Serve deployments


class Arguments(BaseModel):
    """The arguments of ``serve run poetry.web.cluster:app``, as name=value.

    ``replicas``: their number; ``allow_host``: host names of the cluster, separated by commas, in addition to
    those of this machine; ``queue``: the number of clients that may wait at each replica; ``model_path``: a
    checkpoint that exists on every machine.
    """

    replicas: int = Field(2, ge=1)
    allow_host: str = ""
    queue: int = Field(100, ge=1)
    model_path: str | None = None


class Replica:
    """The application with its own model, which is loaded before it serves."""

    def __init__(self, arguments: Arguments):
        from poetry.web.engine import Engine

        engine = Engine.load(arguments.model_path, False)
        dispatcher = Dispatcher(lambda: engine, arguments.queue, cli.say)
        named = filter(None, (name.strip() for name in arguments.allow_host.split(",")))
        self._app = create_app(dispatcher, (*HERE, *named), cli.say)
        dispatcher.start()

    async def answer(self, scope: dict[str, Any], body: bytes) -> AsyncIterator[dict[str, Any]]:
        """Yield the ASGI messages of the answer to a request."""
        async for message in answered(self._app, scope, body):
            yield message


def _front() -> Relay:
    """Make the relay, in the process where it runs."""
    name = serve.get_replica_context().app_name
    replicas = serve.get_deployment_handle(REPLICA, name).options(stream=True)
    return Relay(replicas.answer.remote, RayActorError)


def app(arguments: Arguments) -> Application:
    """Return the application for Ray Serve."""
    replica = serve.deployment(
        Replica,
        name=REPLICA,
        num_replicas=arguments.replicas,
        max_ongoing_requests=arguments.queue,
        graceful_shutdown_timeout_s=GRACE + 2,
        ray_actor_options={"num_cpus": 1},
    )
    most = arguments.queue * arguments.replicas
    front = serve.deployment(
        serve.ingress(_front)(),
        name=FRONT,
        max_ongoing_requests=most,
        max_queued_requests=most,  # beyond this number Ray's proxy answers 503 itself
        ray_actor_options={"num_cpus": 0},
    )
    return front.bind(replica.bind(arguments))

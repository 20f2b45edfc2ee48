"""The doors on many machines, by Ray Serve: ``serve run poetry.web.cluster:app replicas=4``.

Every replica has a model and is the whole application, which composes in one batch what waits there. Before
them stands a relay, which gives a request to another replica where one dies over it. It is not needed for one
machine, and Ray is not among the requirements of the rest (requirements-cluster.txt).
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
from poetry.web.relay import Relay, answered
from poetry.web.studio import Studio

REPLICA, FRONT = "poetry", "front"  # names of the deployments


class Arguments(BaseModel):
    """What may be said behind ``serve run poetry.web.cluster:app``, as name=value.

    ``replicas``; ``allow_host``: names that the cluster goes by, with commas between them, beside those of
    this machine; ``queue``: clients that may wait at each replica; ``model_path``: a checkpoint, which must
    be there on every machine.
    """

    replicas: int = Field(2, ge=1)
    allow_host: str = ""
    queue: int = Field(100, ge=1)
    model_path: str | None = None


class Replica:
    """The application with a model, ready once it is loaded."""

    def __init__(self, arguments: Arguments):
        from poetry.web.engine import Engine

        engine = Engine.load(arguments.model_path, False)
        studio = Studio(lambda: engine, arguments.queue, cli.say)
        named = filter(None, (name.strip() for name in arguments.allow_host.split(",")))
        self._app = create_app(studio, (*HERE, *named), cli.say)
        studio.start()

    async def answer(self, scope: dict[str, Any], body: bytes) -> AsyncIterator[dict[str, Any]]:
        """The messages that answer a request."""
        async for message in answered(self._app, scope, body):
            yield message


def _front() -> Relay:
    """The relay, made where it runs."""
    name = serve.get_replica_context().app_name
    replicas = serve.get_deployment_handle(REPLICA, name).options(stream=True)
    return Relay(replicas.answer.remote, RayActorError)


def app(arguments: Arguments) -> Application:
    """The application for Ray Serve."""
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
        max_queued_requests=most,  # beyond, Ray's proxy answers 503 itself
        ray_actor_options={"num_cpus": 0},
    )
    return front.bind(replica.bind(arguments))

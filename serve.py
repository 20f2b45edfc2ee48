"""Open a page on this machine where verse is composed, checked and revised; programs can use it as an API."""

import quiet  # noqa: F401

# isort: split

from pathlib import Path

import click

import config
from poetry.base import cli
from poetry.web import address


@click.command(cls=cli.Command, help=__doc__)
@config.options("host", "port", "allow_host", "queue", "model_path", "use_gpu")
def serve(
    host: str, port: int, allow_host: tuple[str, ...], queue: int, model_path: Path | None, use_gpu: bool
) -> None:
    """Listen, load the model in the background, and serve until a signal comes."""
    names = address.names(host, allow_host)
    socket = address.listen(host, port)
    if address.is_open(host):
        cli.say(f"--host {host}: every machine that reaches this one can use the page")
    # Paddle is imported in this thread, which handles signals; another thread then reads the model.
    import poetry.learning  # noqa: F401  first: it blocks signals while it loads Paddle

    # isort: split
    from poetry.web.dispatcher import Dispatcher
    from poetry.web.engine import Engine

    def load() -> Engine:
        engine = Engine.load(model_path, use_gpu)
        cli.say(f"model: {engine.composer.model.path}")
        return engine

    dispatcher = Dispatcher(load, queue, cli.say)
    dispatcher.start()
    from poetry.web.app import create_app
    from poetry.web.server import Server

    shown = f"[{host}]" if ":" in host else host
    cli.say(f"page: http://{shown}:{socket.getsockname()[1]}/ (Ctrl-C ends it)")
    Server(create_app(dispatcher, names, cli.say), dispatcher).run([socket])
    if dispatcher.failed:
        raise dispatcher.failed
    cli.say("stopped")


if __name__ == "__main__":
    serve()

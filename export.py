"""Export a model for Paddle's inference library: one step of its network, with its state, in a folder.

Composer.load(FOLDER) composes from it as from the checkpoint (see docs/python.md).
"""

import quiet  # noqa: F401

# isort: split

from pathlib import Path

import click

import config
from poetry.base import cli, runtime
from poetry.base.errors import PoetryError


@click.command(cls=cli.Command, help=__doc__)
@config.options("model_path", "export_dir")
def export(model_path: Path | None, export_dir: Path) -> None:
    """Load the model and export it."""
    from poetry.learning import checkpoint, exported
    from poetry.learning.folders import holds_run

    if holds_run(export_dir):
        raise PoetryError(
            f"{export_dir} holds checkpoints or a run, left untouched; give another --export_dir"
        )
    runtime.start(False, cli.say)
    path = model_path or checkpoint.newest_model(config.MODEL_FOLDERS)
    exported.save(export_dir, checkpoint.load_model(path))
    cli.say(f"{path} exported to {export_dir}")


if __name__ == "__main__":
    export()

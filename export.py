"""Export a model for Paddle's inference library: one step of its network, with its state, in a folder.

Composer.load(FOLDER) composes from it as from the checkpoint (see docs/python.md).
"""

import quiet  # noqa: F401

# isort: split

from pathlib import Path

import click

import config
from poetry.base import cli, runtime


@click.command(cls=cli.Command, help=__doc__)
@config.options("model_path", "export_dir")
def export(model_path: Path | None, export_dir: Path) -> None:
    """Load the model and export it."""
    from poetry.learning import checkpoint, exported

    runtime.start(False, cli.say)
    path = model_path or checkpoint.newest_model(config.MODEL_FOLDERS)
    exported.save(export_dir, checkpoint.load_model(path))
    click.echo(f"{path} exported to {export_dir}")


if __name__ == "__main__":
    export()

"""Make a checkpoint of a training state, to compose with or go on from a run that stopped within an epoch.

Nothing is measured: the checkpoint names no held-out perplexity.
"""

import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from poetry.base import cli  # noqa: E402
from poetry.base.errors import PoetryError  # noqa: E402
from poetry.learning import checkpoint, training_state  # noqa: E402
from poetry.learning.checkpoint import Provenance  # noqa: E402
from poetry.learning.model import choose_sizes, make_model  # noqa: E402
from poetry.text import poem_data, text_data  # noqa: E402


@click.command(cls=cli.Command, help=__doc__)
@click.argument("state", type=config.FILE)
@click.argument("output", type=config.FILE)
@click.option("--data_path", type=config.FILE, help="Default: the data file that the run was given.")
def main(state: Path, output: Path, data_path: Path | None) -> None:
    """Read the state, write the checkpoint."""
    tensors, data = checkpoint.load_state(state)
    path = data_path or Path(data["options"]["data_path"])
    load = text_data.load if text_data.is_text_data(path) else poem_data.load
    dataset = load(path)
    if dataset.fingerprint != data["fingerprint"]:
        raise PoetryError(f"{path} is not the data of this run; give that with --data_path")
    vocabulary = dataset.vocabulary
    model = make_model(choose_sizes(data["options"]["network"], len(vocabulary), data["options"]))
    checkpoint.set_weights(model, {name: tensors[f"weight/{name}"] for name in model.weights()})
    extras = {name: tensors[name] for name in checkpoint.EXTRAS if name in tensors}
    position = training_state.position_of(data)
    provenance = Provenance(
        position.epoch, position.step, dataset.fingerprint, by_document=data.get("by_document", False)
    )
    checkpoint.save_model(output, model, vocabulary, provenance, extras)
    click.echo(f"wrote {output}, after {position.epoch} epochs and {position.batch} batches")


if __name__ == "__main__":
    main()

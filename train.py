"""Train a model: a data file -> work/checkpoints/model.params.N, with VisualDL records in work/logs."""

import quiet  # noqa: F401

# isort: split

import functools
import uuid
from pathlib import Path
from typing import Any

import click
import numpy as np

import config
from poetry.base import cli, runtime
from poetry.base.errors import PoetryError
from poetry.composing.plan import Plan
from poetry.composing.sampling import Sampling
from poetry.composing.subject import Poems, Samples, Subject, Text
from poetry.learning import checkpoint
from poetry.learning.beginning import first_model
from poetry.learning.folders import Folders
from poetry.learning.model import choose_sizes, describe, make_model
from poetry.learning.network import Network
from poetry.learning.optimizers import RECIPE_OPTIONS, Recipe
from poetry.learning.recorder import Recorder
from poetry.learning.resuming import Resumed, check_data, newest_state, resumed_options
from poetry.learning.run import Run, Stopped
from poetry.learning.saver import RunMetadata, Saver
from poetry.learning.trainer import Trainer
from poetry.text import poem_data, text_data
from poetry.text.dataset import Fixed
from poetry.text.orders import make_order

SIZES = ("network", "embedding_size", "hidden_size", "num_layers", "heads", "context")
ORDER = ("order", "batch_chars", "final_batch_chars", "rows", "seq_length")
FIXED = (*SIZES, "dropout", *ORDER, *RECIPE_OPTIONS, "init_from")  # what a resumed run cannot change
OF_TEXT = ("sample_temperatures", "sample_starts")
WHERE = (
    "data_path", "log_dir", "plot_every", "evaluate_every", "save_every_minutes", "keep", "half", *OF_TEXT,
)  # fmt: skip
KEPT = ("epoch", *FIXED, *WHERE)  # the options that a training state stores
OF_CHOICES = {  # options that have a meaning only with certain values of another one
    "heads": ("network", ("gpt",)),
    "context": ("network", ("gpt",)),
    "embedding_size": ("network", ("lstm", "gru", "rnn")),
    "batch_chars": ("order", ("length",)),
    "rows": ("order", ("consecutive", "random")),
    "seq_length": ("order", ("consecutive", "random")),
    "weight_decay": ("optimizer", ("adamw", "muon")),
    "beta2": ("optimizer", ("adamw", "muon", "adam")),
}
LATER = (  # options that older runs did not store: these runs had the defaults
    *("network", "heads", "context", "order", "final_batch_chars", "rows", "seq_length"),
    *("optimizer", "evaluate_every"),
)


@click.command(cls=cli.Command, help=__doc__)
@config.options("recipe", "epoch", "use_gpu", "resume", "checkpoint_dir", *WHERE, *FIXED, seed=0)
@click.pass_context
def train(command: click.Context, **options: Any) -> None:
    """Set up data, model, trainer and run, and train."""
    given = {name: value for name, value in options.items() if cli.is_given(command, name)}
    preset = config.RECIPES.get(options.pop("recipe"), {})
    preset = {name: value for name, value in preset.items() if name not in given}
    state = newest_state(options["checkpoint_dir"], cli.say) if options["resume"] else None
    options |= preset if state is None else _stored_options(command, options, given, preset, state)
    subject = _load(command, options)
    options["order"] = options["order"] or subject.usual_order
    folders = _folders(options, subject, state)
    device = runtime.start(options["use_gpu"], cli.say, options["seed"])
    cli.say(f"{subject.summary()}; {device}, {runtime.processor_name()}")
    model, extras = _model(options, subject, given, state)
    for name, (other, choices) in OF_CHOICES.items():
        if name in given and options[other] not in choices:
            cli.say(f"--{name} is passed over: it is for --{other} {' or '.join(choices)}")
    documents = subject.documents(options["seed"]) if options["order"] == "length" else Fixed([])
    trainer = Trainer(model, make_order(options, documents, subject.sequences()), Recipe.of(options))
    run = _run(trainer, folders, subject, extras, options)
    if state is not None:
        run.restore(state.tensors, state.data, cli.say)
    code = 0
    try:
        run.train()
    except Stopped as stopped:
        cli.say(
            f"stopped and saved; go on with: python train.py --resume --checkpoint_dir {folders.checkpoints}"
        )
        code = 128 + stopped.signal_number
    runtime.leave(code)


def _stored_options(
    command: click.Context,
    options: dict[str, Any],
    given: dict[str, Any],
    preset: dict[str, Any],
    state: Resumed,
) -> dict[str, Any]:
    """Return the options that the resumed run goes on with."""
    older = config.defaults(*LATER) | {name: list(options[name]) for name in OF_TEXT}
    convert = functools.partial(cli.convert, command)
    return resumed_options(older | state.options, given, preset, KEPT, FIXED, convert)


def _load(command: click.Context, options: dict[str, Any]) -> Subject:
    """Load the data file as poems or as text."""
    path = options["data_path"]
    if not path.exists():
        raise PoetryError(
            f"{path} does not exist; make it with: python prepare.py (Song poems: with --dynasty song, other "
            f"text: with --text FILE), or try training at once with: {config.TRIAL}"
        )
    if text_data.is_text_data(path):
        samples = Samples(options["sample_temperatures"], options["sample_starts"])
        return Text(text_data.load(path), samples, options["order"] == "length")
    cli.refuse(command, OF_TEXT, f"is about text; {path} is no data file of a text")
    plan, sampling = Plan(**config.defaults("max_gen_len")), Sampling(**config.defaults(*config.SAMPLING))
    return Poems(poem_data.load(path), plan, sampling, config.SAMPLE_POEMS)


def _folders(options: dict[str, Any], subject: Subject, state: Resumed | None) -> Folders:
    """Return the folders of the run, checked; where it is resumed, check its data too."""
    where = options["checkpoint_dir"], options["log_dir"]
    if state is None:
        folders = Folders(*where, uuid.uuid4().hex)
    else:
        check_data(state, subject.fingerprint, subject.by_document, options["data_path"], where[0])
        folders = Folders(*where, state.run_id, state.states, Path(state.options["log_dir"]))
    folders.check()
    if state is not None and state.data["position"]["step"] and not folders.has_records():
        cli.say(f"{where[1]} has no records of this run, new ones begin; --log_dir says where they are")
    return folders


def _model(
    options: dict[str, Any], subject: Subject, given: dict[str, Any], state: Resumed | None
) -> tuple[Network, dict[str, np.ndarray]]:
    """Return the network and the extras of its checkpoints; set the sizes of a new one in ``options``."""
    if state is None:
        model, before = first_model(options, subject.vocabulary, given, cli.say)
        options |= describe(model.architecture)
        return model, subject.extras(before)
    architecture = choose_sizes(options["network"], len(subject.vocabulary), options)
    extras = {name: state.tensors.pop(name) for name in checkpoint.EXTRAS if name in state.tensors}
    subject.check_extras(extras)
    return make_model(architecture, options["dropout"]), extras


def _run(
    trainer: Trainer,
    folders: Folders,
    subject: Subject,
    extras: dict[str, np.ndarray],
    options: dict[str, Any],
) -> Run:
    """Put together what drives, records and saves the run."""
    kept = {name: options[name] for name in KEPT}
    own = RunMetadata(
        subject.vocabulary, subject.fingerprint, extras, kept, folders.run_id, subject.by_document
    )
    minutes, keep, half = (options[name] for name in ("save_every_minutes", "keep", "half"))
    return Run(
        trainer,
        Recorder(
            folders.records,
            trainer,
            options["plot_every"],
            folders.run_id,
            cli.say,
            subject.characters_a_token,
        ),
        Saver(folders.checkpoints, trainer, own, 60 * minutes, keep, half),
        folders,
        lambda: subject.perplexities(trainer.model),
        lambda: subject.samples(trainer.model, options["seed"]),
        options["evaluate_every"],
    )


if __name__ == "__main__":
    train()

"""Train a model: a data file -> work/checkpoints/model.params.N, with VisualDL records in work/logs."""

import quiet  # noqa: F401

# isort: split

import uuid
from dataclasses import fields, replace
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
from poetry.learning.checkpoint import Checkpoint
from poetry.learning.folders import Folders
from poetry.learning.gpt2 import load_folder
from poetry.learning.model import choose_sizes, describe, make_model
from poetry.learning.network import Architecture, Network
from poetry.learning.optimizers import Recipe
from poetry.learning.recorder import Recorder
from poetry.learning.run import Run, Stopped
from poetry.learning.saver import Belongings, Saver, newest_state
from poetry.learning.trainer import Trainer
from poetry.learning.transfer import with_words
from poetry.text import bpe, poem_data, text_data
from poetry.text.dataset import Documents, Fixed
from poetry.text.orders import ByLength, Consecutive, Growth, Order, RandomWindows

SIZES = ("network", "embedding_size", "hidden_size", "num_layers", "heads", "context")
RECIPE = tuple(field.name for field in fields(Recipe) if field.name != "epochs")
ORDER = ("order", "batch_chars", "final_batch_chars", "rows", "seq_length")
FIXED = (*SIZES, "dropout", *ORDER, *RECIPE, "init_from")  # what a resumed run cannot change
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
    preset = config.RECIPES.get(options.pop("recipe"), {})
    preset = {name: value for name, value in preset.items() if not cli.is_given(command, name)}
    folder = options["checkpoint_dir"]
    states = checkpoint.list_states(folder) if options["resume"] else []
    state = newest_state(folder, cli.say) if options["resume"] else None
    if state is None:
        options |= preset
    else:
        options = _resumed_options(command, options, preset, state[1]["options"])
    subject = _load(command, options)
    options["order"] = options["order"] or subject.usual_order
    if state is None:
        folders = Folders(folder, options["log_dir"], uuid.uuid4().hex)
    else:
        _check_subject(subject, options, state[1])
        recorded = Path(state[1]["options"]["log_dir"])
        folders = Folders(folder, options["log_dir"], state[1].get("run", ""), states, recorded)
    folders.check()
    if state is not None and state[1]["position"]["step"] and not folders.has_records():
        cli.say(
            f"{folders.records} has no records of this run, new ones begin; --log_dir says where they are"
        )
    device = runtime.start(options["use_gpu"], cli.say, options["seed"])
    cli.say(f"{subject.summary()}; {device}, {runtime.processor_name()}")
    if state is None:
        model, before = _first_model(command, options, subject)
        options |= describe(model.architecture)
        extras = subject.extras(before)
    else:
        model = make_model(_architecture(options, subject), options["dropout"])
        extras = {name: state[0].pop(name) for name in checkpoint.EXTRAS if name in state[0]}
        subject.check_extras(extras)
    _tell_unused(command, options)
    documents = subject.documents(options["seed"]) if options["order"] == "length" else Fixed([])
    order = make_order(options, documents, subject.sequences())
    trainer = Trainer(model, order, make_recipe(options))
    recorder = Recorder(
        options["log_dir"],
        trainer,
        options["plot_every"],
        folders.run_id,
        cli.say,
        subject.characters_a_token,
    )
    if state is not None:
        recorder.restore(*state)
        trainer.restore(*state)
        done = trainer.position
        if done.epoch < trainer.recipe.epochs:
            cli.say(f"going on at epoch {done.epoch + 1}, step {done.step}")
        else:
            cli.say(
                f"all {done.epoch} epochs are done; with a larger --epoch it goes on, at the learning rate "
                "that a run of so many has there"
            )
    kept = {name: options[name] for name in KEPT}
    own = Belongings(
        subject.vocabulary, subject.fingerprint, extras, kept, folders.run_id, subject.by_document
    )
    run = _make_run(trainer, recorder, folders, subject, own, options)
    code = 0
    try:
        run.train()
    except Stopped as stopped:
        cli.say(f"stopped and saved; go on with: python train.py --resume --checkpoint_dir {folder}")
        code = 128 + stopped.signal_number
    runtime.leave(code)


def _tell_unused(command: click.Context, options: dict[str, Any]) -> None:
    """Tell the user which given options have no effect with the values of others."""
    for name, (other, choices) in OF_CHOICES.items():
        if cli.is_given(command, name) and options[other] not in choices:
            cli.say(f"--{name} is passed over: it is for --{other} {' or '.join(choices)}")


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


def _check_subject(subject: Subject, options: dict[str, Any], stored: dict[str, Any]) -> None:
    """Raise PoetryError where a run would resume with other data, or with documents read in another way."""
    folder = options["checkpoint_dir"]
    if stored["fingerprint"] != subject.fingerprint:
        raise PoetryError(
            f"{options['data_path']} is not the data of the run in {folder}; give that with --data_path"
        )
    if subject.by_document and "by_document" not in stored:
        raise PoetryError(
            f"the run in {folder} was begun by an earlier version, which read documents otherwise; begin "
            "anew, in other folders"
        )


def _resumed_options(
    command: click.Context, options: dict[str, Any], preset: dict[str, Any], stored: dict[str, Any]
) -> dict[str, Any]:
    """Return ``options``, where those not on the command line are replaced by those ``stored`` of the run.

    Raises PoetryError where the command line, or the ``preset`` of its --recipe, contradicts one in FIXED, or
    where an option is missing from ``stored``, unknown or not valid.
    """
    stored = config.defaults(*LATER) | stored
    strange = min((name for name in stored.keys() - options.keys()), default=None)
    if strange is not None:
        raise PoetryError(f"the run has an option --{strange}, which this version of the program lacks")
    resumed = dict(options)
    for name in KEPT:
        if name in OF_TEXT and name not in stored:  # of a run older than these options
            continue
        value = _stored_value(command, name, stored)
        asked = preset.get(name, options[name])
        given = cli.is_given(command, name)
        if name in FIXED and (given or name in preset) and asked != value and str(asked) != str(value):
            whose = "" if given else "--recipe: "
            raise PoetryError(
                f"{whose}--{name} {asked} contradicts the run, which has {value}; leave it out to resume"
            )
        if not given:
            resumed[name] = value
    if resumed["final_batch_chars"] and str(resumed["epoch"]) != str(stored["epoch"]):
        raise PoetryError(
            f"--epoch {resumed['epoch']} contradicts the run, whose steps grow over {stored['epoch']} epochs"
        )
    return resumed


def _stored_value(command: click.Context, name: str, stored: dict[str, Any]) -> Any:
    """Return a stored option of a run. Raises PoetryError unless train.py accepts its value."""
    if name not in stored:
        raise PoetryError(f"the training state lacks the run's --{name}; start anew, in other folders")
    parameter = next(parameter for parameter in command.command.params if parameter.name == name)
    value = stored[name]
    if value is None and parameter.get_default(command) is None:
        return None
    try:
        parts = value if parameter.multiple else [value]
        converted = [parameter.type.convert(part, parameter, command) for part in parts]
        converted = converted if parameter.multiple else converted[0]
    except (click.BadParameter, TypeError, ValueError, OverflowError, AttributeError):
        converted = None
    if converted is None or str(converted) != str(value):
        raise PoetryError(
            f"the training state has the --{name} {ascii(value)[:50]}, which cannot be; "
            "start anew, in other folders"
        )
    return converted


def make_recipe(options: dict[str, Any]) -> Recipe:
    """Return the recipe that ``options`` (by name) ask for."""
    return Recipe(epochs=options["epoch"], **{name: options[name] for name in RECIPE})


def make_order(options: dict[str, Any], documents: Documents, sequences: list[np.ndarray]) -> Order:
    """Return the order that ``options`` ask for: of ``documents``, or of ``sequences`` joined as one text."""
    rows, length, seed, epochs = (options[name] for name in ("rows", "seq_length", "seed", "epoch"))
    by_length = options["order"] in ("length", None)
    least = options["batch_chars"] if by_length else rows * length
    most = options["final_batch_chars"] or least
    if options["final_batch_chars"] and most <= least:
        raise PoetryError(f"--final_batch_chars {most} is no more than the {least:,} that steps begin with")
    if by_length:
        return ByLength(documents, Growth(least, most, epochs), seed)
    text = sequences[0] if len(sequences) == 1 else np.concatenate(sequences)
    if options["order"] == "random":
        return RandomWindows(text, Growth(rows, most // length, epochs), length, seed)
    if most > least:
        raise PoetryError("--final_batch_chars: the steps of --order consecutive cannot grow")
    return Consecutive(text, rows, length, seed)


def _architecture(options: dict[str, Any], subject: Subject) -> Architecture:
    """Return the architecture that ``options`` (by name) ask for."""
    return choose_sizes(options["network"], len(subject.vocabulary), options)


def _first_model(
    command: click.Context, options: dict[str, Any], subject: Subject
) -> tuple[Network, Checkpoint | None]:
    """Return the model that a new run starts with, and the checkpoint it comes from, if any."""
    if options["init_from"] is not None and options["init_from"].is_dir():
        return _from_folder(command, options, subject), None
    architecture = _architecture(options, subject)
    if options["init_from"] is None:
        model = make_model(architecture, options["dropout"])
        model.initialise(options["seed"])
        return model, None
    loaded = checkpoint.load_model(options["init_from"], options["dropout"])
    words, wanted = loaded.vocabulary.words, subject.vocabulary.words
    if replace(loaded.model.architecture, vocabulary_size=len(wanted)) != architecture:
        raise PoetryError(
            f"{options['init_from']} is of other sizes: {describe(loaded.model.architecture)}; give these"
        )
    new = len(set(wanted) - set(words))
    if new:
        cli.say(f"{options['init_from']} lacks {new:,} of the {len(wanted):,} words; these begin anew")
    model = with_words(loaded.model, words, wanted, options["dropout"], options["seed"])
    return model, loaded


def _from_folder(command: click.Context, options: dict[str, Any], subject: Subject) -> Network:
    """Load the GPT-2 of a folder. Raises PoetryError where its tokens or sizes are not those asked for."""
    folder = options["init_from"]
    model = load_folder(folder, options["dropout"])
    known, wanted = model.architecture.vocabulary_size, len(subject.vocabulary)
    remedy = f"make {options['data_path']} with: python prepare.py --tokens {folder}"
    if known != wanted:
        raise PoetryError(f"{folder} has {known:,} tokens, {options['data_path']} {wanted:,}; {remedy}")
    if subject.vocabulary.words != bpe.Pieces.read_folder(folder).words:
        raise PoetryError(f"{folder} has other tokens than {options['data_path']}; {remedy}")
    for name, value in describe(model.architecture).items():
        if cli.is_given(command, name) and options[name] != value:
            raise PoetryError(f"--{name} {options[name]} contradicts {folder}, which has {value}")
    return model


def _make_run(
    trainer: Trainer,
    recorder: Recorder,
    folders: Folders,
    subject: Subject,
    own: Belongings,
    options: dict[str, Any],
) -> Run:
    return Run(
        trainer,
        recorder,
        Saver(
            options["checkpoint_dir"],
            trainer,
            own,
            60 * options["save_every_minutes"],
            options["keep"],
            options["half"],
        ),
        folders,
        lambda: subject.perplexities(trainer.model),
        lambda: subject.samples(trainer.model, options["seed"]),
        options["evaluate_every"],
    )


if __name__ == "__main__":
    train()

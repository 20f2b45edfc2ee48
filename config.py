"""Every option of the scripts, defined once: its default, its type and one line of help."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from poetry.base.errors import PoetryError
from poetry.base.folders import CHECKPOINTS, DOWNLOADS, LINE_INDEX, MODEL_FOLDERS  # noqa: F401
from poetry.base.parameters import Assignment, Count, Encoding, Number, Numbers, PathName
from poetry.composing.asked import LIMITS, UNKNOWN_GROUP, Asked
from poetry.composing.names import find_rhyme_group, form_or_tune
from poetry.verse.form import Form
from poetry.verse.tunes import Tune

SAMPLE = Path("work/sample_poem.npz")  # poems that the bundled model composed
TRIAL = f"--data_path {SAMPLE} --epoch 1 --checkpoint_dir work/trial --log_dir work/trial/logs"
COLUMNS = 125  # ids per poem in the data file
CI_COLUMNS = 256  # ids per ci
DYNASTIES = {"tang": ["tang"], "song": ["song"], "both": ["tang", "song"], "none": []}
SAMPLE_POEMS = 3  # poems composed after every epoch
SAMPLING = ("temperature", "top_k", "top_p")


def data_file(dynasty: str, ci: bool = False) -> str:
    """Return the default path of the data file of these poems."""
    if dynasty == "none":
        return "work/ci.npz"
    return f"work/{dynasty}_poem_and_ci.npz" if ci else f"work/{dynasty}_poem.npz"


@dataclass(frozen=True)
class Option:
    """A command-line option.

    With a boolean ``default`` it is a flag, with ``--no-`` too where that is True; with an empty tuple it may
    be repeated.
    """

    default: Any
    help: str
    type: Any = None


class FormName(click.ParamType):
    """The name of a form, English or Chinese, or of a tune, simplified or traditional."""

    name = "form"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Form | Tune:
        """Return the form or tune, or fail with click's error."""
        try:
            return value if isinstance(value, Form | Tune) else form_or_tune(value)
        except PoetryError as error:
            self.fail(str(error), param, ctx)


class RhymeGroup(click.ParamType):
    """A rhyme group of the 平水韵, by its character or its full name, simplified or traditional."""

    name = "group"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the group, or fail with click's error."""
        group = find_rhyme_group(value)
        if group is None:
            self.fail(f"{value!r} is {UNKNOWN_GROUP}.", param, ctx)
        return group


class Tokens(click.ParamType):
    """A kind of tokens, or a folder of a GPT-2 that defines them."""

    name = "char|word|folder"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | Path:
        """Return the kind or the folder, or fail with click's error."""
        if value in ("char", "word") or isinstance(value, Path):
            return value
        if not value or not Path(value).is_dir():
            self.fail(f"{value!r} is neither char nor word, nor is it a folder.", param, ctx)
        return Path(value)


FOLDER = PathName(path_type=Path, file_okay=False)
FILE = PathName(path_type=Path, dir_okay=False)
ANY_GROUP = RhymeGroup()
POSITIVE = Count(1)
SIZE = Count(1, 2**24 - 1)
RATE = Number(0, min_open=True)


def limited(name: str) -> click.ParamType:
    """Return the type of a numeric option, with its limits in LIMITS."""
    least, most, above = LIMITS[name]
    if isinstance(getattr(Asked, name, 0), float):
        return Number(least, most, min_open=above)
    return Count(least, most) if most >= 2**31 - 1 else click.IntRange(least, most)


# Published trainings of text models, as options of train.py, with the numbers of their sources.
RECIPES: dict[str, dict[str, Any]] = {
    "anime": {  # github.com/Arpan-Mishra/Anime-Generation-using-Deep-Learning, its LSTM of words
        "network": "lstm", "embedding_size": 100, "hidden_size": 512, "num_layers": 3, "dropout": 0.3,
        "order": "consecutive", "rows": 32, "seq_length": 30, "epoch": 15,
        "optimizer": "adam", "learning_rate": 1e-3, "schedule": "plateau", "warmup_steps": 0,
        "clip_norm": 2.0,
    },
    # F. Chollet, Deep Learning with Python, 8.1; here with all targets of a window and a cosine schedule
    "nietzsche": {
        "network": "lstm", "embedding_size": 0, "hidden_size": 128, "num_layers": 1, "dropout": 0.0,
        "order": "random", "rows": 128, "seq_length": 60, "epoch": 60,
        "optimizer": "rmsprop", "learning_rate": 1e-2, "schedule": "cosine", "warmup_steps": 0,
        "clip_norm": 1.0,
    },
    "shakespeare": {  # tensorflow.org/text/tutorials/text_generation
        "network": "gru", "embedding_size": 256, "hidden_size": 1024, "num_layers": 1, "dropout": 0.0,
        "order": "random", "rows": 64, "seq_length": 100, "epoch": 10,
        "optimizer": "adam", "learning_rate": 1e-3, "schedule": "constant", "warmup_steps": 0,
        "clip_norm": 1.0,
    },
    "lyrics": {  # Dive into Deep Learning, edition 1, 6.4: a plain RNN from scratch
        "network": "rnn", "embedding_size": 0, "hidden_size": 256, "num_layers": 1, "dropout": 0.0,
        "order": "consecutive", "rows": 32, "seq_length": 35, "epoch": 250, "evaluate_every": 50,
        "optimizer": "sgd", "learning_rate": 1e2, "schedule": "constant", "warmup_steps": 0,
        "clip_norm": 1e-2,
    },
}  # fmt: skip

OPTIONS = {
    # data
    "data_path": Option(
        data_file("tang"), "Data file of poems (of Song poems: work/song_poem.npz) or of a text.", FILE
    ),
    "source": Option(None, "Folder of chinese-poetry. Default: download it to work/.", FOLDER),
    "dynasty": Option("tang", "Whose poems.", click.Choice(list(DYNASTIES))),
    "ci": Option(False, "The ci of the Song too."),
    "headings": Option(False, "Keep title and name of form or tune before each poem, for themes and tunes."),
    "text": Option((), "Text files to learn from instead of poems: --text FILE [FILE …].", FILE),
    "csv": Option(None, "CSV whose documents are learned from.", FILE),
    "column": Option(None, "Column of --csv that holds them.", str),
    "encoding": Option(None, "Encoding of text files. Default: UTF-8, or UTF-16 by its mark.", Encoding()),
    "tokens": Option(
        "char", "What a text is parted into: char, word, or as the folder of a GPT-2 says.", Tokens()
    ),
    "lower": Option(False, "All of a text in lower case."),
    "min_words": Option(0, "Documents of --csv with fewer words are dropped.", Count(0)),
    "max_words": Option(0, "Documents of --csv with more words are dropped, 0: none.", Count(0)),
    "cut_at": Option((), "Documents of --csv end before this text; may be repeated.", str),
    "drop_with": Option((), "Documents of --csv with this text are dropped; may be repeated.", str),
    "drop_where": Option(
        (), "COLUMN=VALUE: rows of --csv with this value are dropped; may be repeated.", Assignment()
    ),
    "min_count": Option(
        None,
        "Poems with a character seen less often are dropped; in a text it is unknown, a word is spelled. "
        "Default: 2, of the characters of a text 1.",
        Count(1),
    ),
    "traditional": Option(Asked.traditional, "Traditional characters instead of simplified ones."),
    "vocabulary": Option(
        None, "Data file whose vocabulary is used and whose held-out lines are left out.", FILE
    ),
    # model
    "network": Option("lstm", "Kind of network.", click.Choice(["lstm", "gru", "rnn", "gpt"])),
    "embedding_size": Option(
        256,
        "Features of a character's embedding, 0: one-hot input (gpt: has none).",
        Count(0, 2**24 - 1),
    ),
    "hidden_size": Option(512, "Features of a layer.", SIZE),
    "num_layers": Option(3, "Layers.", click.IntRange(1, 16)),
    "heads": Option(8, "Attention heads of a layer (gpt).", SIZE),
    "context": Option(256, "Characters that are read at a time (gpt).", SIZE),
    "dropout": Option(0.35, "Share dropped after the embedding and each layer.", Number(0, 1, max_open=True)),
    # training
    "recipe": Option(
        None, "Options of a published training, where none are given.", click.Choice(list(RECIPES))
    ),
    "epoch": Option(20, "Epochs to train in all.", Count(1, 100_000)),
    "order": Option(
        None,
        "Texts of like length together, all from beginning to end, or windows of it. "
        "Default: length for poems, consecutive for a text.",
        click.Choice(["length", "consecutive", "random"]),
    ),
    "batch_chars": Option(2560, "Characters a step (order length).", Count(2)),
    "final_batch_chars": Option(
        None, "Characters a step at the end: steps grow evenly. Default: they do not grow.", Count(2)
    ),
    "rows": Option(32, "Places that a text is read in at once (orders consecutive, random).", POSITIVE),
    "seq_length": Option(64, "Characters of a row and step (orders consecutive, random).", POSITIVE),
    "optimizer": Option("adamw", "Optimiser.", click.Choice(["adamw", "muon", "adam", "rmsprop", "sgd"])),
    "learning_rate": Option(2e-3, "Peak learning rate.", RATE),
    "schedule": Option(
        "cosine",
        "Learning rate after the warm-up; plateau: halved when the held-out loss does not fall.",
        click.Choice(["cosine", "constant", "plateau"]),
    ),
    "warmup_steps": Option(400, "Steps over which the learning rate rises.", Count(0)),
    "weight_decay": Option(0.01, "Decoupled weight decay (adamw, muon).", Number(0)),
    "beta2": Option(0.99, "Adam's second decay rate.", Number(0, 1, min_open=True, max_open=True)),
    "clip_norm": Option(1.0, "Largest gradient norm, 0 for no clipping.", Number(0)),
    "init_from": Option(
        None,
        "Checkpoint, or folder of a GPT-2, whose weights training starts from.",
        PathName(path_type=Path),
    ),
    "checkpoint_dir": Option(CHECKPOINTS, "Folder of checkpoints.", FOLDER),
    "log_dir": Option("work/logs", "Folder of VisualDL records.", FOLDER),
    "evaluate_every": Option(1, "Epochs between checkpoints, held-out figures and samples.", POSITIVE),
    "plot_every": Option(20, "Batches between VisualDL records.", POSITIVE),
    "save_every_minutes": Option(10.0, "Minutes between training states.", RATE),
    "keep": Option(3, "Newest checkpoints kept; the best is kept too.", POSITIVE),
    "half": Option(False, "Checkpoints in half precision, to hand out."),
    "resume": Option(False, "Go on from the newest training state in --checkpoint_dir."),
    "sample_temperatures": Option(
        "0.2 0.5 1.0 1.2",
        'Temperatures of the texts written after every epoch, "" for none.',
        Numbers(Number(0, 100)),
    ),
    "sample_starts": Option((), "How they begin; may be repeated. Default: at random places.", str),
    # composing
    "start": Option(Asked.start, "How the poem or the text begins.", str),
    "length": Option(500, "Most tokens of a text.", Count(1)),
    "stop": Option(False, "End a text with a whole sentence."),
    "prefix": Option(Asked.prefix, "Verse that sets the mood; it is not printed.", str),
    "theme": Option(
        Asked.theme,
        'What the poem is about: one to four words, as "秋 思乡". '
        "Default: two are drawn, unless --start, --prefix or --acrostic is given.",
        str,
    ),
    "mood_strength": Option(
        Asked.mood_strength,
        "How much more --prefix and --theme count than by themselves, 0 for no more.",
        limited("mood_strength"),
    ),
    "acrostic": Option(Asked.acrostic, "Characters that open the lines, one each.", str),
    "couplet": Option(Asked.couplet, "Couplet 对联; its first line where it is to be answered.", str),
    "revise": Option(
        Asked.revise, "Poem to be revised: ？ for the characters that are to be found again.", str
    ),
    "form": Option(
        Asked.form.name,
        "Form: wujue 五绝, qijue 七绝, wulu 五律, qilu 七律, free, or a tune of ci, as 浣溪沙 (all of them: "
        "generate.py --forms); wupai 五排, qipai 七排 to check only.",
        FormName(),
    ),
    "rhyme": Option(
        Asked.rhyme, "Rhyme group of the form, as 东. Default: the first rhyme decides.", ANY_GROUP
    ),
    "tones": Option(Asked.tones, "Keep the form's level and oblique tones."),
    "title": Option(Asked.title, "Print the name of the form or tune above, and the theme."),
    "forms": Option(False, "List forms and tunes with lengths and patterns, and compose nothing."),
    "candidates": Option(
        Asked.candidates, "Drafts of a poem, of which the best is taken.", limited("candidates")
    ),
    "explain": Option(False, "Say on stderr what made each poem the best of its drafts."),
    "num": Option(1, "Poems or texts to compose.", POSITIVE),
    "temperature": Option(
        Asked.temperature, "Lower is safer, higher is bolder; 0 takes the likeliest.", limited("temperature")
    ),
    "top_k": Option(Asked.top_k, "Choose among the k likeliest characters, 0 for all.", limited("top_k")),
    "top_p": Option(Asked.top_p, "Choose among the likeliest that add up to this share.", limited("top_p")),
    "max_gen_len": Option(
        Asked.max_gen_len, "Most characters of free verse, marks counted.", limited("max_gen_len")
    ),
    "model_path": Option(
        None, "Checkpoint. Default: the newest in work/checkpoints, else work/pretrained.", FILE
    ),
    "export_dir": Option("work/exported", "Folder that the exported network is written to.", FOLDER),
    "json": Option(False, "JSON instead of text, an object a line."),
    # serving
    "host": Option("127.0.0.1", "Address that the page is served at; 0.0.0.0 is every one.", str),
    "port": Option(8000, "Port that it is served at, 0: any that is free.", click.IntRange(0, 65535)),
    "allow_host": Option((), "Name that the page may be called by; may be repeated.", str),
    "queue": Option(100, "Clients that may wait; more are refused for now.", click.IntRange(1, 10000)),
    # evaluating
    "poems": Option(False, "Compose --num poems in each form too, and compare with real ones."),
    "markdown": Option(False, "Tables in Markdown."),
    # checking
    "look": Option(None, "Characters whose tones and rhyme groups are shown.", str),
    "nearest": Option(None, "Line whose nearest lines of the 全唐诗 are shown.", str),
    "rhymes": Option(None, "Rhyme group that is listed, the commonest rhymes first.", ANY_GROUP),
    # everywhere
    "seed": Option(None, "Seed of all random choices. Default: drawn.", limited("seed")),
    "use_gpu": Option(False, "Use the GPU, if Paddle sees one."),
}


CORPUS = Option(  # the meaning of --source in check.py
    None,
    "Folder of chinese-poetry that --nearest reads.",
    FOLDER,
)
CHECKED_COUPLET = Option(None, "Couplet 对联.", str)  # the meaning of --couplet in check.py
KEPT_LINES = Option(  # the meaning of --keep in generate.py
    Asked.keep, 'Lines of --revise that stay, as "1 2 4"; all others are composed anew.', str
)


def defaults(*names: str) -> dict[str, Any]:
    """Return the defaults of the options ``names``, by name."""
    return {name: OPTIONS[name].default for name in names}


def options(*names: str, **defaults: Any) -> Callable[[Callable], Callable]:
    """Return a decorator that adds the options ``names`` to a command.

    ``defaults`` replaces their defaults, and removes "Default: …" from their help. An Option in ``defaults``
    replaces a whole option, one that means something else in this command.
    """

    def decorate(function: Callable) -> Callable:
        for name in reversed(names):
            other = defaults.get(name)
            option = other if isinstance(other, Option) else OPTIONS[name]
            default = option.default if option is other else defaults.get(name, option.default)
            flag = f"--{name}/--no-{name}" if option.default is True else f"--{name}"
            kind = {"is_flag": True} if isinstance(option.default, bool) else {"type": option.type}
            kind["multiple"] = option.default == ()
            shown = default is not None and default is not False and default != ()
            meaning = option.help if default is option.default else option.help.partition(" Default:")[0]
            function = click.option(flag, name, default=default, help=meaning, show_default=shown, **kind)(
                function
            )
        return function

    return decorate

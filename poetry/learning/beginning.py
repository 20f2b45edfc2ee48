"""The network that a new run starts with: drawn, taken from a checkpoint, or that of a GPT-2."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from poetry.base.errors import PoetryError
from poetry.learning import checkpoint
from poetry.learning.checkpoint import Checkpoint
from poetry.learning.gpt2 import load_folder
from poetry.learning.model import choose_sizes, describe, make_model
from poetry.learning.network import Network
from poetry.learning.transfer import with_words
from poetry.text import bpe
from poetry.text.vocabulary import Vocabulary


def first_model(
    options: dict[str, Any], vocabulary: Vocabulary, given: Collection[str], say: Callable[[str], None]
) -> tuple[Network, Checkpoint | None]:
    """Return the model that a new run starts with, and the checkpoint it comes from, if any.

    ``options``: those of train.py, by name; ``given``: the names of those on the command line. Raises
    PoetryError where what --init_from names cannot be read or does not fit the options or the vocabulary.
    """
    origin, dropout, seed = (options[name] for name in ("init_from", "dropout", "seed"))
    if origin is not None and origin.is_dir():
        return _from_folder(options, vocabulary, given), None
    architecture = choose_sizes(options["network"], len(vocabulary), options)
    if origin is None:
        model = make_model(architecture, dropout)
        model.initialise(seed)
        return model, None
    loaded = checkpoint.load_model(origin, dropout)
    words, wanted = loaded.vocabulary.words, vocabulary.words
    if replace(loaded.model.architecture, vocabulary_size=len(wanted)) != architecture:
        sizes = " ".join(f"--{name} {value}" for name, value in describe(loaded.model.architecture).items())
        raise PoetryError(f"{origin} is of other sizes; give these: {sizes}")
    new = len(set(wanted) - set(words))
    if new:
        say(f"{origin} lacks {new:,} of the {len(wanted):,} words; these begin anew")
    return with_words(loaded.model, words, wanted, dropout, seed), loaded


def _from_folder(options: dict[str, Any], vocabulary: Vocabulary, given: Collection[str]) -> Network:
    """Load the GPT-2 of a folder. Raises PoetryError where its tokens or sizes are not those asked for."""
    folder, data_path = options["init_from"], options["data_path"]
    model = load_folder(folder, options["dropout"])
    known, wanted = model.architecture.vocabulary_size, len(vocabulary)
    remedy = f"make {data_path} with: python prepare.py --tokens {folder}"
    if known != wanted:
        raise PoetryError(f"{folder} has {known:,} tokens, {data_path} {wanted:,}; {remedy}")
    if vocabulary.words != bpe.Pieces.read_folder(folder).words:
        raise PoetryError(f"{folder} has other tokens than {data_path}; {remedy}")
    for name, value in describe(model.architecture).items():
        if name in given and options[name] != value:
            raise PoetryError(f"--{name} {options[name]} contradicts {folder}, which has {value}")
    return model

"""The kinds of network, by name."""

from typing import Any

from poetry.base.errors import PoetryError
from poetry.learning.gpt import GPT
from poetry.learning.network import Architecture, Network
from poetry.learning.recurrent import Recurrent

KINDS: dict[str, type[Network]] = {"lstm": Recurrent, "gru": Recurrent, "rnn": Recurrent, "gpt": GPT}
_MAY_BE_ZERO = "embedding_size"


def choose_sizes(kind: str, vocabulary_size: int, sizes: dict[str, int]) -> Architecture:
    """Return the architecture of a kind, with those of ``sizes`` (by name) that this kind has.

    Raises PoetryError where the sizes do not fit one another.
    """
    none = dict.fromkeys(("embedding_size", "hidden_size", "num_layers"), 0)
    own = {name: sizes[name] for name in KINDS[kind].sizes}
    architecture = Architecture(vocabulary_size, kind=kind, **(none | own))
    check(architecture)
    return architecture


def check(architecture: Architecture) -> None:
    """Raise PoetryError unless the kind exists and can have these sizes."""
    if architecture.kind not in KINDS:
        raise PoetryError(f"there is no network {architecture.kind!r}; known are {', '.join(KINDS)}")
    network = KINDS[architecture.kind]
    for name, size in vars(architecture).items():
        if name == "kind":
            continue
        least = 0 if name == _MAY_BE_ZERO else 1
        most = 2**24 - 1 if name in network.sizes or name == "vocabulary_size" else 0
        if type(size) is not int or not min(least, most) <= size <= most:
            raise PoetryError(f"a network {architecture.kind} cannot have the {name} {size}")
    network.check(architecture)


def shapes(architecture: Architecture) -> dict[str, list[int]]:
    """The shape of every weight of a network, by name."""
    return KINDS[architecture.kind].shapes(architecture)


def make_model(architecture: Architecture, dropout: float = 0.0) -> Network:
    """Return a new network with the initial weights of Paddle."""
    return KINDS[architecture.kind](architecture, dropout)


def describe(architecture: Architecture) -> dict[str, Any]:
    """Return the kind and sizes of a network, by the names of the options of train.py."""
    names = KINDS[architecture.kind].sizes
    return {"network": architecture.kind} | {name: getattr(architecture, name) for name in names}

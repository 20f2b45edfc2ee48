"""Checkpoints (``model.params.N``) and training states (``training.state.N``, needed to resume).

Both are files as ``poetry.learning.container`` describes them.
"""

import contextlib
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from paddle import nn

from poetry.base.errors import PoetryError
from poetry.base.numbers import is_count, is_number
from poetry.learning import container
from poetry.learning import model as models
from poetry.learning.container import ADVICE, MODEL, STATE, is_finite
from poetry.learning.network import Architecture, Network
from poetry.text.kinds import restore
from poetry.text.vocabulary import Vocabulary

EXTRAS = ("lines",)  # tensors allowed beside the weights, packed as bytes by poetry.composing
_MODEL_NAME = re.compile(r"model\.params\.(\d+)")
_STATE_NAME = re.compile(r"training\.state\.(\d+)")
_MAX_LAYERS = 1000
LARGEST_WEIGHT = 1e6  # absolute; trained ones are below 1000. With larger ones sums of products overflow.


@dataclass(frozen=True)
class Provenance:
    """Where weights come from: the training data, the length of the training, the held-out perplexity.

    ``by_document``: each document of a text was read by itself, after an end-of-document token.
    """

    epoch: int = 0
    step: int = 0
    fingerprint: str = ""
    heldout_perplexity: dict[str, float] = field(default_factory=dict)
    by_document: bool = False


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model with all that composing needs. ``extras``: uint8 (N,) by name, one of EXTRAS.

    ``sha256``: of the checkpoint's bytes, hexadecimal; of an exported model that of the checkpoint it was
    made from.
    """

    path: Path
    model: Network
    vocabulary: Vocabulary
    provenance: Provenance
    extras: dict[str, np.ndarray]
    sha256: str


def model_path(folder: Path, epoch: int) -> Path:
    """The path of the checkpoint after ``epoch`` epochs."""
    return folder / f"model.params.{epoch}"


def state_path(folder: Path, step: int) -> Path:
    """The path of the training state after ``step`` steps."""
    return folder / f"training.state.{step}"


def list_models(folder: Path) -> list[Path]:
    """The checkpoints in ``folder``, newest first."""
    return _numbered(folder, _MODEL_NAME)


def newest_model(folders: Iterable[Path]) -> Path:
    """The newest checkpoint of the first of ``folders`` that holds any. Raises PoetryError when none does."""
    for folder in folders:
        if paths := list_models(folder):
            return paths[0]
    raise PoetryError(
        "there is no model yet; train one with: python prepare.py, then python train.py; "
        "or give one as --model_path"
    )


def list_states(folder: Path) -> list[Path]:
    """The training states in ``folder``, newest first."""
    return _numbered(folder, _STATE_NAME)


def _numbered(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    matches = ((pattern.fullmatch(path.name), path) for path in folder.glob("*"))
    numbered = [(int(match[1]), path) for match, path in matches if match]
    return [path for _, path in sorted(numbered, reverse=True)]


def save_model(
    path: Path,
    model: Network,
    vocabulary: Vocabulary,
    provenance: Provenance,
    extras: dict[str, np.ndarray],
    half: bool = False,
) -> None:
    """Write a checkpoint, whole or not at all; the same contents give the same bytes.

    ``extras``: uint8 (N,) by name, one of EXTRAS. ``half`` stores the weights as float16, which halves
    the size. Raises PoetryError when the file cannot be written or a weight is none (``are_weights``).
    """
    dtype = np.float16 if half else np.float32
    with np.errstate(over="ignore"):  # a value too large for float16 becomes infinite
        tensors = {name: tensor.numpy().astype(dtype) for name, tensor in model.weights().items()}
    bad = next((name for name, tensor in tensors.items() if not are_weights(tensor)), None)
    if bad is not None:
        raise PoetryError(f"cannot write {path}: {bad} has values that are no weights of {np.dtype(dtype)}")
    tensors |= extras
    container.write(path, tensors, {"format": MODEL, **describe(model.architecture, vocabulary, provenance)})


def describe(architecture: Architecture, vocabulary: Vocabulary, provenance: Provenance) -> dict[str, Any]:
    """Return the description of a model that a header holds, as plain data."""
    described = {
        "architecture": architecture.to_dict(),
        "vocabulary": vocabulary.words,
        "epoch": provenance.epoch,
        "step": provenance.step,
        "fingerprint": provenance.fingerprint,
        "heldout_perplexity": provenance.heldout_perplexity,
    }
    if provenance.by_document:
        described["by_document"] = True
    return described if vocabulary.spec is None else described | {"tokens": vocabulary.spec}


def load_model(path: Path, dropout: float = 0.0) -> Checkpoint:
    """Load a checkpoint.

    Raises PoetryError when the file is missing, truncated or not a checkpoint, or when its sizes,
    vocabulary or values do not fit.
    """
    tensors, header, sha256 = container.read(path, MODEL)
    architecture, vocabulary, provenance, extras = described(path, tensors, header)
    _check_shapes(path, tensors, architecture)
    with _undrawn():
        model = models.make_model(architecture, dropout)
    set_weights(model, tensors)
    return Checkpoint(path, model, vocabulary, provenance, extras, sha256)


def described(
    path: Path, tensors: dict[str, np.ndarray], header: dict[str, Any]
) -> tuple[Architecture, Vocabulary, Provenance, dict[str, np.ndarray]]:
    """Return the model that a file's header describes, and the extras, which are removed from ``tensors``.

    Raises PoetryError where the header does not describe a model.
    """
    advice = ADVICE[header["format"]]
    try:
        architecture = _architecture(header["architecture"])
        vocabulary = restore(header["vocabulary"], header.get("tokens"))
        provenance = _provenance(header)
        extras = _extras(tensors)
    except (KeyError, TypeError, ValueError, PoetryError) as error:
        raise PoetryError(f"{path}: its header does not describe a model ({error}){advice}") from None
    if len(vocabulary) != architecture.vocabulary_size:
        sizes = f"{len(vocabulary)} words do not fit a model of {architecture.vocabulary_size}"
        raise PoetryError(f"{path}: {sizes}{advice}")
    return architecture, vocabulary, provenance, extras


@contextlib.contextmanager
def _undrawn() -> Iterator[None]:
    """Make new networks start with zeros: drawing weights takes several times as long as reading them."""
    zeros = nn.initializer.Constant(0.0)
    nn.initializer.set_global_initializer(zeros, zeros)
    try:
        yield
    finally:
        nn.initializer.set_global_initializer(None)


def set_weights(model: Network, tensors: dict[str, np.ndarray]) -> None:
    """Copy ``tensors``, by parameter name, into ``model`` as float32."""
    for name, tensor in model.weights().items():
        tensor.set_value(tensors[name].astype(np.float32))


def heldout_perplexity(path: Path) -> float:
    """Return the held-out perplexity (all characters) stored in a checkpoint; infinity if there is none."""
    try:
        return _provenance(container.read_header(path, MODEL)).heldout_perplexity["all"]
    except (PoetryError, KeyError, ValueError):
        return math.inf


def save_state(path: Path, tensors: dict[str, np.ndarray], header: dict[str, Any]) -> None:
    """Write what resuming needs, whole or not at all.

    ``tensors``: float32, int64 or uint8; ``header``: plain data, where paths become text.
    """
    container.write(path, tensors, {"format": STATE, **header})


def load_state(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what ``save_state`` wrote. Raises PoetryError when the file is damaged."""
    tensors, header, _ = container.read(path, STATE)
    return tensors, header


def _architecture(sizes: dict[str, Any]) -> Architecture:
    architecture = Architecture(**sizes)
    models.check(architecture)
    if architecture.num_layers > _MAX_LAYERS:
        raise ValueError(f"it has more than {_MAX_LAYERS} layers")
    return architecture


def are_weights(tensor: np.ndarray) -> bool:
    """Return whether ``tensor`` is float32 or float16 and no value is larger than LARGEST_WEIGHT."""
    if tensor.dtype == np.float16:
        return is_finite(tensor)
    lowest, highest = tensor.min(initial=0), tensor.max(initial=0)
    return tensor.dtype == np.float32 and -LARGEST_WEIGHT <= lowest and highest <= LARGEST_WEIGHT


def _extras(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Remove the extras from ``tensors`` and return them. Raises ValueError unless they are bytes."""
    extras = {name: tensors.pop(name) for name in EXTRAS if name in tensors}
    if not all(tensor.dtype == np.uint8 and tensor.ndim == 1 for tensor in extras.values()):
        raise ValueError(f"its {', '.join(extras)} are not bytes")
    return extras


def _provenance(header: dict[str, Any]) -> Provenance:
    epoch, step, fingerprint = (header[name] for name in ("epoch", "step", "fingerprint"))
    perplexity, by_document = header["heldout_perplexity"], header.get("by_document", False)
    if not (is_count(epoch) and is_count(step)):
        raise ValueError("its epoch or step is no whole number")
    if not (type(fingerprint) is str and type(by_document) is bool):
        raise ValueError("it does not tell its data")
    if not isinstance(perplexity, dict) or not all(map(_is_perplexity, perplexity.values())):
        raise ValueError("its held-out perplexity is no number above 0")
    return Provenance(epoch, step, fingerprint, perplexity, by_document)


def _is_perplexity(value: Any) -> bool:
    return is_number(value) and value > 0


def _check_shapes(path: Path, tensors: dict[str, np.ndarray], architecture: Architecture) -> None:
    """Raise PoetryError unless the tensors fit ``architecture``; done before a model takes up memory."""
    expected = models.shapes(architecture)
    for name in sorted(expected.keys() | tensors.keys()):
        tensor = tensors.get(name)
        found = None if tensor is None else list(tensor.shape)
        is_half = tensor is not None and tensor.dtype == np.float16  # reading has found these finite
        if tensor is not None and not (is_half or are_weights(tensor)):
            raise PoetryError(
                f"{path}: {name} holds {tensor.dtype} numbers that are no weights{ADVICE[MODEL]}"
            )
        if found != expected.get(name):
            raise PoetryError(f"{path}: {name} is {found}, expected {expected.get(name)}{ADVICE[MODEL]}")

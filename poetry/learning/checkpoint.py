"""Checkpoints: one self-describing file, ``model.params.N``; and the files that resuming needs beside it.

Both are safetensors files (plain numbers, nothing that runs) whose header holds one JSON text.
"""

import contextlib
import functools
import hashlib
import json
import math
import os
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors
import safetensors.numpy
from paddle import nn

from poetry.base.errors import PoetryError
from poetry.base.files import atomic_write, open_plain
from poetry.learning import model as models
from poetry.learning.network import Architecture, Network
from poetry.text.kinds import restore
from poetry.text.vocabulary import Vocabulary

_HEADER = "poetry"
_MODEL = "poetry model 1"
EXTRAS = ("lines",)  # what may lie beside the weights, packed as bytes by who composes
_STATE = "poetry training state 1"
EXPORT = "poetry export 1"
_MODEL_NAME = re.compile(r"model\.params\.(\d+)")
_STATE_NAME = re.compile(r"training\.state\.(\d+)")
_MAX_LAYERS = 1000
_HALF_EXPONENT = np.uint16(0x7C00)  # all bits of a float16's exponent, set where it is not finite
_ANEW = {  # after an error
    _MODEL: "; train one with train.py or give another",
    _STATE: "",
    EXPORT: "; make it anew with export.py",
}


@dataclass(frozen=True)
class Provenance:
    """Where weights come from: what was trained on, how long, and how well it predicts what is held out.

    ``by_document``: the documents of a text were read one by one, each behind the end of another.
    """

    epoch: int = 0
    step: int = 0
    fingerprint: str = ""
    heldout_perplexity: dict[str, float] = field(default_factory=dict)
    by_document: bool = False


@dataclass(frozen=True)
class Checkpoint:
    """A model with all that composing needs; ``extras``: uint8 (N,) by name, one of EXTRAS.

    ``origin``: of a model that was exported, the SHA-256 of the checkpoint that it comes from.
    """

    path: Path
    model: Network
    vocabulary: Vocabulary
    provenance: Provenance
    extras: dict[str, np.ndarray]
    origin: str = ""

    @functools.cached_property
    def sha256(self) -> str:
        """The SHA-256 of the checkpoint's bytes, hexadecimal. Raises PoetryError where it is gone."""
        if self.origin:
            return self.origin
        with _opened(self.path, _MODEL) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


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

    ``extras``: uint8 (N,) by name, one of EXTRAS. ``half`` stores the weights as float16:
    half the size, to hand out. Raises PoetryError when it cannot be written or a weight is not finite.
    """
    dtype = np.float16 if half else np.float32
    with np.errstate(over="ignore"):  # what float16 cannot hold becomes infinite
        tensors = {name: tensor.numpy().astype(dtype) for name, tensor in model.weights().items()}
    bad = _not_finite(tensors)
    if bad is not None:
        raise PoetryError(f"cannot write {path}: {bad} has values that are no numbers of {np.dtype(dtype)}")
    tensors |= extras
    write(path, tensors, {"format": _MODEL, **describe(model.architecture, vocabulary, provenance)})


def describe(architecture: Architecture, vocabulary: Vocabulary, provenance: Provenance) -> dict[str, Any]:
    """What a header tells of a model, as plain data."""
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

    Raises PoetryError when the file is missing, cut or foreign, or when its sizes, vocabulary or values do
    not fit.
    """
    tensors, header = read(path, _MODEL)
    architecture, vocabulary, provenance, extras = described(path, tensors, header)
    _check_shapes(path, tensors, architecture)
    with _undrawn():
        model = models.make_model(architecture, dropout)
    set_weights(model, tensors)
    return Checkpoint(path, model, vocabulary, provenance, extras)


def described(
    path: Path, tensors: dict[str, np.ndarray], header: dict[str, Any]
) -> tuple[Architecture, Vocabulary, Provenance, dict[str, np.ndarray]]:
    """What the header of a file tells of its model, and the extras, taken out of its ``tensors``.

    Raises PoetryError where it tells of none.
    """
    anew = _ANEW[header["format"]]
    try:
        architecture = _architecture(header["architecture"])
        vocabulary = restore(header["vocabulary"], header.get("tokens"))
        provenance = _provenance(header)
        extras = _extras(tensors)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, PoetryError) as error:
        raise PoetryError(f"{path}: its header does not describe a model ({error}){anew}") from None
    if len(vocabulary) != architecture.vocabulary_size:
        sizes = f"{len(vocabulary)} words do not fit a model of {architecture.vocabulary_size}"
        raise PoetryError(f"{path}: {sizes}{anew}")
    return architecture, vocabulary, provenance, extras


@contextlib.contextmanager
def _undrawn() -> Iterator[None]:
    """Networks made within begin as zeros: drawing weights takes several times as long as reading them."""
    zeros = nn.initializer.Constant(0.0)
    nn.initializer.set_global_initializer(zeros, zeros)
    try:
        yield
    finally:
        nn.initializer.set_global_initializer(None)


def set_weights(model: Network, tensors: dict[str, np.ndarray]) -> None:
    """Put ``tensors``, by parameter name, into ``model`` as float32."""
    for name, tensor in model.weights().items():
        tensor.set_value(tensors[name].astype(np.float32))


def heldout_perplexity(path: Path) -> float:
    """The held-out perplexity (all characters) that a checkpoint names; infinite where it names none."""
    try:
        with _opened(path, _MODEL) as file:
            value = _header(file, path, _MODEL)["heldout_perplexity"]["all"]
        return float(value)
    except (PoetryError, KeyError, TypeError, ValueError, OverflowError):
        return float("inf")


def save_state(path: Path, tensors: dict[str, np.ndarray], header: dict[str, Any]) -> None:
    """Write what resuming needs: float32 ``tensors`` and plain data, paths as text; whole or not at all."""
    write(path, tensors, {"format": _STATE, **header})


def load_state(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what ``save_state`` wrote. Raises PoetryError when the file is damaged."""
    return read(path, _STATE)


def write(path: Path, tensors: dict[str, np.ndarray], header: dict[str, Any]) -> None:
    """Write a file, whole or not at all. ``header``: plain data, paths as text; "format" tells the kind."""
    text = json.dumps(header, ensure_ascii=False, sort_keys=True, default=os.fspath)
    content = safetensors.numpy.save(dict(sorted(tensors.items())), metadata={_HEADER: text})
    with atomic_write(path) as file:
        file.write(content)


@contextlib.contextmanager
def _opened(path: Path, kind: str) -> Iterator[BinaryIO]:
    try:
        with open_plain(path) as file:
            yield file
    except FileNotFoundError:
        raise PoetryError(f"{path} does not exist{_ANEW[kind]}") from None
    except OSError as error:
        raise PoetryError(f"cannot read {path}: {error.strerror}{_ANEW[kind]}") from None


def _header(file: BinaryIO, path: Path, kind: str) -> dict[str, Any]:
    """The JSON object in the header of a safetensors file, checked to be of ``kind``."""
    try:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > os.fstat(file.fileno()).st_size:
            raise ValueError("it is cut")
        metadata = json.loads(file.read(length))["__metadata__"]
        header = json.loads(metadata[_HEADER])
        if header["format"] != kind:
            raise ValueError(f"it is a {header['format']!r}, not a {kind!r}")
    except (ValueError, KeyError, TypeError, struct.error, RecursionError, MemoryError):
        raise PoetryError(
            f"{path} is no {kind.rpartition(' ')[0]} of this program, or is damaged{_ANEW[kind]}"
        ) from None
    return header


def read(path: Path, kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(tensors, header) of one file, opened once: another may take its name meanwhile.

    Raises PoetryError where it is missing, damaged or not of the ``kind``, one of those that this module
    names, or where a value is not finite.
    """
    with _opened(path, kind) as file:
        header = _header(file, path, kind)
        try:
            file.seek(0)
            tensors = safetensors.numpy.load(file.read())
        except KeyError as error:  # a type of numbers that NumPy lacks
            raise PoetryError(f"{path} holds {error} numbers; float32 and float16 are read") from None
        except (safetensors.SafetensorError, ValueError, MemoryError) as error:
            raise PoetryError(f"{path} is damaged ({error}){_ANEW[kind]}") from None
    bad = _not_finite(tensors)
    if bad is not None:
        raise PoetryError(f"{path}: {bad} holds values that are not finite{_ANEW[kind]}")
    return tensors, header


def _not_finite(tensors: dict[str, np.ndarray]) -> str | None:
    """The name of a tensor that holds a value that is not finite."""
    return next((name for name, tensor in tensors.items() if not _is_finite(tensor)), None)


def _is_finite(tensor: np.ndarray) -> bool:
    if tensor.dtype == np.float16:  # by its bits: numpy takes twenty times as long
        return bool(((tensor.view(np.uint16) & _HALF_EXPONENT) != _HALF_EXPONENT).all())
    return bool(np.isfinite(tensor).all())


def _architecture(sizes: dict[str, Any]) -> Architecture:
    architecture = Architecture(**sizes)
    models.check(architecture)
    if architecture.num_layers > _MAX_LAYERS:
        raise ValueError(f"it has more than {_MAX_LAYERS} layers")
    return architecture


def _extras(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The extras among the tensors of a file, taken out of these."""
    extras = {name: tensors.pop(name) for name in EXTRAS if name in tensors}
    if not all(tensor.dtype == np.uint8 and tensor.ndim == 1 for tensor in extras.values()):
        raise ValueError(f"its {', '.join(extras)} are not bytes")
    return extras


def _provenance(header: dict[str, Any]) -> Provenance:
    perplexity = {str(name): float(value) for name, value in header["heldout_perplexity"].items()}
    if not all(map(math.isfinite, perplexity.values())):
        raise ValueError("its held-out perplexity is no number")
    return Provenance(
        int(header["epoch"]),
        int(header["step"]),
        str(header["fingerprint"]),
        perplexity,
        bool(header.get("by_document", False)),
    )


def _check_shapes(path: Path, tensors: dict[str, np.ndarray], architecture: Architecture) -> None:
    """Compare the tensors of a file with those of ``architecture``, before memory is taken for a model."""
    expected = models.shapes(architecture)
    for name in sorted(expected.keys() | tensors.keys()):
        found = list(tensors[name].shape) if name in tensors else None
        if found is not None and tensors[name].dtype not in (np.float32, np.float16):
            raise PoetryError(f"{path}: {name} holds {tensors[name].dtype}, not weights{_ANEW[_MODEL]}")
        if found != expected.get(name):
            raise PoetryError(f"{path}: {name} is {found}, expected {expected.get(name)}{_ANEW[_MODEL]}")

"""Exported networks: one step of a network, with its state, as a program for Paddle's inference library.

An export is a folder of three files: the program and its weights, as ``paddle.jit.save`` writes them, and a
header with everything else that composing needs and the hashes of the other two.
"""

import hashlib
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import paddle
from paddle import inference, nn
from paddle.static import InputSpec

from poetry.base import runtime, signals
from poetry.base.errors import PoetryError
from poetry.base.files import atomic_writes, open_plain
from poetry.base.numbers import is_count
from poetry.learning import checkpoint, container
from poetry.learning.checkpoint import Checkpoint
from poetry.learning.container import EXPORT
from poetry.learning.network import Architecture, Network, State

HEADER = "step.header"
PROGRAM, WEIGHTS = FILES = ("step.json", "step.pdiparams")  # the names that jit.save gives to "step"

_LARGEST_PART = 2**24  # numbers in a part of a state

Shapes = list[list[list[int]]]  # of a state: the shape of every part of every layer, without the axis of rows


class Exported(Network):
    """An exported network. Its ``features`` are already the logits; it reads one id at a time.

    ``folder``: the folder of the program; ``shapes``: the shapes of its state. It cannot be trained and
    must not be run by two threads at once.
    """

    def __init__(self, architecture: Architecture, folder: Path, shapes: Shapes):
        super().__init__(architecture)
        self._shapes = shapes
        config = inference.Config(str(folder / PROGRAM), str(folder / WEIGHTS))
        config.disable_gpu()
        config.disable_glog_info()
        config.set_cpu_math_library_num_threads(runtime.math_threads())
        self._predictor = inference.create_predictor(config)

    def initial_state(self, rows: int) -> State:
        """Return zeros, which every network that can be exported starts with."""
        return [tuple(paddle.zeros([rows, *shape]) for shape in layer) for layer in self._shapes]

    def features(self, ids: paddle.Tensor, state: State | None = None) -> tuple[paddle.Tensor, State]:
        """Read ``ids`` (B, T) after ``state``; return (logits (B, T, vocabulary_size), new state)."""
        state = self.initial_state(ids.shape[0]) if state is None else state
        logits = []
        for step in range(ids.shape[1]):
            inputs = [ids[:, step : step + 1], *(part for layer in state for part in layer)]
            found, *parts = self._predictor.run([one.contiguous() for one in inputs])  # it ignores strides
            logits.append(found)
            rest = iter(parts)
            state = [tuple(next(rest) for _ in layer) for layer in self._shapes]
        return paddle.stack(logits, axis=1), state

    def output(self, features: paddle.Tensor) -> paddle.Tensor:
        """Return ``features``, which are the logits."""
        return features


class _Step(nn.Layer):
    def __init__(self, network: Network):
        super().__init__()
        self.network = network

    def forward(self, ids, state):
        return _step(self.network, ids, state)


@paddle.jit.not_to_static
def _step(network: Network, ids: paddle.Tensor, state: State) -> tuple[paddle.Tensor, State]:
    """Read one id per row (B, 1); return (logits (B, V), new state).

    ``not_to_static``: it runs as plain Python while the program is recorded.
    """
    logits, after = network(ids, state)
    return logits[:, 0], after


def save(folder: Path, loaded: Checkpoint) -> None:
    """Export a model to ``folder``: all files or, after an error, none of them.

    Raises PoetryError where this kind of network cannot be exported, where ``folder`` holds other files of
    the same names, or where a file cannot be written.
    """
    other = next((name for name in FILES if (folder / name).exists()), None)
    if other and not (folder / HEADER).exists():
        raise PoetryError(
            f"{folder / other} is no part of an export and is left untouched; give another folder"
        )
    network = loaded.model
    shapes = [[part.shape[1:] for part in layer] for layer in network.initial_state(1)]
    if any(0 in shape for layer in shapes for shape in layer):
        kind = network.architecture.kind
        raise PoetryError(
            f"a {kind} is not exported: what it remembers grows with what it reads; give another"
        )
    network.eval()
    contents = _recorded(network, shapes)
    header = {
        "format": EXPORT,
        **checkpoint.describe(network.architecture, loaded.vocabulary, loaded.provenance),
        "state": shapes,
        "origin": loaded.sha256,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    }
    contents[HEADER] = container.to_bytes(loaded.extras, header)
    with atomic_writes([folder / name for name in contents]) as files:
        for file, content in zip(files, contents.values(), strict=True):
            file.write(content)


def _recorded(network: Network, shapes: Shapes) -> dict[str, bytes]:
    """Record one step of ``network``, whose state has ``shapes``; return the contents of FILES, by name.

    Raises PoetryError where they cannot be written to the folder of temporary files. Paddle does not report
    a full disk, so the contents are checked.
    """
    ids = InputSpec([None, 1], "int64", "ids")
    state = [
        tuple(InputSpec([None, *shape], "float32", f"state.{number}.{ix}") for ix, shape in enumerate(layer))
        for number, layer in enumerate(shapes)
    ]
    with signals.waiting(), tempfile.TemporaryDirectory() as temporary:
        where = Path(temporary)  # Ctrl-C while Paddle records would give errors of its own or a crash
        try:
            paddle.jit.save(_Step(network), str(where / "step"), input_spec=[ids, state])
        except RuntimeError as error:
            if "Cannot open" not in str(error):
                raise
        contents = {name: (where / name).read_bytes() for name in FILES if (where / name).exists()}
    if not (
        _is_json(contents.get(PROGRAM, b"")) and len(contents.get(WEIGHTS, b"")) == _stored_size(network)
    ):
        raise PoetryError(
            f"cannot export: {tempfile.gettempdir()} has no room for the files that Paddle writes; "
            "make room there, or set TMPDIR to another folder"
        )
    return contents


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def _stored_size(network: Network) -> int:
    """Return the size of a whole file of weights, in bytes.

    Paddle stores for each weight 20 bytes, 2 for its type, its shape as varints with a byte before each, and
    its values in float32.
    """
    shapes = [tensor.shape for tensor in network.weights().values()]
    return sum(
        22 + sum(1 + math.ceil(size.bit_length() / 7) for size in shape) + 4 * math.prod(shape)
        for shape in shapes
    )


def load(folder: Path) -> Checkpoint:
    """Load an export. Raises PoetryError where a file is missing, damaged, or from another export."""
    path = folder / HEADER
    tensors, header, _ = container.read(path, EXPORT)
    architecture, vocabulary, provenance, extras = checkpoint.described(path, tensors, header)
    shapes, origin, files = (header.get(name) for name in ("state", "origin", "files"))
    if not (_are_shapes(shapes) and isinstance(origin, str) and isinstance(files, dict)):
        raise PoetryError(f"{path} does not tell of a state and of files; make it anew with export.py")
    for name in FILES:
        if _sha256(folder / name) != files.get(name):
            raise PoetryError(f"{folder / name} is damaged or of another export; make it anew with export.py")
    try:
        model = Exported(architecture, folder, shapes)
    except (RuntimeError, ValueError, IndexError, OSError):  # what Paddle raises, with messages of many lines
        raise PoetryError(
            f"{folder} holds no network that Paddle can load; make it anew with export.py"
        ) from None
    if not _runs(model):
        raise PoetryError(f"{path} does not fit the program beside it; make it anew with export.py")
    return Checkpoint(folder, model, vocabulary, provenance, extras, origin)


@paddle.no_grad()
def _runs(model: Exported) -> bool:
    """Whether one step gives finite logits for every word, and a state of the shapes of the one before."""
    before = model.initial_state(1)
    try:
        logits, after = model.features(paddle.zeros([1, 1], "int64"), before)
    except Exception:  # Paddle raises many kinds of errors
        return False
    sizes = [[[part.shape for part in layer] for layer in state] for state in (before, after)]
    return (
        sizes[0] == sizes[1]
        and logits.shape == [1, 1, model.architecture.vocabulary_size]
        and bool(paddle.isfinite(logits).all())
    )


def _are_shapes(value: Any) -> bool:
    """Return whether ``value`` is a valid ``Shapes``."""
    return isinstance(value, list) and all(
        isinstance(layer, list)
        and all(
            isinstance(shape, list) and all(map(is_count, shape)) and 0 < math.prod(shape) <= _LARGEST_PART
            for shape in layer
        )
        for layer in value
    )


def _sha256(path: Path) -> str:
    try:
        with open_plain(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PoetryError(f"cannot read {path}: {error.strerror}; make it anew with export.py") from None

"""Reads the weights of a GPT-2 from a local folder in Hugging Face format: model.safetensors, config.json."""

import json
import re
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from poetry.base.errors import PoetryError
from poetry.base.files import open_plain, read_text
from poetry.learning import checkpoint
from poetry.learning.model import check, make_model, shapes
from poetry.learning.network import Architecture, Network

WEIGHTS, CONFIG = "model.safetensors", "config.json"
_PREFIX = "transformer."
_UNUSED = re.compile(r"h\.\d+\.attn\.(masked_)?bias|lm_head\.weight")  # masks; the head is tied to wte
_HEAD_SIZE = 64  # of every published GPT-2


def load_folder(folder: Path, dropout: float = 0.0) -> Network:
    """Load the network of a folder. Its weights are stored as [inputs, outputs], as in Paddle.

    The number of heads is read from config.json; without that file a head has 64 features. Raises PoetryError
    when the weights or a tensor are missing, or when a tensor has a wrong shape, dtype or value.
    """
    path = folder / WEIGHTS
    try:
        open_plain(path).close()  # the library would wait for a pipe
        tensors = safetensors.numpy.load_file(path)
    except FileNotFoundError:
        raise PoetryError(
            f"{path} does not exist; --init_from takes a checkpoint or a GPT-2's folder"
        ) from None
    except (safetensors.SafetensorError, OSError, ValueError, KeyError, TypeError, MemoryError) as error:
        raise PoetryError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    tensors = {name.removeprefix(_PREFIX): tensor for name, tensor in tensors.items()}
    tensors = {name: tensor for name, tensor in tensors.items() if not _UNUSED.fullmatch(name)}
    architecture = _architecture(path, tensors, folder / CONFIG)
    for name, shape in shapes(architecture).items():
        found = list(tensors[name].shape) if name in tensors else None
        if found != shape:
            raise PoetryError(f"{path}: {name} is {found}, expected {shape}")
        if not checkpoint.are_weights(tensors[name]):
            raise PoetryError(f"{path}: {name} does not hold weights of float32 or float16")
    model = make_model(architecture, dropout)
    checkpoint.set_weights(model, tensors)
    return model


def _architecture(path: Path, tensors: dict[str, np.ndarray], config: Path) -> Architecture:
    for name in ("wte.weight", "wpe.weight"):
        if name not in tensors or tensors[name].ndim != 2:
            raise PoetryError(f"{path}: {name} is missing or no matrix; it holds no GPT-2")
    (words, width), (context, _) = tensors["wte.weight"].shape, tensors["wpe.weight"].shape
    layers = {name.split(".")[1] for name in tensors if name.startswith("h.")}
    heads = max(1, width // _HEAD_SIZE)
    if config.exists():
        try:
            heads = json.loads(read_text(config))["n_head"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            raise PoetryError(f"{config} does not tell n_head; mend it, or take it away") from None
    architecture = Architecture(words, 0, width, len(layers), "gpt", heads, context)
    check(architecture)
    return architecture

"""Files of tensors and one JSON text: what checkpoints, training states and exports are stored in.

They are safetensors files: plain numbers, no executable code. The JSON text is in their header. Its "format"
tells the kind of the file.
"""

import contextlib
import hashlib
import json
import os
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors
import safetensors.numpy

from poetry.base.errors import PoetryError
from poetry.base.files import atomic_write, open_plain

MODEL = "poetry model 1"
STATE = "poetry training state 1"
EXPORT = "poetry export 1"
ADVICE = {  # what ends an error message, by the kind of file
    MODEL: "; train one with train.py or give another",
    STATE: "",
    EXPORT: "; make it anew with export.py",
}
_HEADER = "poetry"  # the name of the JSON text in the metadata
_HALF_EXPONENT = np.uint16(0x7C00)  # exponent bits of a float16; all are set in infinities and NaN


def write(path: Path, tensors: dict[str, np.ndarray], header: dict[str, Any]) -> None:
    """Write a file, whole or not at all. Arguments as in ``to_bytes``."""
    content = to_bytes(tensors, header)
    with atomic_write(path) as file:
        file.write(content)


def to_bytes(tensors: dict[str, np.ndarray], header: dict[str, Any]) -> bytes:
    """Return the content of a file. ``header``: plain data; its "format" is the kind of file."""
    text = json.dumps(header, ensure_ascii=False, sort_keys=True, default=os.fspath)
    return safetensors.numpy.save(dict(sorted(tensors.items())), metadata={_HEADER: text})


def read(path: Path, kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any], str]:
    """Return (tensors, header, SHA-256 of all bytes, hexadecimal) of a file.

    The file is read once, because another one may be renamed to its path meanwhile. ``kind``: one of the
    formats named in this module. Raises PoetryError where the file is missing, damaged or of another kind,
    or where a value is not finite.
    """
    with opened(path, kind) as file:
        header = _header(file, path, kind)
        try:
            file.seek(0)
            content = file.read()
            with ThreadPoolExecutor(1) as pool:
                hashed = pool.submit(hashlib.sha256, content)
                tensors = safetensors.numpy.load(content)
                bad = next((name for name, tensor in tensors.items() if not is_finite(tensor)), None)
        except KeyError as error:  # a type of numbers that NumPy lacks
            raise PoetryError(f"{path} holds {error} numbers; float32 and float16 are read") from None
        except (safetensors.SafetensorError, ValueError, MemoryError) as error:
            raise PoetryError(f"{path} is damaged ({error}){ADVICE[kind]}") from None
    if bad is not None:
        raise PoetryError(f"{path}: {bad} holds values that are not finite{ADVICE[kind]}")
    return tensors, header, hashed.result().hexdigest()


def read_header(path: Path, kind: str) -> dict[str, Any]:
    """Return the header of a file without its tensors. Raises PoetryError as ``read`` does."""
    with opened(path, kind) as file:
        return _header(file, path, kind)


@contextlib.contextmanager
def opened(path: Path, kind: str) -> Iterator[BinaryIO]:
    """Open a file for reading. Raises PoetryError where it is missing or cannot be read."""
    try:
        with open_plain(path) as file:
            yield file
    except FileNotFoundError:
        raise PoetryError(f"{path} does not exist{ADVICE[kind]}") from None
    except OSError as error:
        raise PoetryError(f"cannot read {path}: {error.strerror}{ADVICE[kind]}") from None


def is_finite(tensor: np.ndarray) -> bool:
    """Return whether no value of ``tensor`` is infinite or NaN."""
    if tensor.dtype == np.float16:  # test the bits: np.isfinite takes twenty times as long
        return bool(((tensor.view(np.uint16) & _HALF_EXPONENT) != _HALF_EXPONENT).all())
    return bool(np.isfinite(tensor).all())


def _header(file: BinaryIO, path: Path, kind: str) -> dict[str, Any]:
    """Return the JSON object in a safetensors header. Raises PoetryError unless it is of ``kind``."""
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
            f"{path} is no {kind.rpartition(' ')[0]} of this program, or is damaged{ADVICE[kind]}"
        ) from None
    return header

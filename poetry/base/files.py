"""Files that are written whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from poetry.base.errors import PoetryError


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path``; on leaving, flush it to the disk and rename it to ``path``.

    Whatever fails, a full disk or a kill included, the file that stood at ``path`` before stays as
    it was. Raises PoetryError when the folder or the file cannot be written.
    """
    path = Path(path)
    if not path.name:
        raise PoetryError(f"cannot write {path}: it is a folder; give the name of a file")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or error
        raise PoetryError(f"cannot write {path}: {reason}; what stood there is untouched") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def remove_partial(folder: Path) -> None:
    """Remove what a killed ``atomic_write`` has left in ``folder``; none may be at work there."""
    for path in folder.glob(".*.[0-9]*.tmp"):
        path.unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Make ``folder`` if need be. Raises PoetryError when files cannot be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise PoetryError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error


def _sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` last through a power cut, where the file system offers it."""
    with contextlib.suppress(OSError):  # the file is in its place: on Windows and network shares that must do
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

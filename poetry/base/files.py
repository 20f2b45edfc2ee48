"""Write files completely or not at all, and read only regular files."""

import contextlib
import glob
import io
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from poetry.base.errors import PoetryError
from poetry.base.signals import removed_by_sigterm

_PARTIAL = re.compile(r"\..*\.(\d+)\.tmp")  # the name of a temporary file, with the process that wrote it


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path``; on exit, flush it to the disk and rename it to ``path``.

    After any failure, also a full disk or a killed process, the previous file at ``path`` is unchanged.
    SIGTERM removes the temporary file; temporary files of killed processes are removed too. A symbolic link
    is followed. Raises PoetryError if the folder or the file cannot be written, or if ``path`` exists and is
    not a regular file.
    """
    path = Path(path)
    if not path.name:
        raise PoetryError(f"cannot write {path}: it is a folder; give the name of a file")
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _check_replaceable(path, target)
        _remove_orphans(target)
        with removed_by_sigterm(temporary):
            with open(temporary, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        reason = error.strerror or error
        raise PoetryError(f"cannot write {path}: {reason}; what stood there is untouched") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def open_plain(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading. Raises OSError for anything else; never waits on a pipe or device."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "it is no plain file", os.fspath(path))
    return open(handle, "rb")


def read_text(path: str | os.PathLike[str]) -> str:
    """Return the text of a regular file in UTF-8. Raises OSError as ``open_plain`` does, and ValueError."""
    with io.TextIOWrapper(open_plain(path), encoding="utf-8") as file:
        return file.read()


def _check_replaceable(path: Path, target: Path) -> None:
    """Raise PoetryError if ``target`` exists and is not a regular file."""
    if target.is_symlink():  # realpath could not resolve it: a circle of links
        raise PoetryError(f"cannot write {path}: its links lead in a circle")
    if target.exists() and not target.is_file():
        what = "a folder" if target.is_dir() else "no plain file"
        raise PoetryError(f"cannot write {path}: it is {what}; give the name of a file")


def _remove_orphans(target: Path) -> None:
    """Remove the temporary files for ``target`` that killed processes have left."""
    for path in target.parent.glob(f".{glob.escape(target.name)}.*.tmp"):
        found = _PARTIAL.fullmatch(path.name)
        if found and not _is_running(int(found[1])):
            path.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    """Whether a process with this id exists; True where that cannot be determined."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def remove_partial(folder: Path) -> None:
    """Remove the temporary files of killed ``atomic_write`` calls in ``folder``.

    No process may be writing there meanwhile.
    """
    for path in folder.glob(".*.[0-9]*.tmp"):
        path.unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Raise PoetryError if ``folder``, which may not exist yet, could not be created or written to."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise PoetryError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error


def _sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power cut, where the file system supports it."""
    with contextlib.suppress(OSError):  # Windows and some network shares do not; the file is in place
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

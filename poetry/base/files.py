"""Write files completely or not at all, and read only regular files."""

import contextlib
import glob
import io
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from poetry.base import signals
from poetry.base.errors import PoetryError

_PARTIAL = re.compile(r"\..*\.(\d+)\.tmp")  # the name of a temporary file, with the process that wrote it


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path``; on exit, flush it to the disk and rename it to ``path``.

    Errors and signals as in ``atomic_writes``.
    """
    with atomic_writes([path]) as (file,):
        yield file


@contextlib.contextmanager
def atomic_writes(paths: Sequence[str | os.PathLike[str]]) -> Iterator[list[BinaryIO]]:
    """Open a temporary file beside each of ``paths``; on exit, flush all to the disk, then rename all.

    After any failure, also a full disk or a killed process, the previous files at ``paths`` are unchanged;
    only a kill -9 between two renames leaves new ones beside old ones. SIGTERM and SIGHUP remove the
    temporary files; those of killed processes are removed too. A symbolic link is followed. Raises
    PoetryError if a folder or a file cannot be written, or if one of ``paths`` exists and is not a regular
    file.
    """
    targets = [Path(os.path.realpath(path)) for path in paths]
    temporaries: list[Path] = []
    try:
        for path, target in zip(paths, targets, strict=True):
            _check_replaceable(Path(path), target)
            target.parent.mkdir(parents=True, exist_ok=True)
            _remove_orphans(target)
            temporaries.append(target.with_name(f".{target.name}.{os.getpid()}.tmp"))
        with signals.removed_when_killed(temporaries):
            with contextlib.ExitStack() as opened:
                files = [opened.enter_context(open(temporary, "wb")) for temporary in temporaries]
                yield files
                for file in files:
                    file.flush()
                    os.fsync(file.fileno())
            with signals.waiting():
                for temporary, target in zip(temporaries, targets, strict=True):
                    os.replace(temporary, target)
        for folder in {target.parent for target in targets}:
            _sync_folder(folder)
    except OSError as error:
        named = ", ".join(map(str, paths))
        reason = error.strerror or error
        raise PoetryError(f"cannot write {named}: {reason}; what stood there is untouched") from error
    finally:
        for temporary in temporaries:
            _remove(temporary)


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
    """Raise PoetryError if ``target``, to which ``path`` leads, is not the name of a regular file."""
    if not path.name:
        raise PoetryError(f"cannot write {path}: it is a folder; give the name of a file")
    if any(part.is_symlink() for part in (target, *target.parents)):  # realpath could not resolve it
        raise PoetryError(f"cannot write {path}: its links lead in a circle")
    if target.exists() and not target.is_file():
        what = "a folder" if target.is_dir() else "no plain file"
        raise PoetryError(f"cannot write {path}: it is {what}; give the name of a file")


def _remove_orphans(target: Path) -> None:
    """Remove the temporary files for ``target`` that killed processes have left."""
    for path in target.parent.glob(f".{glob.escape(target.name)}.*.tmp"):
        if _is_orphan(path):
            _remove(path)


def remove_partial(folder: Path) -> None:
    """Remove the temporary files that killed processes have left in ``folder``.

    Those of this process are removed too, because a killed one may have had its number. This process may not
    be writing there meanwhile.
    """
    for path in folder.glob(".*.tmp"):
        if _is_orphan(path) or path.name.endswith(f".{os.getpid()}.tmp"):
            _remove(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # a file that stays does no harm
        path.unlink()


def _is_orphan(path: Path) -> bool:
    """Whether ``path`` has the name of a temporary file whose process no longer runs."""
    found = _PARTIAL.fullmatch(path.name)
    return found is not None and not _is_running(int(found[1]))


def _is_running(process: int) -> bool:
    """Whether a process with this id exists; True where that cannot be determined."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):  # OverflowError: no system numbers processes so high
        return False
    except OSError:
        return True
    return True


def check_writable(folder: Path) -> None:
    """Raise PoetryError if ``folder``, which may not exist yet, could not be created or written to."""
    try:
        existing = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
        if existing.is_symlink() and not existing.exists():
            raise PoetryError(
                f"cannot write to {folder}: the link {existing} leads nowhere; choose another folder"
            )
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

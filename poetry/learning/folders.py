"""The folders of a run, of its checkpoints and of its records: checked to hold no other run, and locked."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from poetry.base.errors import PoetryError
from poetry.base.files import check_writable, remove_partial
from poetry.learning import checkpoint
from poetry.learning.records import RECORDS, run_of

LOCK = ".lock"  # locked while a run uses its folder


@dataclass(frozen=True)
class Folders:
    """The folders of the run ``run_id``.

    A resumed run has ``states``, the training states that its folder held when the newest was read, newest
    first, and ``recorded``, the folder in which its records were. A new run has neither.
    """

    checkpoints: Path
    records: Path
    run_id: str
    states: Sequence[Path] = ()
    recorded: Path | None = None

    def check(self) -> None:
        """Raise PoetryError where a folder holds anything of another run or cannot be written."""
        check_writable(self.checkpoints)
        self._check_checkpoints()
        check_writable(self.records)
        self._check_records()

    def has_records(self) -> bool:
        """Return whether the folder of records holds any."""
        return run_of(self.records) is not None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock both folders against other runs, and remove the temporary files of killed ones.

        The folders are checked again, because another run may have used them before the lock was taken.
        """
        both = {os.path.realpath(folder): folder for folder in (self.checkpoints, self.records)}
        with contextlib.ExitStack() as held:
            for folder in both.values():
                held.enter_context(_lock(folder))
            self.check()
            remove_partial(self.checkpoints)
            yield

    def _check_checkpoints(self) -> None:
        found = checkpoint.list_states(self.checkpoints)
        if self.states:
            if found != list(self.states):
                raise PoetryError(
                    f"another run has been at work in {self.checkpoints} meanwhile; start again"
                )
        elif found or checkpoint.list_models(self.checkpoints):
            raise PoetryError(
                f"{self.checkpoints} holds a run, which is left untouched; go on with it by --resume, "
                "or give another --checkpoint_dir and --log_dir, or move that folder away"
            )

    def _check_records(self) -> None:
        found = run_of(self.records)
        if found is None or (found and found == self.run_id):
            return
        if found == self.run_id and self.recorded and _is_same(self.recorded, self.records):
            return  # of an early version, whose runs had no id
        raise PoetryError(
            f"{self.records} holds the records of a run, which are left untouched; give another --log_dir, "
            "or move that folder away"
        )


def holds_run(folder: Path) -> bool:
    """Return whether ``folder`` holds checkpoints, training states, records or the lock of a run."""
    saved = checkpoint.list_states(folder) or checkpoint.list_models(folder)
    return bool(saved) or any((folder / name).exists() for name in (RECORDS, LOCK))


def _is_same(folder: Path, other: Path) -> bool:
    return os.path.realpath(folder) == os.path.realpath(other)


def _lock(folder: Path) -> contextlib.AbstractContextManager:
    """Lock a folder. Raises PoetryError where another run holds the lock or files cannot be written."""
    check_writable(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return FileLock(folder / LOCK, timeout=0).acquire()
    except Timeout:
        raise PoetryError(f"another run is at work in {folder}; wait for it, or stop it first") from None

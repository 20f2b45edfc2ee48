"""What a run keeps in its folder: checkpoints after every epoch, training states in between."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from poetry.base.errors import PoetryError
from poetry.base.files import check_writable
from poetry.learning import checkpoint
from poetry.learning.checkpoint import Provenance
from poetry.learning.trainer import Trainer, check_finite
from poetry.learning.training_state import position_of
from poetry.text.vocabulary import Vocabulary

LOCK = ".lock"  # held while a run is at work in its folder
_STATES_KEPT = 2


@dataclass(frozen=True)
class Belongings:
    """What checkpoints and states hold and training does not change.

    ``fingerprint``: of the data; ``extras``: uint8 (N,) by name, as in ``checkpoint.save_model``;
    ``options``: what the run was given, by name; ``run_id``: that of no other run; ``by_document``: as in
    Provenance.
    """

    vocabulary: Vocabulary
    fingerprint: str
    extras: dict[str, np.ndarray]
    options: dict[str, Any]
    run_id: str
    by_document: bool


class Saver:
    """Writes the checkpoints and states of ``trainer`` to ``folder``.

    ``every``: seconds between states; ``keep``: newest checkpoints kept beside the best; ``half``:
    checkpoints in float16. Only the first of several processes writes.
    """

    def __init__(
        self, folder: Path, trainer: Trainer, belongings: Belongings, every: float, keep: int, half: bool
    ):
        self.folder = folder
        self.trainer = trainer
        self.belongings = belongings
        self.every, self.keep, self.half = every, keep, half
        self._saved_at = time.monotonic()

    def is_due(self) -> bool:
        """Whether it is time for another state."""
        return time.monotonic() - self._saved_at > self.every

    def save_state(self, more: dict[str, np.ndarray], more_data: dict[str, Any]) -> None:
        """Write the training state with ``more`` tensors and plain data; the newest two are kept.

        Raises PoetryError when anything in it is not finite.
        """
        self._saved_at = time.monotonic()
        tensors, data = self.trainer.state()
        step = self.trainer.position.step
        check_finite(step, *(np.abs(tensor).max() for tensor in tensors.values()))  # the loss lags a step
        if self.trainer.rank > 0:
            return
        own = self.belongings
        tensors |= own.extras | more
        data |= more_data
        data |= {"options": own.options, "fingerprint": own.fingerprint, "run": own.run_id}
        data |= {"by_document": True} if own.by_document else {}
        checkpoint.save_state(checkpoint.state_path(self.folder, step), tensors, data)
        for path in checkpoint.list_states(self.folder)[_STATES_KEPT:]:
            _remove(path)

    def save_model(self, perplexities: dict[str, float]) -> Path:
        """Write the checkpoint of the epoch that has ended, with held-out ``perplexities``: its path."""
        position, own = self.trainer.position, self.belongings
        path = checkpoint.model_path(self.folder, position.epoch)
        provenance = Provenance(position.epoch, position.step, own.fingerprint, perplexities, own.by_document)
        checkpoint.save_model(path, self.trainer.model, own.vocabulary, provenance, own.extras, self.half)
        return path

    def remove_old(self) -> None:
        """Remove checkpoints but the newest and the best."""
        paths = checkpoint.list_models(self.folder)
        best = min(paths, key=checkpoint.heldout_perplexity)
        for path in paths[self.keep :]:
            if path != best:
                _remove(path)


def lock(folder: Path) -> contextlib.AbstractContextManager:
    """The lock of a folder. Raises PoetryError where another run holds it or files cannot be written."""
    check_writable(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return FileLock(folder / LOCK, timeout=0).acquire()
    except Timeout:
        raise PoetryError(f"another run is at work in {folder}; wait for it, or stop it first") from None


def _remove(path: Path) -> None:
    """Remove a file that is not needed, unless something holds it: no reason to end a training."""
    with contextlib.suppress(OSError):
        path.unlink()


def newest_state(folder: Path, warn: Callable[[str], None]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The newest sound training state in ``folder``: (tensors, plain data).

    A damaged one is named through ``warn`` and the one before it taken. Raises PoetryError when none is
    sound.
    """
    paths = checkpoint.list_states(folder)
    for path in paths:
        try:
            tensors, data = checkpoint.load_state(path)
            _check_plain(path, data)
            return tensors, data
        except PoetryError as error:
            warn(f"{error}; the state before it is taken" if path != paths[-1] else str(error))
    if paths:
        raise PoetryError(
            f"every training state in {folder} is damaged; start anew with another --checkpoint_dir"
        )
    raise PoetryError(f"{folder} holds no training state to resume; start without --resume")


def _check_plain(path: Path, data: dict[str, Any]) -> None:
    """Raise PoetryError where a state does not tell what it is a state of."""
    try:
        position_of(data)
        if not isinstance(data.get("options"), dict):
            raise PoetryError("it has no options")
        if data.get("by_document", True) is not True:
            raise PoetryError("it does not say how documents were read")
        if not isinstance(data.get("fingerprint"), str) or not isinstance(data.get("run", ""), str):
            raise PoetryError("it does not name its data and itself")
    except PoetryError as error:
        raise PoetryError(
            f"{path} is a training state of another version of this program, or is damaged: {error}"
        ) from None

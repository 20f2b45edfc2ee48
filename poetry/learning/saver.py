"""The files of a run in its folder: checkpoints after epochs, training states in between."""

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from poetry.learning import checkpoint
from poetry.learning.checkpoint import Provenance
from poetry.learning.trainer import Trainer, check_finite
from poetry.text.vocabulary import Vocabulary

_STATES_KEPT = 2


@dataclass(frozen=True)
class RunMetadata:
    """The contents of checkpoints and states that training does not change.

    ``fingerprint``: of the data; ``extras``: uint8 (N,) by name, as in ``checkpoint.save_model``;
    ``options``: of the run, by name; ``run_id``: unique to the run; ``by_document``: as in Provenance.
    """

    vocabulary: Vocabulary
    fingerprint: str
    extras: dict[str, np.ndarray]
    options: dict[str, Any]
    run_id: str
    by_document: bool


class Saver:
    """Writes the checkpoints and states of ``trainer`` to ``folder``.

    ``every``: seconds between states; ``keep``: number of newest checkpoints kept besides the best one;
    ``half``: write checkpoints in float16. Only the first of several processes writes.
    """

    def __init__(
        self, folder: Path, trainer: Trainer, metadata: RunMetadata, every: float, keep: int, half: bool
    ):
        self.folder = folder
        self.trainer = trainer
        self.metadata = metadata
        self.every, self.keep, self.half = every, keep, half
        self._saved_at = time.monotonic()

    def is_due(self) -> bool:
        """Return whether it is time for another state."""
        return time.monotonic() - self._saved_at > self.every

    def save_state(self, more: dict[str, np.ndarray], more_data: dict[str, Any]) -> None:
        """Write the training state with ``more`` tensors and ``more_data``; keep the newest two states.

        Raises PoetryError when a tensor of the trainer is not finite.
        """
        self._saved_at = time.monotonic()
        tensors, data = self.trainer.state()
        step = self.trainer.position.step
        check_finite(
            step, *(np.abs(tensor).max() for tensor in tensors.values())
        )  # the loss is that before the last update
        if self.trainer.rank > 0:
            return
        own = self.metadata
        tensors |= own.extras | more
        data |= more_data
        data |= {"options": own.options, "fingerprint": own.fingerprint, "run": own.run_id}
        data |= {"by_document": True} if own.by_document else {}
        checkpoint.save_state(checkpoint.state_path(self.folder, step), tensors, data)
        for path in checkpoint.list_states(self.folder)[_STATES_KEPT:]:
            _remove(path)

    def save_model(self, perplexities: dict[str, float]) -> Path:
        """Write the checkpoint of the epoch just ended, with held-out ``perplexities``; return its path."""
        position, own = self.trainer.position, self.metadata
        path = checkpoint.model_path(self.folder, position.epoch)
        provenance = Provenance(position.epoch, position.step, own.fingerprint, perplexities, own.by_document)
        checkpoint.save_model(path, self.trainer.model, own.vocabulary, provenance, own.extras, self.half)
        return path

    def remove_old(self) -> None:
        """Remove all checkpoints except the newest ``keep`` and the best."""
        paths = checkpoint.list_models(self.folder)
        best = min(paths, key=checkpoint.heldout_perplexity)
        for path in paths[self.keep :]:
            if path != best:
                _remove(path)


def _remove(path: Path) -> None:
    """Remove a file that is no longer needed; ignore errors, which are no reason to end a training."""
    with contextlib.suppress(OSError):
        path.unlink()

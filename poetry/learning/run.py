"""One training run in a folder: progress, VisualDL records, checkpoints, stopping and resuming."""

import contextlib
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from filelock import FileLock, Timeout
from paddle import distributed
from tqdm import tqdm
from visualdl import LogWriter

from poetry.base.errors import PoetryError
from poetry.base.files import check_writable, remove_partial
from poetry.learning import checkpoint
from poetry.learning.checkpoint import Provenance
from poetry.learning.trainer import StepResult, Trainer
from poetry.text.poem_vocabulary import PoemVocabulary

RECORDS = "vdlrecords.train.log"
LOCK = ".lock"  # held while a run is at work in its folder
_STATES_KEPT = 2


class Stopped(Exception):
    """The run was asked to stop and has saved its state; ``signal_number`` says by what."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.signal_number = signal_number


@dataclass(frozen=True)
class Surroundings:
    """Where a run writes and how often.

    ``plot_every``: batches between records; ``save_every``: seconds between training states; ``keep``: newest
    checkpoints kept beside the best; ``half``: checkpoints in float16.
    """

    checkpoints: Path
    logs: Path
    plot_every: int
    save_every: float
    keep: int
    half: bool


@dataclass
class Window:
    """What has been summed up since the last record."""

    losses: list[paddle.Tensor] = field(default_factory=list)
    characters: int = 0
    began: float = field(default_factory=time.perf_counter)


class Run:
    """Trains to the last epoch, telling and saving what happens.

    ``evaluate`` gives held-out perplexities by name, ``sample`` a few poems; ``options`` are shown as hparams
    and kept in the training state. Only the first of several processes writes.
    """

    def __init__(
        self,
        trainer: Trainer,
        vocabulary: PoemVocabulary,
        fingerprint: str,
        extras: dict[str, np.ndarray],
        surroundings: Surroundings,
        options: dict[str, Any],
        evaluate: Callable[[], dict[str, float]],
        sample: Callable[[], list[str]],
    ):
        self.trainer = trainer
        self.vocabulary = vocabulary
        self.fingerprint = fingerprint
        self.extras = extras
        self.where = surroundings
        self.options = options
        self.evaluate = evaluate
        self.sample = sample
        self.first = distributed.get_rank() == 0
        self._window = Window()
        self._saved_at = time.monotonic()
        self._signal = 0

    def train(self) -> None:
        """Train to the end.

        Raises Stopped after a signal, when the state is saved; PoetryError when the loss is no number, which
        is never saved, or when another run is at work in the folder.
        """
        with (
            self._alone(),
            self._writer() as self._log,
            self._progress() as self._bar,
            self._signals(),
        ):
            if self.trainer.position.step == 0:
                self.save_state()  # a run killed at any time can be resumed
            self._log_hparams()
            while self.trainer.position.epoch < self.trainer.recipe.epochs:
                if not self.trainer.run_epoch(self._after_step):
                    self.save_state()
                    raise Stopped(self._signal)
                self._end_epoch()

    def _after_step(self, result: StepResult) -> bool:
        """Take note of a step; True asks the trainer to stop."""
        position, window = self.trainer.position, self._window
        window.losses.append(result.loss)
        window.characters += result.characters
        self._bar.update()
        if position.step % self.where.plot_every == 0:
            self._plot(result)
        if time.monotonic() - self._saved_at > self.where.save_every:
            self.save_state()
        return self._asked_to_stop()

    def _asked_to_stop(self) -> bool:
        """Whether a signal has come to any of the processes, which have to stop after the same step."""
        if self.trainer.processes == 1:
            return bool(self._signal)
        asked = paddle.to_tensor(self._signal)
        distributed.all_reduce(asked, distributed.ReduceOp.MAX)
        agreed = int(asked)
        if agreed:  # a signal that comes only now is for the next step to tell
            self._signal = agreed
        return bool(agreed)

    def _plot(self, result: StepResult) -> None:
        window, step, loss = self._window, self.trainer.position.step, self._loss()
        seconds = time.perf_counter() - window.began
        perplexity = math.exp(min(700.0, loss))
        scalars = {
            "train/loss": loss,
            "train/perplexity": perplexity,
            "train/learning_rate": result.learning_rate,
            "train/gradient_norm": float(result.gradient_norm),
            "train/characters_per_second": window.characters / seconds,
        }
        self._add_scalars(scalars, step)
        self._bar.set_description(self._epoch(), refresh=False)
        self._bar.set_postfix_str(f"loss {loss:.3f}, perplexity {perplexity:.1f}")
        self._window = Window()

    def _epoch(self) -> str:
        """The current epoch as the progress bar names it."""
        epochs = self.trainer.recipe.epochs
        return f"epoch {min(self.trainer.position.epoch + 1, epochs)}/{epochs}"

    def _loss(self) -> float:
        """The mean loss of the open window, which is not empty, in nats a character."""
        loss = float(paddle.add_n(self._window.losses)) / self._window.characters
        self._check_finite(loss)
        return loss

    def _check_finite(self, *figures: float) -> None:
        """Raise PoetryError when training has diverged."""
        if not all(map(math.isfinite, figures)):
            raise PoetryError(
                f"the loss is not a number at step {self.trainer.position.step}; what was saved before is "
                "untouched: begin anew, in other folders, with a lower --learning_rate or with --clip_norm"
            )

    def _end_epoch(self) -> None:
        """Evaluate, show samples, save the checkpoint and the state, remove old ones."""
        if not self.first:
            return
        epoch, step = self.trainer.position.epoch, self.trainer.position.step
        figures = self.evaluate()
        self._check_finite(*figures.values())
        self._add_scalars({f"heldout/perplexity_{name}": value for name, value in figures.items()}, step)
        poems = self.sample()
        for number, poem in enumerate(poems, 1):
            self._log.add_text(f"samples/{number}", poem, step)
        path = checkpoint.model_path(self.where.checkpoints, epoch)
        provenance = Provenance(epoch, step, self.fingerprint, figures)
        checkpoint.save_model(
            path, self.trainer.model, self.vocabulary, provenance, self.extras, self.where.half
        )
        self.save_state()
        self._remove_old()
        self._bar.write(
            f"epoch {epoch}: held-out perplexity {figures['all']:.1f} "
            f"(without marks {figures['characters']:.1f}), saved {path}\n" + "\n\n".join([*poems, ""]),
            file=sys.stderr,
        )
        self._window = Window()

    def save_state(self) -> None:
        """Write the training state beside the checkpoints; the newest two are kept.

        Raises PoetryError when the loss or anything in the state is not finite.
        """
        if self._window.losses:
            self._loss()
        self._saved_at = time.monotonic()
        tensors, data = self.trainer.state()
        self._check_finite(*(np.abs(tensor).max() for tensor in tensors.values()))  # the loss lags a step
        if not self.first:
            return
        tensors |= self.extras
        data |= {"options": self.options, "fingerprint": self.fingerprint}
        checkpoint.save_state(
            checkpoint.state_path(self.where.checkpoints, data["position"]["step"]), tensors, data
        )
        for path in checkpoint.list_states(self.where.checkpoints)[_STATES_KEPT:]:
            _remove(path)

    def _remove_old(self) -> None:
        paths = checkpoint.list_models(self.where.checkpoints)
        best = min(paths, key=checkpoint.heldout_perplexity)
        for path in paths[self.where.keep :]:
            if path != best:
                _remove(path)

    def _log_hparams(self) -> None:
        if self.first and self.trainer.position.step == 0:
            values = {name: _plain(value) for name, value in self.options.items()}
            self._log.add_hparams(values, ["heldout/perplexity_all", "heldout/perplexity_characters"])

    def _add_scalars(self, scalars: dict[str, float], step: int) -> None:
        if self.first:
            for tag, value in scalars.items():
                self._log.add_scalar(tag, value, step)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other runs out of both folders, and clear what killed ones have left half written."""
        if not self.first:
            yield
            return
        folders = {folder.resolve(): folder for folder in (self.where.checkpoints, self.where.logs)}
        with contextlib.ExitStack() as held:
            for folder in folders.values():
                held.enter_context(_lock(folder))
            remove_partial(self.where.checkpoints)
            yield

    @contextlib.contextmanager
    def _writer(self) -> Iterator[LogWriter | None]:
        if not self.first:
            yield None
            return
        try:
            writer = LogWriter(logdir=str(self.where.logs), file_name=RECORDS, display_name="train")
        except OSError as error:
            raise PoetryError(f"cannot write records to {self.where.logs}: {error.strerror}") from None
        with writer:
            yield writer

    def _progress(self) -> tqdm:
        return tqdm(
            total=self.trainer.total_steps,
            initial=self.trainer.position.step,
            desc=self._epoch(),
            unit="batch",
            disable=not self.first,
            dynamic_ncols=True,
            file=sys.stderr,
        )

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Let Ctrl-C and SIGTERM end the current step first, so that the state can be saved."""

        def note(number: int, _frame: object) -> None:
            self._signal = number

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _lock(folder: Path) -> contextlib.AbstractContextManager:
    """The lock of a folder. Raises PoetryError where another run holds it or files cannot be written."""
    check_writable(folder)
    try:
        return FileLock(folder / LOCK, timeout=0).acquire()
    except Timeout:
        raise PoetryError(f"another run is at work in {folder}; wait for it, or stop it first") from None


def _remove(path: Path) -> None:
    """Remove a file that is not needed, unless something holds it: no reason to end a training."""
    with contextlib.suppress(OSError):
        path.unlink()


def _plain(value: Any) -> int | float | str:
    """``value`` as VisualDL's hparams take it: they fail on booleans and on paths."""
    return value if type(value) in (int, float, str) else str(value)


def newest_state(folder: Path, warn: Callable[[str], None]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The newest sound training state in ``folder``: (tensors, plain data).

    A damaged one is named through ``warn`` and the one before it taken. Raises PoetryError when none is
    sound.
    """
    paths = checkpoint.list_states(folder)
    for path in paths:
        try:
            tensors, data = checkpoint.load_state(path)
            if not all(isinstance(data.get(name), dict) for name in ("options", "position")):
                raise PoetryError(f"{path} is a training state of another version of this program")
            return tensors, data
        except PoetryError as error:
            warn(f"{error}; the state before it is taken" if path != paths[-1] else str(error))
    if paths:
        raise PoetryError(
            f"every training state in {folder} is damaged; start anew with another --checkpoint_dir"
        )
    raise PoetryError(f"{folder} holds no training state to resume; start without --resume")

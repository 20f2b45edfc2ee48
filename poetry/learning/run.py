"""One training run: drives the trainer, the recorder and the saver until the last epoch or a signal."""

import contextlib
import math
import signal
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import paddle
from paddle import distributed

from poetry.learning.folders import Folders
from poetry.learning.recorder import Recorder
from poetry.learning.saver import Saver
from poetry.learning.trainer import StepResult, Trainer, check_finite


class Stopped(Exception):
    """Raised when a run has saved its state and stopped after the signal ``signal_number``."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.signal_number = signal_number


class Run:
    """Trains to the last epoch, alone in its ``folders``.

    Every ``every`` epochs and after the last one, a checkpoint is saved; ``evaluate`` returns held-out
    perplexities by name, ``sample`` a few texts.
    """

    def __init__(
        self,
        trainer: Trainer,
        recorder: Recorder,
        saver: Saver,
        folders: Folders,
        evaluate: Callable[[], dict[str, float]],
        sample: Callable[[], list[str]],
        every: int = 1,
    ):
        self.trainer = trainer
        self.recorder = recorder
        self.saver = saver
        self.folders = folders
        self.evaluate = evaluate
        self.sample = sample
        self.every = every
        self._signal = 0

    def restore(
        self, tensors: dict[str, np.ndarray], data: dict[str, Any], say: Callable[[str], None]
    ) -> None:
        """Go on from a training state, and say where. Raises PoetryError unless it is one of such a run."""
        self.recorder.restore(tensors, data)
        self.trainer.restore(tensors, data)
        done = self.trainer.position
        if done.epoch < self.trainer.recipe.epochs:
            say(f"going on at epoch {done.epoch + 1}, step {done.step}")
        else:
            say(
                f"all {done.epoch} epochs are done; with a larger --epoch it goes on, at the learning rate "
                "that a run of so many has there"
            )

    def train(self) -> None:
        """Train to the end.

        Raises Stopped after a signal, once the state is saved; PoetryError when the loss is not finite (such
        a state is not saved) or when another run uses, or has used, one of the folders.
        """
        alone = self.folders.locked() if self.trainer.rank == 0 else contextlib.nullcontext()
        with alone, self._signals(), contextlib.ExitStack() as stack:
            if self.trainer.position.step == 0:
                self._save_state()  # first of all, so that a run killed at any time can be resumed
            stack.enter_context(self.recorder.opened(self.saver.metadata.options))
            while self.trainer.position.epoch < self.trainer.recipe.epochs:
                if not self.trainer.run_epoch(self._after_step):
                    self._save_state()
                    raise Stopped(self._signal)
                self._end_epoch()

    def _after_step(self, result: StepResult) -> bool:
        """Record a step and save the state when it is due; return True to stop the trainer."""
        self.recorder.note_step(result)
        if self.saver.is_due():
            self._save_state()
        return self._asked_to_stop()

    def _asked_to_stop(self) -> bool:
        """Return whether any process has received a signal; all of them must stop after the same step."""
        if self.trainer.processes == 1:
            return bool(self._signal)
        asked = paddle.to_tensor(self._signal)
        distributed.all_reduce(asked, distributed.ReduceOp.MAX)
        agreed = int(asked)
        if agreed:  # a signal that comes after all_reduce is left to the next step
            self._signal = agreed
        return bool(agreed)

    def _end_epoch(self) -> None:
        """If a checkpoint is due, evaluate, sample, save it and the state, and remove old checkpoints."""
        epoch = self.trainer.position.epoch
        if epoch % self.every and epoch < self.trainer.recipe.epochs:
            return
        if self.trainer.rank > 0:
            self.trainer.note_heldout(math.nan)  # the value comes from the first process
            return
        perplexities = self.evaluate()
        check_finite(self.trainer.position.step, *perplexities.values())
        self.trainer.note_heldout(math.log(perplexities["all"]))
        samples = self.sample()
        path = self.saver.save_model(perplexities)
        self.recorder.note_epoch(perplexities, samples, path)
        self._save_state()
        self.saver.remove_old()

    def _save_state(self) -> None:
        """Save the state. Raises PoetryError when the loss or anything in the state is not finite."""
        self.recorder.check()
        self.saver.save_state(*self.recorder.state())

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Let Ctrl-C, SIGTERM and a closed terminal (SIGHUP) stop the run only after the current step."""

        def note(number: int, _frame: object) -> None:
            self._signal = number

        numbers = [signal.SIGINT, signal.SIGTERM]
        closed = getattr(signal, "SIGHUP", None)  # missing on Windows; nohup ignores it
        if closed and signal.getsignal(closed) != signal.SIG_IGN:
            numbers.append(closed)
        before = {number: signal.signal(number, note) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

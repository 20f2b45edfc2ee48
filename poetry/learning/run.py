"""One training run: it drives the trainer, and has told and saved what happens, until the end or a signal."""

import contextlib
import math
import signal
from collections.abc import Callable, Iterator

import paddle
from paddle import distributed

from poetry.base.files import remove_partial
from poetry.learning.recorder import Recorder
from poetry.learning.saver import Saver, lock
from poetry.learning.trainer import StepResult, Trainer, check_finite


class Stopped(Exception):
    """The run was asked to stop and has saved its state; ``signal_number`` says by what."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.signal_number = signal_number


class Run:
    """Trains to the last epoch.

    Every ``every`` epochs and after the last, ``evaluate`` gives held-out perplexities by name, ``sample`` a
    few texts, and a checkpoint is saved.
    """

    def __init__(
        self,
        trainer: Trainer,
        recorder: Recorder,
        saver: Saver,
        evaluate: Callable[[], dict[str, float]],
        sample: Callable[[], list[str]],
        every: int = 1,
    ):
        self.trainer = trainer
        self.recorder = recorder
        self.saver = saver
        self.evaluate = evaluate
        self.sample = sample
        self.every = every
        self._signal = 0

    def train(self) -> None:
        """Train to the end.

        Raises Stopped after a signal, when the state is saved; PoetryError when the loss is no number, which
        is never saved, or when another run is at work in the folder.
        """
        with self._alone(), self._signals(), contextlib.ExitStack() as stack:
            if self.trainer.position.step == 0:
                self._save_state()  # before anything else: a run killed at any time can be resumed
            stack.enter_context(self.recorder.opened(self.saver.belongings.options))
            while self.trainer.position.epoch < self.trainer.recipe.epochs:
                if not self.trainer.run_epoch(self._after_step):
                    self._save_state()
                    raise Stopped(self._signal)
                self._end_epoch()

    def _after_step(self, result: StepResult) -> bool:
        """Take note of a step; True asks the trainer to stop."""
        self.recorder.note_step(result)
        if self.saver.is_due():
            self._save_state()
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

    def _end_epoch(self) -> None:
        """Evaluate, show samples, save the checkpoint and the state, remove old ones."""
        epoch = self.trainer.position.epoch
        if epoch % self.every and epoch < self.trainer.recipe.epochs:
            return
        if self.trainer.rank > 0:
            self.trainer.note_heldout(math.nan)  # the first process tells it
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
    def _alone(self) -> Iterator[None]:
        """Keep other runs out of both folders, and clear what killed ones have left half written."""
        if self.trainer.rank > 0:
            yield
            return
        folders = {folder.resolve(): folder for folder in (self.saver.folder, self.recorder.folder)}
        with contextlib.ExitStack() as held:
            for folder in folders.values():
                held.enter_context(lock(folder))
            remove_partial(self.saver.folder)
            yield

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Let Ctrl-C, SIGTERM and a closed terminal end the current step first, and the state be saved."""

        def note(number: int, _frame: object) -> None:
            self._signal = number

        numbers = [signal.SIGINT, signal.SIGTERM]
        closed = getattr(signal, "SIGHUP", None)  # not on Windows; nohup has it ignored
        if closed and signal.getsignal(closed) != signal.SIG_IGN:
            numbers.append(closed)
        before = {number: signal.signal(number, note) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

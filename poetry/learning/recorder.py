"""The output of a run: a progress bar on stderr, and VisualDL records in a folder."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from tqdm import tqdm

from poetry.base.errors import PoetryError
from poetry.base.numbers import is_count, is_number
from poetry.base.stderr import Stderr
from poetry.learning.losses import perplexity_of
from poetry.learning.records import Records, cut_after
from poetry.learning.trainer import StepResult, Trainer, check_finite

_LOSSES = "window/losses"  # name of the losses' tensor in a training state


@dataclass
class Window:
    """The summed loss in nats of each step since the last record; ``characters``: number of their targets.

    ``began``: when the window was opened (perf_counter, seconds). ``before``: how many of ``characters`` a
    resumed run had read before that; they do not count for the speed.
    """

    losses: list[paddle.Tensor] = field(default_factory=list)
    characters: int = 0
    before: int = 0
    began: float = field(default_factory=time.perf_counter)


@dataclass
class Sum:
    """The training loss since the last evaluation, without the open window: nats, number of targets."""

    loss: float = 0.0
    characters: int = 0


class Recorder:
    """Writes records of ``trainer`` to ``folder``, every ``every`` batches and after each evaluation.

    ``run_id``: stored in the records, to tell which run wrote them. ``warn`` is called when a record cannot
    be written. With ``characters_a_token``, losses are also given in bits per character, which are comparable
    between kinds of tokens. Only the first of several processes writes.
    """

    def __init__(
        self,
        folder: Path,
        trainer: Trainer,
        every: int,
        run_id: str,
        warn: Callable[[str], None],
        characters_a_token: float | None = None,
    ):
        self.folder = folder
        self.trainer = trainer
        self.every = every
        self._run_id, self._warn = run_id, warn
        self._characters_a_token = characters_a_token
        self._window = Window()
        self._sum = Sum()
        self._log: Records | None = None
        self._stderr = Stderr()

    @contextlib.contextmanager
    def opened(self, options: dict[str, Any]) -> Iterator[None]:
        """Open the records and show the progress bar within the context. A new file begins with ``options``.

        Records of later steps than the trainer's, which a killed run has left, are removed.
        """
        with self._writer(options) as self._log, self._progress() as self._bar:
            yield

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return (tensors, plain data) from which ``restore`` continues the open window."""
        losses = np.array([loss.numpy() for loss in self._window.losses], np.float32).reshape(-1)
        data = {"window": {"characters": self._window.characters, "sum": dict(vars(self._sum))}}
        return {_LOSSES: losses}, data

    def restore(self, tensors: dict[str, np.ndarray], data: dict[str, Any]) -> None:
        """Continue from the result of ``state``, whose tensor is removed from ``tensors``.

        Without it the window is empty. Raises PoetryError when it is not valid.
        """
        losses = tensors.pop(_LOSSES, np.zeros(0, np.float32))
        try:
            window = data.get("window", {"characters": 0, "sum": vars(Sum())})
            characters, total = window["characters"], Sum(**window["sum"])
            if losses.dtype != np.float32 or losses.ndim != 1:
                raise ValueError(f"{_LOSSES} is {losses.dtype} {losses.shape}")
            if not (is_count(characters) and is_count(total.characters)):
                raise ValueError("its numbers of characters are no counts")
            if not (is_number(total.loss) and total.loss >= 0):
                raise ValueError("its sum is no loss")
            if bool(characters) != bool(len(losses)):
                raise ValueError("its numbers do not fit")
        except (KeyError, TypeError, ValueError) as error:
            raise PoetryError(f"the training state has no sound window of records: {error}") from None
        self._window = Window([paddle.to_tensor(loss) for loss in losses], characters, characters)
        self._sum = total

    def note_step(self, result: StepResult) -> None:
        """Add a step to the window; write a record when one is due."""
        self._window.losses.append(result.loss)
        self._window.characters += result.characters
        self._bar.update()
        if self.trainer.position.step % self.every == 0:
            self._plot(result)

    def note_epoch(self, perplexities: dict[str, float], samples: list[str], path: Path) -> None:
        """Record the held-out ``perplexities`` and ``samples`` of an epoch, which is saved at ``path``."""
        step = self.trainer.position.step
        scalars = {f"heldout/perplexity_{name}": value for name, value in perplexities.items()}
        loss = math.log(perplexities["all"])
        self._add_scalars(scalars | {"heldout/loss": loss} | self._bits("heldout", loss), step)
        for number, sample in enumerate(samples, 1):
            self._log.add_text(f"samples/{number}", sample, step)
        self._close_window()
        told = f"epoch {self.trainer.position.epoch}: held-out {self._told(perplexities)}"
        if self._sum.characters:
            told += f", in training {self._sum.loss / self._sum.characters:.3f}"
        self._sum = Sum()
        self._bar.write("\n\n".join([f"{told}, saved {path}", *samples, ""]), file=self._stderr)

    def _told(self, perplexities: dict[str, float]) -> str:
        """Return the held-out perplexities as text."""
        told = f"perplexity {_short(perplexities['all'])}"
        if "characters" in perplexities:
            told += f" (without marks {_short(perplexities['characters'])})"
        if "words" in perplexities:
            told += f" (words with <unk> {_short(perplexities['words'])})"
        loss = math.log(perplexities["all"])
        for bits in self._bits("heldout", loss).values():
            told += f", {loss:.3f} nats a token, {bits:.3f} bits a character"
        return told

    def check(self) -> None:
        """Raise PoetryError when the loss since the last record is not finite."""
        if self._window.losses:
            self._loss()

    def _plot(self, result: StepResult) -> None:
        window, loss = self._window, self._loss()
        seconds = time.perf_counter() - window.began
        scalars = {
            "train/loss": loss,
            "train/perplexity": perplexity_of(loss),
            "train/learning_rate": result.learning_rate,
            "train/gradient_norm": float(result.gradient_norm),
            "train/characters_per_second": (window.characters - window.before) / seconds,
        }
        self._add_scalars(scalars | self._bits("train", loss), self.trainer.position.step)
        self._bar.set_description(self._epoch(), refresh=False)
        self._bar.set_postfix_str(f"loss {loss:.3f}, perplexity {_short(perplexity_of(loss))}")
        self._close_window()

    def _close_window(self) -> None:
        """Add the open window to the sum, and open another."""
        if self._window.losses:
            self._sum.loss += self._loss() * self._window.characters
            self._sum.characters += self._window.characters
        self._window = Window()

    def _loss(self) -> float:
        """Return the mean loss of the open window in nats per token. The window must not be empty."""
        loss = float(paddle.add_n(self._window.losses)) / self._window.characters
        check_finite(self.trainer.position.step, loss)
        return loss

    def _bits(self, side: str, loss: float) -> dict[str, float]:
        """Return {tag: a loss in nats per token as bits per character}; {} without ``characters_a_token``."""
        if self._characters_a_token is None:
            return {}
        return {f"{side}/bits_a_character": loss / math.log(2) / self._characters_a_token}

    def _epoch(self) -> str:
        """The current epoch as the progress bar names it."""
        epochs = self.trainer.recipe.epochs
        return f"epoch {min(self.trainer.position.epoch + 1, epochs)}/{epochs}"

    def _add_scalars(self, scalars: dict[str, float], step: int) -> None:
        if self._log:
            for tag, value in scalars.items():
                self._log.add_scalar(tag, value, step)

    @contextlib.contextmanager
    def _writer(self, options: dict[str, Any]) -> Iterator[Records | None]:
        if self.trainer.rank > 0:
            yield None
            return
        cut_after(self.folder, self.trainer.position.step)
        with Records(self.folder, self._run_id, self._warn) as records:
            if records.fresh:
                values = {name: _plain(value) for name, value in options.items()}
                kinds = ["all"] if self._characters_a_token else ["all", "characters"]
                records.add_hparams(values, [f"heldout/perplexity_{kind}" for kind in kinds])
            yield records

    def _progress(self) -> tqdm:
        return tqdm(
            total=self.trainer.total_steps,
            initial=self.trainer.position.step,
            desc=self._epoch(),
            unit="batch",
            disable=self.trainer.rank > 0,
            dynamic_ncols=True,
            file=self._stderr,
        )


def _short(perplexity: float) -> str:
    """Format with one decimal, below 20 with three."""
    return f"{perplexity:.1f}" if perplexity >= 20 else f"{perplexity:.3f}"


def _plain(value: Any) -> int | float | str:
    """Convert ``value`` for VisualDL's hparams, which fail on booleans and paths."""
    return value if type(value) in (int, float, str) else str(value)

"""What a run tells: a progress bar on stderr, and VisualDL records in a folder."""

import contextlib
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paddle
from tqdm import tqdm
from visualdl import LogWriter

from poetry.base.errors import PoetryError
from poetry.learning.trainer import StepResult, Trainer, check_finite

RECORDS = "vdlrecords.train.log"


@dataclass
class Window:
    """What has been summed up since the last record."""

    losses: list[paddle.Tensor] = field(default_factory=list)
    characters: int = 0
    began: float = field(default_factory=time.perf_counter)


class Recorder:
    """Records what ``trainer`` does in ``folder``, every ``every`` batches and after each epoch.

    With ``characters_a_token`` losses are told in bits a character too, which compare any two kinds of token.
    Only the first of several processes writes.
    """

    def __init__(self, folder: Path, trainer: Trainer, every: int, characters_a_token: float | None = None):
        self.folder = folder
        self.trainer = trainer
        self.every = every
        self.characters_a_token = characters_a_token
        self._window = Window()
        self._log: LogWriter | None = None

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """While the records are open and the progress bar stands."""
        with self._writer() as self._log, self._progress() as self._bar:
            yield

    def note_options(self, options: dict[str, Any]) -> None:
        """Record ``options`` as hparams."""
        if self._log:
            values = {name: _plain(value) for name, value in options.items()}
            kinds = ["all"] if self.characters_a_token else ["all", "characters"]
            self._log.add_hparams(values, [f"heldout/perplexity_{kind}" for kind in kinds])

    def note_step(self, result: StepResult) -> None:
        """Take note of a step."""
        self._window.losses.append(result.loss)
        self._window.characters += result.characters
        self._bar.update()
        if self.trainer.position.step % self.every == 0:
            self._plot(result)

    def note_epoch(self, perplexities: dict[str, float], samples: list[str], path: Path) -> None:
        """Record the held-out ``perplexities`` and ``samples`` of an epoch that is saved at ``path``."""
        epoch, step = self.trainer.position.epoch, self.trainer.position.step
        scalars = {f"heldout/perplexity_{name}": value for name, value in perplexities.items()}
        self._add_scalars(scalars | self._losses("heldout", math.log(perplexities["all"])), step)
        for number, sample in enumerate(samples, 1):
            self._log.add_text(f"samples/{number}", sample, step)
        self._bar.write(
            f"epoch {epoch}: held-out {self._told(perplexities)}, saved {path}\n"
            + "\n\n".join([*samples, ""]),
            file=sys.stderr,
        )
        self._window = Window()

    def _told(self, perplexities: dict[str, float]) -> str:
        """Held-out perplexities in words."""
        told = f"perplexity {perplexities['all']:.1f}"
        if "characters" in perplexities:
            told += f" (without marks {perplexities['characters']:.1f})"
        if "words" in perplexities:
            told += f" (words with <unk> {perplexities['words']:.1f})"
        if self.characters_a_token:
            nats, bits = self._losses("heldout", math.log(perplexities["all"])).values()
            told += f", {nats:.3f} nats a token, {bits:.3f} bits a character"
        return told

    def _losses(self, side: str, nats: float) -> dict[str, float]:
        """A loss in nats a token and bits a character, by tag; nothing where characters are not counted."""
        if self.characters_a_token is None:
            return {}
        bits = nats / math.log(2) / self.characters_a_token
        return {f"{side}/loss": nats, f"{side}/bits_a_character": bits}

    def check(self) -> None:
        """Raise PoetryError when the loss since the last record is not finite."""
        if self._window.losses:
            self._loss()

    def _plot(self, result: StepResult) -> None:
        window, loss = self._window, self._loss()
        perplexity = math.exp(min(700.0, loss))
        scalars = {
            "train/loss": loss,
            "train/perplexity": perplexity,
            "train/learning_rate": result.learning_rate,
            "train/gradient_norm": float(result.gradient_norm),
            "train/characters_per_second": window.characters / (time.perf_counter() - window.began),
        }
        self._add_scalars(scalars | self._losses("train", loss), self.trainer.position.step)
        self._bar.set_description(self._epoch(), refresh=False)
        self._bar.set_postfix_str(f"loss {loss:.3f}, perplexity {perplexity:.1f}")
        self._window = Window()

    def _loss(self) -> float:
        """The mean loss of the open window, which is not empty, in nats a character."""
        loss = float(paddle.add_n(self._window.losses)) / self._window.characters
        check_finite(self.trainer.position.step, loss)
        return loss

    def _epoch(self) -> str:
        """The current epoch as the progress bar names it."""
        epochs = self.trainer.recipe.epochs
        return f"epoch {min(self.trainer.position.epoch + 1, epochs)}/{epochs}"

    def _add_scalars(self, scalars: dict[str, float], step: int) -> None:
        if self._log:
            for tag, value in scalars.items():
                self._log.add_scalar(tag, value, step)

    @contextlib.contextmanager
    def _writer(self) -> Iterator[LogWriter | None]:
        if self.trainer.rank > 0:
            yield None
            return
        try:
            writer = LogWriter(logdir=str(self.folder), file_name=RECORDS, display_name="train")
        except OSError as error:
            raise PoetryError(f"cannot write records to {self.folder}: {error.strerror}") from None
        with writer:
            yield writer

    def _progress(self) -> tqdm:
        return tqdm(
            total=self.trainer.total_steps,
            initial=self.trainer.position.step,
            desc=self._epoch(),
            unit="batch",
            disable=self.trainer.rank > 0,
            dynamic_ncols=True,
            file=sys.stderr,
        )


def _plain(value: Any) -> int | float | str:
    """``value`` as VisualDL's hparams take it: they fail on booleans and on paths."""
    return value if type(value) in (int, float, str) else str(value)

"""The training subjects, poems or any text, behind one interface."""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from poetry.base.errors import PoetryError
from poetry.composing.generator import Generator
from poetry.composing.known import LINES, known_lines
from poetry.composing.plan import Plan
from poetry.composing.sampling import Sampling
from poetry.composing.writer import Writer
from poetry.learning.checkpoint import Checkpoint
from poetry.learning.losses import held_out_losses, perplexities, perplexity
from poetry.learning.network import Network
from poetry.text import poem_data
from poetry.text.dataset import Documents, Fixed
from poetry.text.headings import HeadedPoems
from poetry.text.poem_data import Dataset
from poetry.text.text_data import TextData
from poetry.text.vocabulary import Vocabulary
from poetry.verse.lines import LineSet

_MEASURED = 1 << 21  # tokens
_SAMPLE_LENGTH = 200  # tokens
_BEGINNING = 20  # tokens of the text that a sample continues, where no beginning is given


class Subject(Protocol):
    """What a run learns from: poems or a text.

    ``characters_a_token``: the mean over the held-out part, None where tokens are comparable between runs, as
    for poems; ``usual_order``: the default of --order in training; ``by_document``: as in Provenance.
    """

    vocabulary: Vocabulary
    fingerprint: str
    characters_a_token: float | None
    usual_order: str
    by_document: bool

    def summary(self) -> str:
        """Its size, in words."""

    def documents(self, seed: int) -> Documents:
        """The training part, as separate texts."""

    def sequences(self) -> list[np.ndarray]:
        """The training part as it is stored: ids."""

    def extras(self, before: Checkpoint | None) -> dict[str, np.ndarray]:
        """Arrays to store in checkpoints beside the weights; ``before``: where the run starts from."""

    def check_extras(self, extras: dict[str, np.ndarray]) -> None:
        """Raise PoetryError unless ``extras`` are of the kind that the method ``extras`` returns."""

    def perplexities(self, model: Network) -> dict[str, float]:
        """Held-out perplexities by name, "all" among them. Raises PoetryError where nothing is held out."""

    def samples(self, model: Network, seed: int) -> list[str]:
        """A few texts written by ``model``."""


class Poems:
    """The poems of a data file; ``count`` of them are composed as samples."""

    characters_a_token = None
    usual_order = "length"
    by_document = False

    def __init__(self, data: Dataset, plan: Plan, sampling: Sampling, count: int):
        self.data = data
        self.vocabulary = data.vocabulary
        self.fingerprint = data.fingerprint
        self._plan, self._sampling, self._count = plan, sampling, count

    @functools.cached_property
    def _sides(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        return poem_data.both_sides(self.data)

    def summary(self) -> str:
        """As in Subject."""
        training, held_out = self._sides
        return (
            f"{len(training):,} poems to train on, {len(held_out):,} held out, {len(self.vocabulary):,} words"
        )

    def documents(self, seed: int) -> Documents:
        """As in Subject: the poems, with headings where the data file has them."""
        if self.vocabulary.title is None:
            return Fixed(self._sides[0])
        return HeadedPoems(poem_data.headed_training_side(self.data), self.vocabulary, seed)

    def sequences(self) -> list[np.ndarray]:
        """As in Subject: the poems without headings."""
        return self._sides[0]

    def extras(self, before: Checkpoint | None) -> dict[str, np.ndarray]:
        """As in Subject: the lines of the poems."""
        lines = known_lines(before) if before is not None else LineSet.of([])
        lines |= LineSet.of(poem_data.lines(self._sides[0], self.vocabulary))
        return {LINES: lines.pack()}

    def check_extras(self, extras: dict[str, np.ndarray]) -> None:
        """As in Subject."""
        if extras.keys() != {LINES}:
            raise PoetryError("the training state lacks the lines of the poems; start anew, in other folders")
        LineSet.unpack(extras[LINES])

    def perplexities(self, model: Network) -> dict[str, float]:
        """As in Subject."""
        return perplexities(model, self._sides[1], self.vocabulary.unspoken_ids())

    def samples(self, model: Network, seed: int) -> list[str]:
        """As in Subject."""
        generator = Generator(model, self.vocabulary, self._sampling)
        return [poem.text for poem in generator.compose(self._plan, self._count, seed)]


@dataclass(frozen=True)
class Samples:
    """Which samples are written: one at each of ``temperatures`` from each of ``starts``.

    Without ``starts`` a place of the text is drawn.
    """

    temperatures: Sequence[float]
    starts: Sequence[str] = ()


class Text:
    """Any text. ``by_document``: whether its documents are read one by one."""

    usual_order = "consecutive"

    def __init__(self, data: TextData, samples: Samples, by_document: bool = False):
        self.data = data
        self.by_document = by_document
        self.vocabulary = data.vocabulary
        self.fingerprint = data.fingerprint
        self.characters_a_token = self.vocabulary.character_count(data.held_out) / len(data.held_out)
        self._temperatures = samples.temperatures
        self._starts = [self.vocabulary.read(start, "--sample_starts") for start in samples.starts]

    def summary(self) -> str:
        """As in Subject."""
        return (
            f"{len(self.data.training):,} tokens to train on, {len(self.data.held_out):,} held out, "
            f"{len(self.vocabulary):,} different ones"
        )

    def documents(self, seed: int) -> Documents:
        """As in Subject: the documents, each after the end token of the one before, so that its first id is a
        target too. Raises PoetryError where the text is not divided into documents.
        """
        if self.vocabulary.end is None:
            raise PoetryError("--order length is for documents; one text has --order consecutive or random")
        training, starts = self.data.training, self.data.starts[1:]
        edges = [*starts[starts < len(training)].tolist(), len(training)]
        first = np.insert(training[: edges[0]], 0, self.vocabulary.end)
        return Fixed([first, *(training[begin - 1 : end] for begin, end in itertools.pairwise(edges))])

    def sequences(self) -> list[np.ndarray]:
        """As in Subject: all of it in one array, which may be memory-mapped."""
        return [self.data.training]

    def extras(self, before: Checkpoint | None) -> dict[str, np.ndarray]:
        """As in Subject: nothing."""
        return {}

    def check_extras(self, extras: dict[str, np.ndarray]) -> None:
        """As in Subject."""
        if extras:
            raise PoetryError(f"the training state has {', '.join(extras)}, which a text has not")

    def perplexities(self, model: Network) -> dict[str, float]:
        """As in Subject: of "all" tokens, and, where some words are spelled, of "words", with <unk> but
        without the spelling.

        At most the first _MEASURED held-out tokens are measured.
        """
        first = self.data.held_out_from
        measured = self.data.ids[: first + _MEASURED]
        losses = held_out_losses(model, measured, first, self.vocabulary.beginning, self.by_document)
        spelled = self.vocabulary.spelling(measured[first:])
        kinds = {"all": losses} | ({"words": losses[~spelled]} if spelled.any() else {})
        return {name: perplexity(part) for name, part in kinds.items()}

    def samples(self, model: Network, seed: int) -> list[str]:
        """As in Subject."""
        starts = self._starts or [self._somewhere(seed)]
        texts = []
        for temperature in self._temperatures:
            writer = Writer(model, self.vocabulary, Sampling(temperature), self.by_document)
            for start in starts:
                written = "".join(writer.write(start, _SAMPLE_LENGTH, seed))
                texts.append(f"[{temperature:g}] {self.vocabulary.decode(start)}|{written}")
        return texts

    def _somewhere(self, seed: int) -> np.ndarray:
        """A few ids from a drawn place of the text; with ``by_document`` from the start of a document."""
        training, draws = self.data.training, np.random.default_rng(seed)
        if not self.by_document:
            place = int(draws.integers(0, max(1, len(training) - _BEGINNING)))
            return training[place : place + _BEGINNING]
        starts = self.data.starts[self.data.starts < len(training)]
        begun = training[draws.choice(starts) :][:_BEGINNING]
        ends = np.flatnonzero(begun == self.vocabulary.end)
        return begun[: ends[0]] if len(ends) else begun

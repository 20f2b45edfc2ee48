"""Writing text token by token with a model of any text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from poetry.composing.sampling import Sampling, choose
from poetry.learning import paddle
from poetry.learning.network import Network, State
from poetry.text.tokens import TextVocabulary

_SENTENCE_END = re.compile(r"""(?:[.!?]["'”’)\]]*(?=\s|$)|[。！？…][”’」』）]*)""")


@dataclass(frozen=True)
class Writer:
    """Writes with ``model``, whose vocabulary is ``vocabulary``; ``by_document``: as in Provenance."""

    model: Network
    vocabulary: TextVocabulary
    sampling: Sampling = field(default_factory=Sampling)
    by_document: bool = False

    def write(
        self, start: Sequence[int] | np.ndarray, length: int, seed: int, number: int = 0
    ) -> Iterator[str]:
        """Yield the text that continues the ids ``start``, piece by piece as it is written.

        It ends after ``length`` tokens, or at the end of its document. Without ``start`` it begins a
        document, or a line where the model knows none. Text ``number`` of a seed does not depend on others.
        """
        return self.vocabulary.pieces(self._ids(start, length, seed, number))

    def _ids(self, start: Sequence[int] | np.ndarray, length: int, seed: int, number: int) -> Iterator[int]:
        self.model.eval()
        unwanted = self.vocabulary.unwanted()
        numbers = np.array([number])
        read = list(start)
        if self.by_document or not read:
            read.insert(0, self.vocabulary.beginning)
        state = None
        for step in range(length):
            scores, state = self._read(read, state)
            scores[:, unwanted] = -np.inf
            chosen = int(choose(scores, self.sampling, seed, numbers, np.array([step]))[0])
            if chosen == self.vocabulary.end:
                return
            yield chosen
            read = [chosen]

    @paddle.no_grad()
    def _read(self, ids: list[int], state: State | None) -> tuple[np.ndarray, State]:
        """Scores (1, V) of what follows ``ids``, and the state after them."""
        features, state = self.model.features(paddle.to_tensor([ids], dtype="int64"), state)
        return self.model.output(features[:, -1]).numpy().astype(np.float64), state


def whole_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the text of ``pieces`` up to the last sentence end, as sentences end; all where none ends."""
    rest, ended = "", False
    for piece in pieces:
        rest += piece
        ends = [match.end() for match in _SENTENCE_END.finditer(rest) if match.end() < len(rest)]
        if ends:
            yield rest[: ends[-1]]
            rest, ended = rest[ends[-1] :], True
    last = [match.end() for match in _SENTENCE_END.finditer(rest)]
    if last or not ended:
        yield rest[: last[-1]] if last else rest

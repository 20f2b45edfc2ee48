"""The known lines stored in a checkpoint, so that composing does not copy a whole line."""

import functools

from poetry.base.errors import PoetryError
from poetry.learning.checkpoint import Checkpoint
from poetry.verse.lines import LineSet

LINES = "lines"  # their name among the extras of a checkpoint


@functools.lru_cache(maxsize=8)
def known_lines(loaded: Checkpoint) -> LineSet:
    """The lines that a model was trained on; an empty set where its checkpoint stores none.

    Raises PoetryError where they are damaged.
    """
    packed = loaded.extras.get(LINES)
    if packed is None:
        return LineSet.of([])
    try:
        return LineSet.unpack(packed)
    except PoetryError as error:
        raise PoetryError(f"{loaded.path}: {error}; train a model with train.py or give another") from None

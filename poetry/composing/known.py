"""The known lines that ride along in a checkpoint, so that composing does not copy one whole."""

from poetry.base.errors import PoetryError
from poetry.learning.checkpoint import Checkpoint
from poetry.verse.lines import LineSet

LINES = "lines"  # their name among the extras of a checkpoint


def known_lines(loaded: Checkpoint) -> LineSet:
    """The lines that a model was trained on; none where its checkpoint holds none.

    Raises PoetryError when they are damaged.
    """
    packed = loaded.extras.get(LINES)
    if packed is None:
        return LineSet.of([])
    try:
        return LineSet.unpack(packed)
    except PoetryError as error:
        raise PoetryError(f"{loaded.path}: {error}; train a model with train.py or give another") from None

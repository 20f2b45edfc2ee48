"""The way to stderr, which may end at any time: its reader leaves, its disk is full, its terminal closes."""

import os
import sys
from typing import Any


class Stderr:
    """``sys.stderr`` as it is at the moment; what cannot be written to it is lost, and raises nothing."""

    def write(self, text: str) -> int:
        """Write ``text``."""
        _try(lambda stream: stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush."""
        _try(lambda stream: stream.flush())

    def __getattr__(self, name: str) -> Any:
        """What else there is to know: the encoding, the terminal."""
        return getattr(sys.stderr, name)


def _try(action: Any) -> None:
    if sys.stderr is None:
        return
    try:
        action(sys.stderr)
    except (OSError, ValueError):
        _let_go()


def _let_go() -> None:
    """Let stderr lead nowhere from now on, so that what it still holds fails no more, at the end either."""
    try:
        number = sys.stderr.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
    except (OSError, ValueError):
        sys.stderr = None

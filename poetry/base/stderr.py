"""A stderr that may fail at any time: its reader ends, its disk is full, its terminal closes."""

import os
import sys
from typing import Any


class Stderr:
    """The current ``sys.stderr``; text that cannot be written is lost without an error."""

    def write(self, text: str) -> int:
        """Write ``text``."""
        _try(lambda stream: stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush."""
        _try(lambda stream: stream.flush())

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of ``sys.stderr``, such as its encoding."""
        return getattr(sys.stderr, name)


def _try(action: Any) -> None:
    if sys.stderr is None:
        return
    try:
        action(sys.stderr)
    except (OSError, ValueError):
        _let_go()


def _let_go() -> None:
    """Redirect stderr to the null device, so that flushing its buffer cannot fail later, also not at exit."""
    try:
        number = sys.stderr.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
    except (OSError, ValueError):
        sys.stderr = None

"""Ctrl-C and SIGTERM where they must not break into what is done: they wait, or clear up."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Both wait meanwhile, where the system can have them do so."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def removed_by_sigterm(path: Path) -> Iterator[None]:
    """SIGTERM meanwhile removes the file ``path``, if it is there, before it ends the process.

    Where someone waits for SIGTERM already, as a run does to save its state, it is left to them.
    """
    number = signal.SIGTERM
    in_main = threading.current_thread() is threading.main_thread()  # others set no handlers
    if not in_main or signal.getsignal(number) != signal.SIG_DFL:
        yield
        return

    def end(*_: object) -> None:
        with contextlib.suppress(OSError):
            path.unlink()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    signal.signal(number, end)
    try:
        yield
    finally:
        signal.signal(number, signal.SIG_DFL)

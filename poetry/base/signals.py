"""Handle Ctrl-C, SIGTERM and SIGHUP where they must not interrupt the work: delay them, or clean up first."""

import contextlib
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

KILLING = {signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])}  # Windows lacks SIGHUP
STOPPING = {signal.SIGINT, *KILLING}


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Block these signals inside the context, where the system supports that."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def removed_when_killed(paths: Sequence[Path]) -> Iterator[None]:
    """Inside the context, make SIGTERM and SIGHUP remove the files ``paths`` before they end the process.

    A signal that is ignored, or has a handler already, such as that of a training run, which saves its state,
    is left as it is.
    """
    if threading.current_thread() is not threading.main_thread():  # other threads cannot set handlers
        yield
        return

    def end(number: int, _frame: object) -> None:
        for path in paths:
            with contextlib.suppress(OSError):
                path.unlink()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    free = [number for number in KILLING if signal.getsignal(number) == signal.SIG_DFL]
    for number in free:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in free:
            signal.signal(number, signal.SIG_DFL)

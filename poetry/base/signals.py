"""Handle Ctrl-C and SIGTERM where they must not interrupt the work: delay them, or clean up first."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Block both signals inside the context, where the system supports that."""
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
    """Inside the context, make SIGTERM remove the file ``path``, if it exists, before it ends the process.

    If SIGTERM already has a handler, such as that of a training run, which saves its state, keep it.
    """
    number = signal.SIGTERM
    in_main = threading.current_thread() is threading.main_thread()  # other threads cannot set handlers
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

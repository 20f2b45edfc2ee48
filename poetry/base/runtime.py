"""Processor setup: threads and instruction set, set before Paddle computes anything; the choice of device.

Every import of the package loads this module, so it imports other modules only where they are needed.
"""

import os
import sys

TYPE_CHECKING = False  # type checkers recognise this name; importing ``typing`` would take time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

MKL_DISPATCH = "MKL_DEBUG_CPU_TYPE"
_CPU_INFO = "/proc/cpuinfo"
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # from malloc.h
_LARGEST_KEPT = 2**30  # bytes


def prepare() -> None:
    """Set environment variables for threads and instruction set, unless the user has set them.

    Paddle limits itself to one thread. Its maths library MKL has its own number of threads; on processors
    not made by Intel, it uses only SSE unless a variable selects AVX-512 or AVX2. Where the processor is
    unknown (macOS, Windows), the instruction set is left as it is.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        os.environ.setdefault("MKL_NUM_THREADS", str(_threads()))
    dispatch = mkl_dispatch(_read_cpu_info())
    if dispatch is not None:
        os.environ.setdefault(MKL_DISPATCH, dispatch)


def mkl_dispatch(cpu_info: str) -> str | None:
    """Return MKL_DEBUG_CPU_TYPE for the text of /proc/cpuinfo; None to leave it unset."""
    fields = dict(line.split(":", 1) for line in reversed(cpu_info.splitlines()) if ":" in line)
    values = {name.strip(): value.split() for name, value in fields.items()}
    flags = set(values.get("flags", []))
    if "GenuineIntel" in values.get("vendor_id", []) or "avx2" not in flags:
        return None
    return "7" if {"avx512f", "avx512bw", "avx512vl", "avx512dq"} <= flags else "5"


def math_threads() -> int:
    """Return the number of threads that matrix products use."""
    number = os.environ.get("MKL_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS", "")
    return int(number) if number.isdecimal() and int(number) else 1


def processor_name() -> str:
    """Return the processor's name, for reports."""
    for line in _read_cpu_info().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    import platform

    return platform.processor() or platform.machine()


def load_paddle() -> None:
    """Import Paddle with signals blocked meanwhile, and disable its signal handlers.

    The handlers print a stack trace, which can hang the process for good. The garbage collector is disabled
    during the import and ignores the imported objects afterwards: they all stay, and scanning them again and
    again, also at exit, takes a fifth of the import time. What Paddle prints on stderr (about the user's
    OMP_NUM_THREADS) is printed afterwards, because a stderr that cannot be written would end the import.
    """
    import contextlib
    import gc
    import io

    from poetry.base import signals
    from poetry.base.stderr import Stderr

    with signals.waiting(), contextlib.redirect_stderr(io.StringIO()) as printed:
        gc.disable()
        try:
            import paddle

            paddle.disable_signal_handler()
        finally:
            gc.freeze()
            gc.enable()
    Stderr().write(printed.getvalue())


def start(use_gpu: bool, warn: "Callable[[str], None]", seed: int = 0) -> str:
    """Set Paddle's device and seed; return the device's name ("cpu", "gpu:0").

    The GPU is used if ``use_gpu`` is set and one is found, else the CPU; ``warn`` is called if none is found.
    Under ``paddle.distributed.launch``, initialise the process group.
    """
    import paddle

    if not use_gpu:
        paddle.set_device("cpu")
    elif paddle.is_compiled_with_cuda() and paddle.device.cuda.device_count() > 0:
        paddle.set_device("gpu")
    else:
        warn("Paddle sees no GPU; going on with the CPU")
        paddle.set_device("cpu")
    if paddle.distributed.get_world_size() > 1:
        paddle.distributed.init_parallel_env()
    paddle.set_flags({"FLAGS_use_stride_kernel": False})  # else strided views have to be copied: slow
    paddle.seed(seed)
    return paddle.get_device()


def keep_memory() -> None:
    """Make glibc keep freed memory for later allocations; do nothing with other C libraries.

    By default, glibc returns large blocks to the system at once and requests them again, page by page, which
    takes up to a tenth of the time of training, and 60 ms of that of composing one poem.
    """
    import contextlib
    import ctypes

    with contextlib.suppress(AttributeError, OSError, TypeError):  # other libraries have no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        mallopt(_M_TRIM_THRESHOLD, _LARGEST_KEPT)


def leave(code: int) -> "NoReturn":
    """End this process with an exit code.

    If ``start`` initialised a process group, exit without destroying it: in Paddle 3.3, destroying it
    sometimes aborts if another process has already ended.
    """
    import contextlib

    import paddle

    if paddle.distributed.get_world_size() > 1:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def _threads() -> int:
    """Return the number of processors available, divided by the launcher's processes on this machine."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = os.environ.get("PADDLE_LOCAL_SIZE", "")
    return max(1, available // max(1, int(processes))) if processes.isdecimal() else available


def _read_cpu_info() -> str:
    try:
        with open(_CPU_INFO, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""

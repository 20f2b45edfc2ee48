"""The processor: threads and maths dispatch, set before Paddle computes anything; the choice of device.

It is loaded with the package, whatever is wanted of that, so it loads nothing itself until it is needed.
"""

import os
import sys

TYPE_CHECKING = False  # as type checkers know it; typing itself takes its time to load
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

MKL_DISPATCH = "MKL_DEBUG_CPU_TYPE"
_CPU_INFO = "/proc/cpuinfo"
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_LARGEST_KEPT = 2**30  # bytes


def prepare() -> None:
    """Set threads and maths dispatch in the environment, where the user has not.

    Paddle sets itself to one thread; its maths library takes a number of its own, and on processors not made
    by Intel falls back to SSE unless a switch selects AVX-512 or AVX2. Where the processor cannot be read
    (macOS, Windows) nothing is assumed of it.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        os.environ.setdefault("MKL_NUM_THREADS", str(_threads()))
    dispatch = mkl_dispatch(_read_cpu_info())
    if dispatch is not None:
        os.environ.setdefault(MKL_DISPATCH, dispatch)


def mkl_dispatch(cpu_info: str) -> str | None:
    """MKL_DEBUG_CPU_TYPE for a processor that /proc/cpuinfo describes so; None to leave it unset."""
    fields = dict(line.split(":", 1) for line in reversed(cpu_info.splitlines()) if ":" in line)
    values = {name.strip(): value.split() for name, value in fields.items()}
    flags = set(values.get("flags", []))
    if "GenuineIntel" in values.get("vendor_id", []) or "avx2" not in flags:
        return None
    return "7" if {"avx512f", "avx512bw", "avx512vl", "avx512dq"} <= flags else "5"


def math_threads() -> int:
    """The threads that products of matrices take."""
    number = os.environ.get("MKL_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS", "")
    return int(number) if number.isdecimal() and int(number) else 1


def processor_name() -> str:
    """The processor's name, for reports."""
    for line in _read_cpu_info().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    import platform

    return platform.processor() or platform.machine()


def load_paddle() -> None:
    """Import Paddle, signals waiting meanwhile, and take its signal handlers out.

    They print a stack from within the handler, which can hang the process for good. The garbage collector
    rests meanwhile and passes over what was made: all of it stays, and looking through it again and again, at
    the end of the process too, takes a fifth of the time of the import.
    """
    import gc

    from poetry.base import signals

    with signals.waiting():
        gc.disable()
        try:
            import paddle

            paddle.disable_signal_handler()
        finally:
            gc.freeze()
            gc.enable()


def start(use_gpu: bool, warn: "Callable[[str], None]", seed: int = 0) -> str:
    """Set Paddle's device and seed; the device's name ("cpu", "gpu:0").

    The GPU is taken if wanted and there, else the CPU; ``warn`` is told of one not found. Under
    ``paddle.distributed.launch`` the processes are joined.
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
    paddle.set_flags({"FLAGS_use_stride_kernel": False})  # strided views have to be copied, which is slow
    paddle.seed(seed)
    return paddle.get_device()


def keep_memory() -> None:
    """Have the C library keep freed memory for what is asked next, where it is glibc; else do nothing.

    As it is, it hands large pieces back to the system at once and gets them anew, page by page: up to a tenth
    of the time of training.
    """
    import contextlib
    import ctypes

    with contextlib.suppress(AttributeError, OSError, TypeError):  # other libraries have no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        mallopt(_M_TRIM_THRESHOLD, _LARGEST_KEPT)


def leave(code: int) -> "NoReturn":
    """End this process, which ``start`` may have joined to others, with an exit code.

    One of several ends without taking its process group down: in Paddle 3.3 that aborts now and then where
    another process has left before.
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
    """Processors that this process may use, shared with those that the launcher started on this machine."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = os.environ.get("PADDLE_LOCAL_SIZE", "")
    return max(1, available // max(1, int(processes))) if processes.isdecimal() else available


def _read_cpu_info() -> str:
    try:
        with open(_CPU_INFO, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""

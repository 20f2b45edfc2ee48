"""The processor: maths dispatch and threads, set before Paddle computes anything; and the choice of device.

Import this module, and call ``prepare_cpu``, before Paddle.
"""

import os
import platform
from collections.abc import Callable
from pathlib import Path

MKL_DISPATCH = "MKL_DEBUG_CPU_TYPE"
_CPU_INFO = Path("/proc/cpuinfo")


def prepare_cpu() -> None:
    """Set threads and maths dispatch in the environment, where the user has not.

    Paddle's CPU build brings a maths library that, on processors not made by Intel, falls back to SSE; its
    switch selects AVX-512 or AVX2 where the processor has them. Where the processor cannot be read (macOS,
    Windows) nothing is assumed.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(_threads()))
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


def processor_name() -> str:
    """The processor's name, for reports."""
    for line in _read_cpu_info().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def choose_device(use_gpu: bool, warn: Callable[[str], None]) -> None:
    """Set Paddle's device: the GPU if wanted and there, else the CPU; ``warn`` is told of one not found."""
    import paddle

    if use_gpu and paddle.is_compiled_with_cuda() and paddle.device.cuda.device_count() > 0:
        paddle.set_device("gpu")
        return
    if use_gpu:
        warn("Paddle sees no GPU; going on with the CPU")
    paddle.set_device("cpu")


def _threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_cpu_info() -> str:
    try:
        return _CPU_INFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""

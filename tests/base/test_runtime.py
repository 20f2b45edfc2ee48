import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from poetry.base import runtime
from poetry.base.runtime import MKL_DISPATCH, mkl_dispatch, prepare, processor_name, start

ROOT = Path(__file__).resolve().parents[2]
AVX512 = "avx2 avx512f avx512bw avx512vl avx512dq"


def cpu_info(vendor, flags, name="A Processor @ 3: GHz", processors=2):
    fields = {"processor": "0", "vendor_id": vendor, "model name": name, "flags": f"fpu {flags} sse4_2"}
    block = "".join(f"{field}\t: {value}\n" for field, value in fields.items()) + "bugs\t:\n"
    return "\n".join([block] * processors)


@pytest.mark.parametrize(("processes", "told"), [("1", "taken down"), ("2", "")])
def test_one_of_several_processes_leaves_without_taking_the_group_down(processes, told):
    code = (
        "import atexit, sys; from poetry.base import runtime\n"
        "atexit.register(print, 'taken down')\nsys.stdout.write('said ')\nruntime.leave(3)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PADDLE_TRAINERS_NUM": processes},
        capture_output=True,
        timeout=100,
    )
    assert (result.returncode, result.stdout.decode().strip()) == (3, f"said {told}".strip())


ARM = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (cpu_info("AuthenticAMD", AVX512), "7"),
        (cpu_info("AuthenticAMD", "avx2"), "5"),
        (cpu_info("AuthenticAMD", "avx2 avx512f"), "5"),  # half of it is not it
        (cpu_info("AuthenticAMD", AVX512.replace("avx512dq", "avx512_vnni")), "5"),
        (cpu_info("HygonGenuine", "avx2"), "5"),
        (cpu_info("AuthenticAMD", "avx"), None),
        (cpu_info("AuthenticAMD", "avx512f avx512bw avx512vl avx512dq"), None),
        (cpu_info("AuthenticAMD", ""), None),
        (cpu_info("GenuineIntel", "avx2"), None),
        (cpu_info("GenuineIntel", AVX512), None),
        (ARM, None),
        ("", None),
        ("nonsense\n:\n::\n", None),
    ],
)
def test_mkl_dispatch(text, expected):
    assert mkl_dispatch(text) == expected


def test_the_first_processor_counts():
    assert mkl_dispatch(cpu_info("AuthenticAMD", "avx2") + cpu_info("AuthenticAMD", "avx")) == "5"


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine to prepare: ``machine(cpu text or None, threads, **environment)`` is the environment then."""

    def prepared(text, threads=8, **environment):
        path = tmp_path / "cpuinfo"
        if text is not None:
            path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(runtime, "_CPU_INFO", path)
        monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(threads)), raising=False)
        monkeypatch.setattr(os, "environ", dict(environment))
        prepare()
        return os.environ

    return prepared


AMD = cpu_info("AuthenticAMD", "avx2")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {"MKL_NUM_THREADS": "8", MKL_DISPATCH: "5"}),
        # what the user has set stays, and stays alone
        ({"OMP_NUM_THREADS": "3"}, {"OMP_NUM_THREADS": "3", MKL_DISPATCH: "5"}),
        ({"MKL_NUM_THREADS": "3"}, {"MKL_NUM_THREADS": "3", MKL_DISPATCH: "5"}),
        ({MKL_DISPATCH: "4"}, {"MKL_NUM_THREADS": "8", MKL_DISPATCH: "4"}),
        ({MKL_DISPATCH: ""}, {"MKL_NUM_THREADS": "8", MKL_DISPATCH: ""}),
        # the processes of one machine share its processors
        (
            {"PADDLE_LOCAL_SIZE": "2"},
            {"PADDLE_LOCAL_SIZE": "2", "MKL_NUM_THREADS": "4", MKL_DISPATCH: "5"},
        ),
        (
            {"PADDLE_LOCAL_SIZE": "3"},
            {"PADDLE_LOCAL_SIZE": "3", "MKL_NUM_THREADS": "2", MKL_DISPATCH: "5"},
        ),
        (  # all the machines have 16
            {"PADDLE_LOCAL_SIZE": "4", "PADDLE_TRAINERS_NUM": "16"},
            {
                "PADDLE_LOCAL_SIZE": "4",
                "PADDLE_TRAINERS_NUM": "16",
                "MKL_NUM_THREADS": "2",
                MKL_DISPATCH: "5",
            },
        ),
        (
            {"PADDLE_LOCAL_SIZE": "99"},
            {"PADDLE_LOCAL_SIZE": "99", "MKL_NUM_THREADS": "1", MKL_DISPATCH: "5"},
        ),
    ],
)
def test_prepare(machine, environment, expected):
    assert machine(AMD, **environment) == expected


@pytest.mark.parametrize("number", ["", "0", "two"])
def test_a_senseless_number_of_processes_is_passed_over(machine, number):
    assert machine(AMD, PADDLE_LOCAL_SIZE=number)["MKL_NUM_THREADS"] == "8"


@pytest.mark.parametrize("text", [None, "", ARM, cpu_info("GenuineIntel", AVX512), "\ufffd\0"])
def test_nothing_is_assumed_of_other_processors(machine, text):
    assert machine(text) == {"MKL_NUM_THREADS": "8"}


def test_a_processor_description_that_cannot_be_read(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(runtime, "_CPU_INFO", tmp_path)  # a folder: reading it fails
    prepare()
    assert MKL_DISPATCH not in os.environ
    assert processor_name()


def test_threads_where_no_affinity_is_known(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "environ", {})
    for count, threads in ((6, "6"), (None, "1")):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        os.environ.clear()
        prepare()
        assert os.environ["MKL_NUM_THREADS"] == threads


def test_the_processors_name(machine):
    machine(AMD)
    assert processor_name() == "A Processor @ 3: GHz"


def test_the_package_prepares_before_paddle_is_there():
    code = "import poetry, os, sys; print('paddle' in sys.modules, *map(os.environ.get, sys.argv[1:]))"
    names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS"]
    for given, expected in (
        ({"OMP_NUM_THREADS": "3"}, "False 3 None"),
        ({"MKL_NUM_THREADS": "2"}, "False None 2"),
    ):
        environment = {name: value for name, value in os.environ.items() if name not in names} | given
        run = [sys.executable, "-c", code, *names]
        result = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        assert result.stdout.split() == expected.split()


# The device: a stand-in for Paddle that notes what it is asked.


class Paddle(SimpleNamespace):
    def __init__(self, gpus=0, built_for_gpu=True, processes=1):
        self.calls = []
        super().__init__(
            set_device=lambda name: self.calls.append(name),
            seed=lambda seed: self.calls.append(seed),
            set_flags=lambda flags: self.calls.append(flags),
            is_compiled_with_cuda=lambda: built_for_gpu,
            device=SimpleNamespace(cuda=SimpleNamespace(device_count=lambda: gpus)),
            distributed=SimpleNamespace(
                get_world_size=lambda: processes, init_parallel_env=lambda: self.calls.append("joined")
            ),
            get_device=lambda: "gpu:0" if "gpu" in self.calls else "cpu",
        )


@pytest.mark.parametrize(
    ("paddle", "use_gpu", "calls", "warnings"),
    [
        (Paddle(gpus=1), False, ["cpu", 7], 0),
        (Paddle(gpus=1), True, ["gpu", 7], 0),
        (Paddle(gpus=0), True, ["cpu", 7], 1),
        (Paddle(gpus=1, built_for_gpu=False), True, ["cpu", 7], 1),
        (Paddle(gpus=2, processes=2), True, ["gpu", "joined", 7], 0),
        (Paddle(processes=2), False, ["cpu", "joined", 7], 0),
    ],
)
def test_start(monkeypatch, paddle, use_gpu, calls, warnings):
    monkeypatch.setitem(sys.modules, "paddle", paddle)
    said = []
    assert start(use_gpu, said.append, seed=7) == ("gpu:0" if "gpu" in calls else "cpu")
    assert paddle.calls == [*calls[:-1], {"FLAGS_use_stride_kernel": False}, calls[-1]]
    assert len(said) == warnings and all("GPU" in line and "\n" not in line for line in said)

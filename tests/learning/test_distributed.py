"""Two processes train what one trains, under Paddle's own launcher and with what that tells them."""

import os
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from conftest import FEW_WARMUP, ROOT, SMALL, first_record, train_small
from paddle import distributed

from poetry.learning import checkpoint
from poetry.learning.run import Run


def test_two_processes_reach_the_perplexity_of_one(small_npz, tmp_path):
    options = ["--epoch", "2", "--dropout", "0", "--plot_every", "1"]
    alone = train_small(small_npz, tmp_path / "one", *options)
    assert alone.exit_code == 0, alone.output
    folder = tmp_path / "two"
    launch = ["-m", "paddle.distributed.launch", "--nproc_per_node=2", "--backend=gloo"]
    launch += ["--log_dir", tmp_path / "log", ROOT / "train.py"]
    where = ["--checkpoint_dir", folder / "checkpoints", "--log_dir", folder / "logs"]
    command = [sys.executable, *launch, "--data_path", small_npz, *where]
    result = subprocess.run(
        [*map(str, command), *SMALL, *FEW_WARMUP, *options],
        cwd=tmp_path,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        timeout=150,
    )
    assert result.returncode == 0, result.stdout.decode() + result.stderr.decode()
    one, two = (
        checkpoint.heldout_perplexity(run / "checkpoints" / "model.params.2")
        for run in (tmp_path / "one", folder)
    )
    assert two == pytest.approx(one, rel=0.01)
    for tag in ("train/loss", "train/gradient_norm"):  # Adam makes up for gradients of a wrong scale
        alone, shared = first_record(tmp_path / "one" / "logs", tag), first_record(folder / "logs", tag)
        assert shared == pytest.approx(alone, rel=1e-4), tag
    first = checkpoint.load_model(tmp_path / "one" / "checkpoints" / "model.params.1").provenance
    assert checkpoint.load_model(folder / "checkpoints" / "model.params.1").provenance.step == first.step


def test_a_signal_that_comes_while_the_processes_agree_is_not_lost(monkeypatch):
    one = object.__new__(Run)
    one.trainer, one._signal = SimpleNamespace(processes=2), 0

    def all_reduce(tensor, operation):
        one._signal = signal.SIGTERM

    monkeypatch.setattr(distributed, "all_reduce", all_reduce)
    assert not one._asked_to_stop()  # the others have not been told of it
    assert one._asked_to_stop() and one._signal == signal.SIGTERM


def free_address() -> str:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listening.getsockname()[1]}"


def test_a_signal_to_one_process_stops_both_after_the_same_step(small_npz, tmp_path):
    folder, addresses = tmp_path / "checkpoints", [free_address(), free_address()]
    arguments = ["--data_path", small_npz, "--checkpoint_dir", folder, "--log_dir", tmp_path / "logs"]
    arguments += [*SMALL, *FEW_WARMUP, "--epoch", "10000", "--save_every_minutes", "0.001"]
    both = [
        subprocess.Popen(
            [sys.executable, *map(str, [ROOT / "train.py", *arguments])],
            env={
                **os.environ,
                "CUDA_VISIBLE_DEVICES": "",
                "PADDLE_MASTER": addresses[0],
                "PADDLE_TRAINER_ID": str(rank),
                "PADDLE_TRAINERS_NUM": "2",
                "PADDLE_LOCAL_SIZE": "2",
                "PADDLE_TRAINER_ENDPOINTS": ",".join(addresses),
                "PADDLE_CURRENT_ENDPOINT": addresses[rank],
                "PADDLE_DISTRI_BACKEND": "gloo",
            },
            stderr=subprocess.PIPE,
        )
        for rank in (0, 1)
    ]
    try:
        deadline = time.monotonic() + 120
        while not checkpoint.list_models(folder) and time.monotonic() < deadline:
            time.sleep(0.05)
        both[1].send_signal(signal.SIGTERM)
        errors = [process.communicate(timeout=60)[1].decode() for process in both]
    finally:
        for process in both:
            process.kill()
    assert [process.returncode for process in both] == [128 + signal.SIGTERM] * 2, errors
    assert all("stopped and saved" in error and "Traceback" not in error for error in errors)

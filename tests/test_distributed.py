"""Two processes under Paddle's own launcher train what one trains."""

import os
import subprocess
import sys

import pytest
from conftest import FEW_WARMUP, ROOT, SMALL, first_record, train_small

from poetry import checkpoint


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

"""Replicas with Ray Serve, if it is installed."""

import subprocess
import sys

import pytest
from conftest import ROOT

pytest.importorskip("ray")


@pytest.mark.cluster
def test_a_replica_may_be_killed_and_no_request_is_lost():
    script = [sys.executable, "benchmarks/cluster.py", "--num", "18", "--clients", "6", "--candidates", "2"]
    result = subprocess.run(script, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    seen, poems, lost = result.stdout.splitlines()[-3:]
    assert seen == "replicas that were seen composing: 2; killed: 1"
    assert poems.endswith("requests that failed and were put again: 0 {}")
    assert lost == "lost: 0; not as one composer composes them: 0"

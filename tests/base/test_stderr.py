import subprocess
import sys

import pytest
from conftest import ROOT

TELLING = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from poetry.base.cli import say
from poetry.base.stderr import Stderr
for _ in range(300):
    say("a line that nobody reads")
    Stderr().write("x" * 1000)
    Stderr().flush()
print("done")
"""


@pytest.mark.parametrize("way", ["2>/dev/full", "2>&-", "2> >(head -c 100 >/dev/null)", "2>/dev/null"])
def test_a_stderr_that_cannot_be_written_ends_nothing(way):
    command = ["bash", "-c", f'"{sys.executable}" -c "$0" {way}', TELLING]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr


def test_what_can_be_written_is(capsys):
    from poetry.base.cli import say
    from poetry.base.stderr import Stderr

    say("a line")
    Stderr().write("another")
    assert capsys.readouterr().err == "a line\nanother"

"""What several tests need: the small corpus of this project's own verse, and a small model trained on it."""

import signal
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import settings

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from poetry.base.signals import STOPPING  # noqa: E402

settings.register_profile("on any machine", deadline=None)
settings.load_profile("on any machine")


def pytest_collection_finish():
    """Hear signals again, which wait since the scripts were imported (see quiet.py)."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


CORPUS = ROOT / "tests" / "data"
SMALL = ["--embedding_size", "16", "--hidden_size", "32", "--num_layers", "2", "--batch_chars", "300"]
FEW_WARMUP = ["--warmup_steps", "5", "--plot_every", "2"]


def run(command, *arguments):
    """Run a script's command in process; the result has exit_code, stdout and stderr."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def one_line_error(result) -> str:
    """The error of a script that failed as it should: exit code 2, nothing on stdout, one line."""
    assert result.exit_code == 2, result.output
    assert not result.stdout
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1 and result.stderr.splitlines()[-1] == errors[0], result.stderr
    return errors[0]


@pytest.fixture(scope="session")
def small_npz(tmp_path_factory) -> Path:
    """The data file of the small corpus."""
    from prepare import prepare

    path = tmp_path_factory.mktemp("data") / "poems.npz"
    result = run(prepare, "--source", CORPUS, "--data_path", path)
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture(scope="session")
def trained(small_npz, tmp_path_factory) -> Path:
    """The folder of a finished run of three epochs over the small corpus: checkpoints/ and logs/."""
    folder = tmp_path_factory.mktemp("run")
    result = train_small(small_npz, folder, "--epoch", 3)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="session")
def small_model(trained) -> Path:
    """A checkpoint of the small model."""
    return trained / "checkpoints" / "model.params.3"


def first_record(logs: Path, tag: str) -> float:
    """The first scalar of a tag in the VisualDL records of a run."""
    from visualdl import LogReader

    (records,) = logs.glob("vdlrecords*")
    return LogReader(file_path=str(records)).get_data("scalar", tag)[0].value


def train_small(npz: Path, folder: Path, *more):
    """Run train.py on ``npz`` with small sizes, everything it writes in ``folder``."""
    from train import train

    where = ["--data_path", npz, "--checkpoint_dir", folder / "checkpoints", "--log_dir", folder / "logs"]
    return run(train, *where, *SMALL, *FEW_WARMUP, *more)

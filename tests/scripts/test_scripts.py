"""train.py and generate.py as a user runs them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import paddle
import pytest
from conftest import ROOT, first_record, one_line_error, run, train_small
from filelock import FileLock
from visualdl import LogReader

import config
from evaluate import evaluate
from export import export
from generate import generate
from poetry.base import runtime
from poetry.base.errors import PoetryError
from poetry.base.folders import BUNDLED, MODEL_FOLDERS
from poetry.learning import checkpoint
from poetry.learning.folders import LOCK
from poetry.learning.model import make_model
from poetry.learning.network import Architecture
from poetry.learning.records import RECORDS
from poetry.learning.trainer import Trainer
from poetry.text.npz import read_npz, write_npz
from poetry.text.poem_vocabulary import SPECIAL, PoemVocabulary
from poetry.verse.form import FORMS, is_well_formed, verse_lines
from poetry.verse.prosody import check_poem
from train import LATER, train


def compose(model, *arguments):
    result = run(generate, "--model_path", model, *arguments)
    assert result.exit_code == 0, result.output
    return result


def script(name, *arguments, **options):
    """Start a script as a process of its own, pipes for its output, SIGHUP heard even under nohup."""
    command = [sys.executable, str(ROOT / name), *map(str, arguments)]
    options = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL)} | options
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


# --- train.py ---
# The last bits of what is computed depend on the past of the process too, on some processors: what is
# compared to the byte is of processes alike.


@pytest.fixture(scope="module")
def trained_alone(small_npz, tmp_path_factory):
    """As ``trained``, by a process of its own."""
    from conftest import FEW_WARMUP, SMALL

    folder = tmp_path_factory.mktemp("alone")
    where = [
        "--data_path",
        small_npz,
        "--checkpoint_dir",
        folder / "checkpoints",
        "--log_dir",
        folder / "logs",
    ]
    process = script("train.py", *where, *SMALL, *FEW_WARMUP, "--epoch", 3)
    assert process.communicate(timeout=120) and process.returncode == 0
    return folder


@pytest.fixture(scope="module")
def trained_here(small_npz, tmp_path_factory):
    """As ``trained``, after all that came before these tests."""
    folder = tmp_path_factory.mktemp("here")
    assert train_small(small_npz, folder, "--epoch", 3).exit_code == 0
    return folder


def test_training_writes_checkpoints_and_records(trained):
    names = sorted(path.name for path in (trained / "checkpoints").iterdir() if path.name != LOCK)
    assert names[:3] == ["model.params.1", "model.params.2", "model.params.3"]
    first, last = (checkpoint.load_model(trained / "checkpoints" / f"model.params.{n}") for n in (1, 3))
    assert last.provenance.epoch == 3 and last.provenance.step > first.provenance.step
    reader = LogReader(file_path=str(next((trained / "logs").glob("vdlrecords*"))))
    scalars = reader.get_tags()["scalar"]
    for tag in ("loss", "perplexity", "learning_rate", "gradient_norm", "characters_per_second"):
        assert f"train/{tag}" in scalars
    assert len(reader.get_data("scalar", "heldout/perplexity_all")) == 3
    assert reader.get_data("scalar", "heldout/perplexity_characters")
    assert len(reader.get_data("text", "samples/1")) == len(reader.get_data("text", "samples/3")) == 3
    losses = [record.value for record in reader.get_data("scalar", "train/loss")]
    assert losses[-1] < losses[0]


def test_a_folder_with_a_run_is_left_untouched(trained, small_npz):
    before = {path.name: path.stat().st_mtime_ns for path in (trained / "checkpoints").iterdir()}
    error = one_line_error(train_small(small_npz, trained, "--epoch", 1))
    assert "--resume" in error and "--checkpoint_dir" in error
    assert {path.name: path.stat().st_mtime_ns for path in (trained / "checkpoints").iterdir()} == before


def test_two_runs_in_one_folder_are_one_too_many(small_npz, tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    with FileLock(folder / LOCK):
        error = one_line_error(train_small(small_npz, tmp_path, "--epoch", 1))
        assert "another run is at work" in error and [path.name for path in folder.iterdir()] == [LOCK]
    assert train_small(small_npz, tmp_path, "--epoch", 1).exit_code == 0
    (folder / f".model.params.1.{os.getpid()}.tmp").write_bytes(b"half")
    with FileLock(folder / LOCK):
        error = one_line_error(train_small(small_npz, tmp_path, "--resume", "--epoch", 2))
        assert "another run is at work" in error and list(folder.glob(".*.tmp"))
    assert train_small(small_npz, tmp_path, "--resume", "--epoch", 2).exit_code == 0
    assert not list(folder.glob(".*.tmp"))


def test_a_run_that_another_one_overtook_leaves_it_untouched(trained, small_npz, tmp_path, monkeypatch):
    start, overtaken = runtime.start, tmp_path / "resumed"
    assert train_small(small_npz, overtaken, "--epoch", 1).exit_code == 0

    def start_late(*arguments):
        for name in ("checkpoints", "logs"):
            shutil.copytree(trained / name, folder / name, dirs_exist_ok=True)
        return start(*arguments)

    monkeypatch.setattr(runtime, "start", start_late)
    for folder, more, says in (
        (tmp_path, (), "holds a run, which is left untouched"),
        (overtaken, ("--resume", "--epoch", 2), "another run has been at work in"),
    ):
        assert says in one_line_error(train_small(small_npz, folder, *more))
        assert files(folder).items() >= files(trained).items()
        logs = [(at / "logs" / RECORDS).read_bytes() for at in (folder, trained)]
        assert logs[0] == logs[1]


def test_two_runs_with_one_folder_of_records_are_one_too_many(small_npz, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    with FileLock(logs / LOCK):
        error = one_line_error(train_small(small_npz, tmp_path, "--epoch", 1))
        assert f"another run is at work in {logs}" in error
        assert [path.name for path in logs.iterdir()] == [LOCK]
    assert train_small(small_npz, tmp_path, "--epoch", 1, "--checkpoint_dir", logs).exit_code == 0


def test_a_resumed_run_leaves_the_records_of_another_one_alone(trained, small_npz, tmp_path):
    assert train_small(small_npz, tmp_path, "--epoch", 1).exit_code == 0
    records = {path: path.read_bytes() for path in (trained / "logs").iterdir()}
    more = ("--resume", "--epoch", 2)
    error = one_line_error(train_small(small_npz, tmp_path, *more, "--log_dir", trained / "logs"))
    assert "records of a run, which are left untouched" in error
    assert {path: path.read_bytes() for path in (trained / "logs").iterdir()} == records
    assert train_small(small_npz, tmp_path, *more).exit_code == 0


def test_what_cannot_be_removed_does_not_end_a_training(small_npz, tmp_path):
    assert train_small(small_npz, tmp_path, "--epoch", 1).exit_code == 0
    (tmp_path / "checkpoints" / "training.state.1").mkdir()
    assert train_small(small_npz, tmp_path, "--resume", "--epoch", 3).exit_code == 0
    assert (tmp_path / "checkpoints" / "training.state.1").is_dir()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda header: header.pop("position"), "another version"),
        (lambda header: header.update(options=[]), "another version"),
        (lambda header: header["options"].update(momentum=0.9), "--momentum, which this version"),
        (lambda header: header.pop("fingerprint"), "does not name its data and itself"),
        (lambda header: header.update(fingerprint="0"), "is not the data of the run"),
        (lambda header: header["position"].pop("step"), "position"),
        (lambda header: header["options"].pop("seed"), "lacks the run's --seed"),
        (lambda header: header["options"].update(learning_rate="fast"), "the --learning_rate 'fast', which"),
        (lambda header: header["options"].update(hidden_size=3.5), "the --hidden_size 3.5, which"),
        (lambda header: header["options"].update(schedule=[]), "the --schedule [], which"),
        (lambda header: header["options"].update(seed=None), "the --seed None, which"),
        (lambda header: header["options"].update(half="maybe"), "the --half 'maybe', which"),
    ],
)
def test_a_state_of_another_version_is_refused(change, says, small_npz, tmp_path):
    assert train_small(small_npz, tmp_path, "--epoch", 1).exit_code == 0
    for path in checkpoint.list_states(tmp_path / "checkpoints"):
        tensors, header = checkpoint.load_state(path)
        change(header)
        checkpoint.save_state(path, tensors, header)
    result = train_small(small_npz, tmp_path, "--resume", "--epoch", 2)
    assert result.exit_code == 2 and says in result.stderr and "Traceback" not in result.stderr


def test_a_state_without_what_resuming_needs_is_refused_before_anything_starts(small_npz, tmp_path):
    assert train_small(small_npz, tmp_path, "--epoch", 1).exit_code == 0
    folder = tmp_path / "checkpoints"
    for path in checkpoint.list_states(folder):
        tensors, header = checkpoint.load_state(path)
        del tensors["weight/output.bias"]
        checkpoint.save_state(path, tensors, header)
    before = files(tmp_path)
    error = one_line_error(train_small(small_npz, tmp_path, "--resume", "--epoch", 2))
    assert "weight/output.bias is missing" in error and files(tmp_path) == before


def test_a_run_of_before_there_were_other_networks_goes_on(small_npz, tmp_path):
    assert train_small(small_npz, tmp_path, "--epoch", 1).exit_code == 0
    for path in checkpoint.list_states(tmp_path / "checkpoints"):
        tensors, header = checkpoint.load_state(path)
        for name in LATER:
            del header["options"][name]
        del header["plateau"]
        checkpoint.save_state(path, tensors, header)
    other = train_small(small_npz, tmp_path, "--resume", "--network", "gpt")
    assert "--network gpt contradicts the run, which has lstm" in one_line_error(other)
    assert train_small(small_npz, tmp_path, "--resume", "--epoch", 2).exit_code == 0


@pytest.mark.parametrize(
    "options",
    [
        ("--network", "gpt", "--heads", 2, "--order", "random", "--rows", 4, "--seq_length", 16),
        ("--network", "gru", "--order", "consecutive", "--rows", 4, "--seq_length", 16),
        ("--network", "rnn", "--optimizer", "rmsprop", "--batch_chars", 150, "--final_batch_chars", 300),
        ("--optimizer", "sgd", "--schedule", "plateau", "--embedding_size", 0, "--evaluate_every", 2),
    ],
    ids=lambda options: options[1],
)
def test_every_network_order_and_optimiser_trains_and_composes(options, small_npz, tmp_path):
    options = ("--epoch", 3, *options)
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    assert train_small(small_npz, whole, *options).exit_code == 0
    names = {path.name for path in checkpoint.list_models(whole / "checkpoints")}
    assert names == {f"model.params.{n}" for n in ((2, 3) if "--evaluate_every" in options else (1, 2, 3))}
    train_step, taken = Trainer.train_step, []

    def interrupted(trainer, batch):
        taken.append(batch)
        if len(taken) == 9:
            os.kill(os.getpid(), signal.SIGTERM)
        return train_step(trainer, batch)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Trainer, "train_step", interrupted)
        assert train_small(small_npz, stopped, *options).exit_code == 128 + signal.SIGTERM
    result = run(train, "--resume", "--checkpoint_dir", stopped / "checkpoints")
    assert result.exit_code == 0, result.output
    model, expected = (folder / "checkpoints" / "model.params.3" for folder in (stopped, whole))
    assert model.read_bytes() == expected.read_bytes()
    assert len(compose(model, "--form", "wujue", "--seed", 1).stdout) > 20


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--order", "random", "--rows", 10**6), "a step needs"),
        (("--order", "consecutive", "--seq_length", 10**6), "a step needs"),
        (("--order", "consecutive", "--final_batch_chars", 10**4), "cannot grow"),
        (
            ("--final_batch_chars", 300),
            "--final_batch_chars 300 is no more than the 300 that steps begin with",
        ),
        (("--order", "random", "--final_batch_chars", 10**6), "or a smaller --final_batch_chars"),
        (("--network", "gpt", "--hidden_size", 30), "--hidden_size 30 is no multiple of --heads 8"),
        (("--network", "gpt", "--context", 1), "--context 1 is too short"),
        (("--network", "gpt", "--context", 20), "--context 20 is too short for rows of"),
        (("--network", "gpt", "--context", 20, "--order", "random", "--seq_length", 21), "give 21 or more"),
    ],
)
def test_what_does_not_fit_a_network_or_an_order(options, says, small_npz, tmp_path):
    assert says in one_line_error(train_small(small_npz, tmp_path, *options))
    assert not list((tmp_path / "checkpoints").glob("*"))


def test_a_context_too_short_for_poems_is_no_matter_of_rows(small_npz, tmp_path):
    said = one_line_error(train_small(small_npz, tmp_path, "--network", "gpt", "--context", 20))
    assert said.endswith(" or more")


def test_the_epochs_of_a_growing_run_stay(small_npz, tmp_path):
    options = ("--epoch", 1, "--batch_chars", 150, "--final_batch_chars", 300)
    assert train_small(small_npz, tmp_path, *options).exit_code == 0
    more = run(train, "--resume", "--checkpoint_dir", tmp_path / "checkpoints", "--epoch", 2)
    assert "whose steps grow over 1 epochs" in one_line_error(more)


def files(folder):
    return {path.name: path.read_bytes() for path in (folder / "checkpoints").iterdir()}


def recorded(folder):
    """What VisualDL reads in the records of a run, but for speeds, which no two runs have alike."""
    (records,) = (folder / "logs").glob("vdlrecords*")
    reader = LogReader(file_path=str(records))
    found = {}
    for kind in ("scalar", "text"):
        for tag in reader.get_tags()[kind]:
            if tag not in ("train/characters_per_second", "run/id"):
                part = "value" if kind == "scalar" else "text"
                found[tag] = [(each.id, str(getattr(each, part))) for each in reader.get_data(kind, tag)]
    return found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_stopped_run_resumes_to_the_same_bytes(how, trained_alone, small_npz, tmp_path):
    """Stopped within the second epoch; after kill -9 from the state of the end of the first."""
    from conftest import FEW_WARMUP, SMALL

    folder = tmp_path / "checkpoints"
    where = ["--data_path", small_npz, "--checkpoint_dir", folder, "--log_dir", tmp_path / "logs"]
    process = script("train.py", *where, *SMALL, *FEW_WARMUP, "--epoch", 3, "--keep", 1)
    deadline = time.monotonic() + 120
    beginning = [checkpoint.state_path(folder, 0)]
    while checkpoint.list_states(folder) in ([], beginning) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (-9 if how == signal.SIGKILL else 128 + how)
    assert b"Traceback" not in errors
    assert (f"go on with: python train.py --resume --checkpoint_dir {folder}" in errors.decode()) == (
        how != signal.SIGKILL
    )
    left = folder / f".training.state.7.{process.pid}.tmp"
    left.touch()
    process = script("train.py", "--resume", "--checkpoint_dir", folder)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    models = files(tmp_path)
    assert models["model.params.3"] == files(trained_alone)["model.params.3"]
    assert not left.exists() and not {"model.params.1", "model.params.2"} <= set(models)
    assert recorded(tmp_path) == recorded(trained_alone)


@pytest.mark.parametrize("stop_at", [1, 8, 20])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_records_end_as_those_of_a_run_that_never_stopped(how, stop_at, small_npz, tmp_path):
    """Whatever the place within a window or an epoch; a killed run goes on from an earlier step."""
    options = ("--epoch", 2, "--plot_every", 3)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert train_small(small_npz, whole, *options).exit_code == 0
    train_step, taken = Trainer.train_step, []

    def interrupted(trainer, batch):
        taken.append(batch)
        if len(taken) == stop_at:
            if how == signal.SIGKILL:
                raise MemoryError  # nothing is saved
            os.kill(os.getpid(), how)
        return train_step(trainer, batch)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Trainer, "train_step", interrupted)
        assert train_small(small_npz, stopped, *options).exit_code
    assert run(train, "--resume", "--checkpoint_dir", stopped / "checkpoints").exit_code == 0
    assert recorded(stopped) == recorded(whole) and len(recorded(whole)["train/loss"]) > 5


def test_a_full_disk_under_the_records_is_said_and_training_goes_on(
    trained_here, small_npz, tmp_path, monkeypatch
):
    from poetry.learning import records

    write = records._RecordFile.add_record

    def full(file, record):
        if any(value.tag.startswith("train/") and value.id < 9 for value in record.values):
            limit = os.fstat(file._file.fileno()).st_size + 3
            file._file.truncate(limit - 3)
            with monkeypatch.context() as patched:
                patched.setattr(file, "_file", Full(file._file))
                return write(file, record)
        return write(file, record)

    class Full:
        def __init__(self, file):
            self.fileno, self._file = file.fileno, file

        def write(self, data):
            return self._file.write(data[:3])

    monkeypatch.setattr(records._RecordFile, "add_record", full)
    result = train_small(small_npz, tmp_path, "--epoch", 3)
    assert result.exit_code == 0 and result.stderr.count("training goes on without them") == 1
    assert files(tmp_path)["model.params.3"] == files(trained_here)["model.params.3"]
    found, expected = recorded(tmp_path), recorded(trained_here)
    assert found["train/loss"] == [each for each in expected["train/loss"] if each[0] >= 9]
    assert found["heldout/perplexity_all"] == expected["heldout/perplexity_all"]


@pytest.mark.parametrize("way", ["2>/dev/full", "2>&-", "2>&1 | head -c 300"])
def test_a_progress_line_that_cannot_be_written_ends_no_training(way, small_npz, tmp_path, monkeypatch):
    from conftest import FEW_WARMUP, SMALL

    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # Paddle prints a warning while it is imported

    where = ["--data_path", small_npz, "--checkpoint_dir", tmp_path, "--log_dir", tmp_path / "logs"]
    arguments = [sys.executable, ROOT / "train.py", *where, *SMALL, *FEW_WARMUP, "--epoch", 1]
    command = f'set -o pipefail; "$@" {way}'
    process = subprocess.run(
        ["bash", "-c", command, "train", *map(str, arguments)], stdout=subprocess.DEVNULL
    )
    assert process.returncode == 0 and checkpoint.load_model(tmp_path / "model.params.1")


def test_a_kill_before_the_first_state_leaves_a_way_on(small_npz, tmp_path, monkeypatch):
    def killed(*_):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "save_state", killed)
        assert train_small(small_npz, tmp_path, "--epoch", 1).exit_code == 2
    assert train_small(small_npz, tmp_path, "--epoch", 1).exit_code == 0


def test_a_moved_run_keeps_its_records(small_npz, tmp_path):
    whole, old, new = tmp_path / "whole", tmp_path / "old", tmp_path / "new"
    assert train_small(small_npz, whole, "--epoch", 2).exit_code == 0
    assert train_small(small_npz, old, "--epoch", 2, "--schedule", "cosine").exit_code == 0
    (old / "checkpoints" / "model.params.2").unlink()
    newest, _ = checkpoint.list_states(old / "checkpoints")
    newest.unlink()  # as after a kill in the second epoch
    old.rename(new)
    result = train_small(small_npz, new, "--resume")
    assert result.exit_code == 0 and recorded(new) == recorded(whole)
    elsewhere = train_small(small_npz, new, "--resume", "--log_dir", tmp_path / "empty")
    assert "has no records of this run, new ones begin" in elsewhere.stderr


def test_a_run_that_ends_before_its_first_step_resumes_to_the_same_bytes(
    trained_here, small_npz, tmp_path, monkeypatch
):
    def run_out(trainer, batch):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "train_step", run_out)
        assert "--batch_chars" in one_line_error(train_small(small_npz, tmp_path, "--epoch", 3))
    assert train_small(small_npz, tmp_path, "--resume").exit_code == 0
    ended, expected = (folder / "checkpoints" / "model.params.3" for folder in (tmp_path, trained_here))
    assert ended.read_bytes() == expected.read_bytes()


def test_a_damaged_state_is_named_and_the_one_before_taken(small_npz, tmp_path):
    whole = train_small(small_npz, tmp_path, "--epoch", 2)
    assert whole.exit_code == 0, whole.output
    model = tmp_path / "checkpoints" / "model.params.2"
    expected = model.read_bytes()
    newest, older = checkpoint.list_states(tmp_path / "checkpoints")
    newest.write_bytes(newest.read_bytes()[:-10])
    model.unlink()
    result = train_small(small_npz, tmp_path, "--resume")
    assert result.exit_code == 0, result.output
    assert str(newest) in result.stderr and "the state before it is taken" in result.stderr
    assert model.read_bytes() == expected
    newest.write_bytes(b"")
    older.write_bytes(b"")
    result = train_small(small_npz, tmp_path, "--resume")
    assert "every training state" in one_line_error(result)
    assert result.stderr.count("the state before it is taken") == 1


def test_a_finished_run_says_so_and_goes_on_with_more_epochs(small_npz, tmp_path):
    assert train_small(small_npz, tmp_path, "--epoch", 1).exit_code == 0
    result = train_small(small_npz, tmp_path, "--resume")
    assert result.exit_code == 0 and "all 1 epochs are done" in result.stderr
    assert "epoch 1/1" in result.stderr and "epoch 2" not in result.stderr
    result = train_small(small_npz, tmp_path, "--resume", "--epoch", 2)
    assert result.exit_code == 0 and (tmp_path / "checkpoints" / "model.params.2").exists()


def test_what_a_run_was_given_holds_when_it_is_resumed_but_what_is_given_anew(small_npz, tmp_path):
    assert train_small(small_npz, tmp_path, "--epoch", 1, "--half", "--keep", 1).exit_code == 0
    folder = tmp_path / "checkpoints"
    half = (folder / "model.params.1").stat().st_size
    again = ["--resume", "--checkpoint_dir", folder]
    assert run(train, *again, "--epoch", 2).exit_code == 0
    assert (folder / "model.params.2").stat().st_size == half
    assert run(train, *again, "--epoch", 3, "--log_dir", tmp_path / "other").exit_code == 0
    assert list((tmp_path / "other").iterdir())


def test_records_of_another_run_are_left_untouched(trained, small_npz, tmp_path):
    records = next((trained / "logs").glob("vdlrecords*"))
    before = records.read_bytes()
    result = train_small(small_npz, tmp_path, "--epoch", 1, "--log_dir", trained / "logs")
    assert "holds the records of a run" in one_line_error(result)
    assert records.read_bytes() == before


def test_too_few_poems_to_hold_one_out(small_npz, tmp_path):
    data, words = read_npz(small_npz)
    few = tmp_path / "few.npz"
    write_npz(few, data[:1], words)
    assert "too few poems: 1 to train on, 0 held out" in one_line_error(train_small(few, tmp_path))


def test_resuming_refuses_another_recipe_or_other_data(trained, small_npz, tmp_path):
    result = train_small(small_npz, trained, "--resume", "--dropout", "0.9")
    assert "--dropout 0.9 contradicts the run" in one_line_error(result)
    from prepare import prepare

    other = tmp_path / "other.npz"
    assert run(prepare, "--source", ROOT / "tests/data", "--data_path", other, "--traditional").exit_code == 0
    assert "is not the data of the run" in one_line_error(train_small(other, trained, "--resume"))
    nothing = train_small(small_npz, tmp_path, "--resume")
    assert "holds no training state" in one_line_error(nothing)


def test_keep_keeps_the_newest_and_the_best(small_npz, tmp_path, monkeypatch):
    figures = iter([9.0, 1.0, 5.0, 4.0])
    monkeypatch.setattr(
        "poetry.composing.subject.perplexities", lambda *_: {"all": next(figures), "characters": 1.0}
    )
    result = train_small(small_npz, tmp_path, "--epoch", 4, "--keep", 1)
    assert result.exit_code == 0, result.output
    assert [path.name for path in checkpoint.list_models(tmp_path / "checkpoints")] == [
        "model.params.4",
        "model.params.2",
    ]


def test_training_can_start_from_a_checkpoint(small_npz, small_model, trained, tmp_path):
    origin = tmp_path / "origin"
    origin.write_bytes(small_model.read_bytes())
    result = train_small(small_npz, tmp_path, "--epoch", 1, "--init_from", origin)
    assert result.exit_code == 0, result.output
    other_origin = train_small(small_npz, tmp_path, "--resume", "--init_from", small_model)
    assert f"--init_from {small_model} contradicts the run" in one_line_error(other_origin)
    origin.unlink()  # a run that goes on does not need it
    assert train_small(small_npz, tmp_path, "--resume", "--epoch", 2).exit_code == 0
    losses = [first_record(folder / "logs", "train/loss") for folder in (tmp_path, trained)]
    assert losses[0] < losses[1] - 0.05
    wrong = train_small(small_npz, tmp_path / "b", "--init_from", small_model, "--hidden_size", 8)
    assert "is of other sizes; give these: --" in one_line_error(wrong)
    from prepare import prepare

    other = tmp_path / "other.npz"
    run(prepare, "--source", ROOT / "tests/data", "--data_path", other, "--traditional")
    traditional = train_small(other, tmp_path / "c", "--init_from", small_model, "--epoch", 1)
    assert traditional.exit_code == 0 and "these begin anew" in traditional.stderr


@pytest.mark.parametrize("plot_every", [2, 1000])
def test_a_failing_loss_is_one_line_and_never_saved(plot_every, small_npz, tmp_path):
    diverging = ("--learning_rate", "1e30", "--clip_norm", 0, "--plot_every", plot_every)
    result = train_small(small_npz, tmp_path, *diverging, "--epoch", 2)
    assert "lower --learning_rate" in one_line_error(result)
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == {LOCK, "training.state.0"}


def test_no_state_is_saved_once_the_loss_fails(small_npz, tmp_path):
    diverging = ("--learning_rate", "1e30", "--clip_norm", 0, "--plot_every", 1000)
    result = train_small(small_npz, tmp_path, *diverging, "--save_every_minutes", 1e-6)
    assert "lower --learning_rate" in one_line_error(result)
    states = checkpoint.list_states(tmp_path / "checkpoints")
    assert states and all(checkpoint.load_state(state) for state in states)


def test_no_state_is_saved_once_the_weights_fail(small_npz, tmp_path, monkeypatch):
    train_step = Trainer.train_step

    def overflowing(trainer, batch):
        result = train_step(trainer, batch)  # its loss is of the weights before
        bias = trainer.model.output.bias
        bias.set_value(np.full(bias.shape, np.inf, dtype=np.float32))
        return result

    monkeypatch.setattr(Trainer, "train_step", overflowing)
    result = train_small(small_npz, tmp_path, "--save_every_minutes", 1e-6)
    assert "lower --learning_rate" in one_line_error(result)
    folder = tmp_path / "checkpoints"
    assert checkpoint.list_states(folder) == [checkpoint.state_path(folder, 0)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data_path", "missing.npz"], "missing.npz does not exist; make it with: python prepare.py"),
        (["--data_path", "missing.npz"], "or try training at once with: --data_path work/sample_poem.npz"),
        (["--data_path", "missing.npz"], "--checkpoint_dir work/trial --log_dir work/trial/logs"),
        (["--epoch", "0"], "--epoch"),
        (["--dropout", "1"], "--dropout"),
        (["--schedule", "step"], "--schedule"),
        (["--learning_rate", "fast"], "--learning_rate"),
        (["--no_such_option"], "no_such_option"),
    ],
)
def test_wrong_options_of_training(arguments, says, tmp_path, small_npz):
    assert says in one_line_error(train_small(small_npz, tmp_path, *arguments))
    assert not (tmp_path / "checkpoints").exists()


def test_a_foreign_data_file_is_named(tmp_path):
    (tmp_path / "foreign.npz").write_text("no npz")
    assert "foreign.npz" in one_line_error(train_small(tmp_path / "foreign.npz", tmp_path))
    assert not (tmp_path / "checkpoints").exists()


def test_folders_that_cannot_be_written_are_named_before_training(small_npz, tmp_path):
    (tmp_path / "file").touch()
    inside = tmp_path / "file" / "folder"
    for option in ("--checkpoint_dir", "--log_dir"):
        error = one_line_error(train_small(small_npz, tmp_path, option, inside))
        assert str(inside) in error and "cannot write" in error
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "nowhere").symlink_to(tmp_path / "none")
    for option in ("--checkpoint_dir", "--log_dir"):
        for link in (tmp_path / "circle", tmp_path / "nowhere"):
            error = one_line_error(train_small(small_npz, tmp_path, option, link))
            assert f"the link {link} leads nowhere" in error
    assert not checkpoint.list_states(tmp_path / "checkpoints")


def test_a_missing_gpu_is_one_plain_line(small_npz, tmp_path):
    if paddle.is_compiled_with_cuda() and paddle.device.cuda.device_count():
        pytest.skip("there is a GPU")
    result = train_small(small_npz, tmp_path, "--epoch", 1, "--use_gpu")
    assert result.exit_code == 0, result.output
    assert "Paddle sees no GPU; going on with the CPU" in result.stderr.splitlines()


# --- generate.py ---


def test_poems_on_stdout_all_else_on_stderr(small_model):
    result = compose(small_model, "--num", 3)
    poems = result.stdout.strip("\n").split("\n\n")
    assert len(poems) == 3 and all(line[-1] in "。？！；" for line in result.stdout.splitlines() if line)
    assert f"model: {small_model}" in result.stderr
    seed = next(line.split()[1] for line in result.stderr.splitlines() if line.startswith("seed: "))
    assert compose(small_model, "--num", 3, "--seed", seed).stdout == result.stdout


def test_acrostic_and_start_and_prefix(small_model):
    poem = compose(small_model, "--acrostic", "春江明月", "--prefix", "孤舟夜泊", "--seed", 1).stdout
    assert [line[0] for line in verse_lines(poem.replace("\n", ""))] == list("春江明月")
    assert is_well_formed(poem.replace("\n", ""))
    poem = compose(small_model, "--start", "春江水暖,", "--seed", 1).stdout
    assert poem.startswith("春江水暖，")


def test_a_form_with_start_prefix_and_acrostic(small_model):
    given = [
        "--form",
        "五绝",
        "--rhyme",
        "陽",
        "--acrostic",
        "春江明月",
        "--start",
        "春江",
        "--prefix",
        "孤舟夜泊",
    ]
    result = compose(small_model, *given, "--num", 3)
    for poem in result.stdout.strip("\n").split("\n\n"):
        report = check_poem(poem.replace("\n", ""), FORMS[0])
        assert (report.rhyme, report.faults) == ("阳", []) and poem.startswith("春江")
        assert [line.text[0] for line in report.lines] == list("春江明月")
    assert "breaks" not in result.stderr


def test_a_start_against_the_rules_is_kept_and_named(small_model):
    result = compose(small_model, "--form", "wujue", "--start", "山水山月春", "--seed", 2)
    assert result.stdout.startswith("山水山月春，")
    (told,) = [line for line in result.stderr.splitlines() if "breaks a rule" in line]
    assert "失律 in line 1, character 2: 水 is oblique 仄, level 平 wanted" in told


def test_json_is_one_object_a_line(small_model):
    result = compose(small_model, "--num", 2, "--json", "--seed", 4)
    plain = compose(small_model, "--num", 2, "--seed", 4).stdout.strip("\n").split("\n\n")
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    assert [poem["text"] for poem in objects] == plain
    for poem in objects:
        assert set(poem) == {"text", "lines", "seed", "logprob", "parts"}
        assert poem["seed"] == 4 and poem["logprob"] < 0
        assert poem["lines"] == verse_lines(poem["text"].replace("\n", ""))


def test_what_a_poem_was_chosen_by_is_told(small_model):
    asked = ("--form", "五绝", "--seed", 6, "--candidates", 3)
    result = compose(small_model, *asked, "--json", "--explain")
    parts = json.loads(result.stdout)["parts"]
    names = {"likelihood", "repetition", "fit", "need", "ending", "register", "scene", "parallelism"}
    assert set(parts) == names
    told = [line for line in result.stderr.splitlines() if "mean of the drafts" in line]
    assert [line.partition(":")[0] for line in told] == list(parts)
    fit = parts["fit"]
    gain = fit["weight"] * (fit["value"] - fit["mean"])
    assert f"fit: {fit['value']:.2f}, mean of the drafts {fit['mean']:.2f}, worth {gain:+.2f}" in told
    (alone,) = compose(small_model, *asked[:-1], 1, "--explain").stderr.splitlines()[-1:]
    assert alone.startswith("no choice")


def test_traditional(small_model):
    plain = compose(small_model, "--num", 5, "--seed", 1).stdout
    traditional = compose(small_model, "--num", 5, "--seed", 1, "--traditional").stdout
    assert len(plain) == len(traditional) and plain != traditional
    assert compose(small_model, "--start", "風", "--seed", 1).stdout[0] == "风"


def test_traditional_verse_of_a_traditional_model_stays_as_it_is(tmp_path):
    vocabulary = PoemVocabulary([*"，。詩云余亦征馬於里", *SPECIAL])
    paddle.seed(1)
    model = make_model(Architecture(len(vocabulary), 8, 8, 1))
    model.initialise(1)
    path = tmp_path / "model.params.1"
    checkpoint.save_model(path, model, vocabulary, checkpoint.Provenance(), {})
    poem = compose(path, "--num", 5, "--seed", 1).stdout
    assert "云" in poem and compose(path, "--num", 5, "--seed", 1, "--traditional").stdout == poem


def test_the_newest_own_checkpoint_else_the_bundled_one(small_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(config, "MODEL_FOLDERS", [path for path in MODEL_FOLDERS if path != BUNDLED])
        assert "there is no model yet" in one_line_error(run(generate))
    for folder, number in [("work/pretrained", 7), ("work/checkpoints", 2), ("work/checkpoints", 10)]:
        path = checkpoint.model_path(tmp_path / folder, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(small_model.read_bytes())
        result = run(generate)
        assert f"model: {folder}/model.params.{number}" in result.stderr


@pytest.mark.parametrize("script", [generate, evaluate, export], ids=lambda script: script.name)
def test_every_script_finds_the_bundled_model_from_another_folder(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = []

    def load(path):
        asked.append(path)
        raise PoetryError("it is found")

    monkeypatch.setattr(checkpoint, "load_model", load)
    assert "it is found" in one_line_error(run(script)) and asked[0].parent == BUNDLED


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--start", ""], "--start is empty"),
        (["--start", "春" * 500], "--start has 500 characters"),
        (["--start", "春😀"], "😀"),
        (["--start", "spring"], "does not know s"),
        (["--start", "春\x07"], "U+0007 at position 2"),
        (["--start", "春\udcff"], "U+DCFF at position 2"),
        (["--acrostic", "春" * 40], "give 1 to 32"),
        (["--acrostic", "春", "--start", "月"], "the acrostic asks for 春"),
        (["--acrostic", "春江", "--start", "春日月，江水。"], "line 2 has 2 characters, line 1 of the"),
        (
            ["--form", "sonnet"],
            "take one of: wujue 五绝, qijue 七绝, wulu 五律, qilu 七律, free 不拘",
        ),
        (
            ["--form", "qijue", "--rhyme", "董"],
            "take one of 东冬江支微鱼虞齐佳灰真文元寒删先萧肴豪歌麻阳庚青蒸尤",
        ),
        (["--form", "qijue", "--rhyme", ""], "no group of the 平水韵"),
        (["--form", "qijue", "--rhyme", "\udcff"], "no group of the 平水韵"),
        (["--form", "qilu", "--rhyme", "咸"], "a qilu 七律 needs 5; take another"),
        (["--rhyme", "东"], "--rhyme needs a form"),
        (["--form", "qijue", "--acrostic", "春江"], "--acrostic has 2 characters, a qijue 七绝 has 4 lines"),
        (["--form", "wujue", "--start", "春江水暖人家夕"], "line 1 has 7 characters"),
        (["--candidates", "0"], "--candidates"),
        (["--temperature", "-1"], "--temperature"),
        (["--temperature", "nan"], "--temperature"),
        (["--temperature", "1e999"], "--temperature"),
        (["--top_p", "0"], "--top_p"),
        (["--num", "0"], "--num"),
        (["--seed", "-1"], "--seed"),
        (["--max_gen_len", "1"], "--max_gen_len"),
        (["extra"], "extra"),
        (["--model_path", "missing.params"], "missing.params does not exist"),
    ],
)
def test_bad_input_of_composing(arguments, says, small_model):
    assert says in one_line_error(run(generate, "--model_path", small_model, *arguments))


def test_a_pipe_a_c_locale_and_a_reader_that_leaves(small_model):
    arguments = ["--model_path", small_model, "--seed", "3", "--acrostic", "春江"]
    bare = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    process = script("generate.py", *arguments, env=bare)
    output, _ = process.communicate(timeout=60)
    assert output.decode("utf-8") == compose(small_model, *arguments[2:]).stdout
    process = script("generate.py", *arguments, "--num", "600")
    first = process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.wait(timeout=60)
    assert first.decode("utf-8")[0] == "春"
    assert b"Traceback" not in errors and b"BrokenPipe" not in errors


@pytest.mark.parametrize(
    "command", ["generate.py", "generate.py --forms", "check.py 春", "evaluate.py --data_path none"]
)
def test_a_closed_stdout_is_one_line(command):
    started = [sys.executable, *command.split()]
    process = subprocess.run(
        ["bash", "-c", '"$@" >&-', "script", *started], cwd=ROOT, capture_output=True, text=True
    )
    assert process.returncode == 2 and process.stderr.startswith("Error: stdout is closed")
    assert process.stderr.count("\n") == 1


def test_answers_to_a_first_line_are_ranked(small_model):
    first = next(iter(verse_lines(compose(small_model, "--form", "五绝", "--seed", 1).stdout)))
    result = compose(small_model, "--couplet", first, "--num", 3, "--json", "--seed", 2)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert len({couplet["text"] for couplet in found}) == 3
    assert all(couplet["lines"][0] == first and len(couplet["lines"][1]) == 5 for couplet in found)
    values = [sum(part["weight"] * part["value"] for part in couplet["parts"].values()) for couplet in found]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("first", "more", "says"),
    [
        ("", (), "--couplet is empty"),
        ("山月", (), "--couplet has 2 characters; give a line of 5 to 12"),
        ("山月" * 7, (), "--couplet has 14 characters"),
        ("山月山月山，山月", (), "--couplet has 2 lines; give the first alone"),
        ("山月山月☃", (), "does not know ☃"),
        ("山月山月山", ("--form", "五绝"), "--form does not go with --couplet"),
        ("山月山月山", ("--no-tones",), "--tones does not go with --couplet"),
    ],
)
def test_first_lines_that_cannot_be_answered(small_model, first, more, says):
    assert says in one_line_error(run(generate, "--model_path", small_model, "--couplet", first, *more))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--keep", "1"], "--keep needs --revise"),
        (["--couplet", "山月山月山", "--theme", "秋"], "--theme does not go with --couplet"),
        (["--revise", "山？", "--start", "山"], "--start does not go with --revise"),
    ],
)
def test_what_needs_no_model_is_refused_before_one_is_looked_for(tmp_path, options, says):
    assert says in one_line_error(run(generate, "--model_path", tmp_path / "none", *options))

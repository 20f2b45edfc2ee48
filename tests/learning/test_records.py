import math
import resource
import signal

import numpy as np
import pytest
from conftest import first_record
from runs import make_trainer
from visualdl import LogReader

from poetry.base.errors import PoetryError
from poetry.learning.recorder import Recorder
from poetry.learning.records import RECORDS, Records, cut_after, run_of


def write(folder, steps, run_id="abc", warn=pytest.fail):
    with Records(folder, run_id, warn) as records:
        for step in steps:
            records.add_scalar("train/loss", step / 2, step)
            records.add_text("samples/1", f"诗 {step}", step)


def read(folder):
    reader = LogReader(file_path=str(folder / RECORDS))
    return [(record.id, record.value) for record in reader.get_data("scalar", "train/loss")]


def test_what_is_written_is_read_back_and_says_whose_it_is(tmp_path):
    assert run_of(tmp_path) is None
    write(tmp_path, [1, 2])
    write(tmp_path, [3], run_id="another")  # a file that goes on keeps its run
    assert read(tmp_path) == [(1, 0.5), (2, 1.0), (3, 1.5)] and run_of(tmp_path) == "abc"


def test_what_came_after_a_step_is_taken_out(tmp_path):
    write(tmp_path, range(1, 9))
    cut_after(tmp_path, 5)
    assert [step for step, _ in read(tmp_path)] == [1, 2, 3, 4, 5] and run_of(tmp_path) == "abc"
    before = (tmp_path / RECORDS).stat()
    cut_after(tmp_path, 5)
    assert (tmp_path / RECORDS).stat().st_ino == before.st_ino  # nothing to take out
    cut_after(tmp_path, 0)
    assert run_of(tmp_path) is None
    cut_after(tmp_path, 3)


@pytest.mark.parametrize(
    "end", [b"\x05", b"\xff" * 8, b"\x09\0\0\0\0\0\0\0half", b"\x04\0\0\0\0\0\0\0\xff\xff\xff\xff"]
)
def test_half_a_record_at_the_end_is_taken_out(end, tmp_path):
    write(tmp_path, [1, 2])
    whole = (tmp_path / RECORDS).read_bytes()
    (tmp_path / RECORDS).write_bytes(whole + end)
    cut_after(tmp_path, 2)
    assert (tmp_path / RECORDS).read_bytes() == whole


def test_a_full_disk_is_told_once_and_leaves_whole_records(tmp_path):
    told = []
    write(tmp_path, [1])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Records(tmp_path, "abc", told.append) as records:
        size = (tmp_path / RECORDS).stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5, limits[1]))
        try:
            records.add_scalar("train/loss", 1.0, 2)
            records.add_scalar("train/loss", 1.5, 3)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, handler)
        assert (tmp_path / RECORDS).stat().st_size == size
        records.add_scalar("train/loss", 2.0, 4)  # there is room again
    assert read(tmp_path) == [(1, 0.5), (4, 2.0)]
    (message,) = told
    assert str(tmp_path) in message and "training goes on" in message and "\n" not in message


def test_records_that_cannot_be_opened(tmp_path):
    (tmp_path / RECORDS).mkdir()
    with pytest.raises(PoetryError, match="cannot write records"):
        Records(tmp_path, "abc", pytest.fail)


def recorder_after(steps, folder, every=3):
    trainer = make_trainer()
    recorder = Recorder(folder, trainer, every, "abc", pytest.fail)
    with recorder.opened({}):
        trainer.run_epoch(lambda result: recorder.note_step(result) or trainer.position.step == steps)
    return recorder


def test_an_open_window_goes_on(tmp_path):
    recorder = recorder_after(5, tmp_path)
    tensors, data = recorder.state()
    assert tensors["window/losses"].shape == (2,) and data["window"]["characters"] > 0
    other = Recorder(tmp_path, make_trainer(), 3, "abc", pytest.fail)
    state = dict(tensors)
    other.restore(state, data)
    assert not state  # what is the recorder's is taken out
    again, its_data = other.state()
    assert (again["window/losses"] == tensors["window/losses"]).all() and its_data == data


def test_the_speed_is_of_what_was_read_since_the_run_goes_on(tmp_path):
    tensors, data = recorder_after(2, tmp_path).state()
    trainer, read = make_trainer(), []
    recorder = Recorder(tmp_path, trainer, 3, "abc", pytest.fail)
    recorder.restore(tensors, data)
    recorder._window.began -= 1000
    with recorder.opened({}):
        trainer.run_epoch(lambda step: read.append(step.characters) or recorder.note_step(step))
    speed = first_record(tmp_path, "train/characters_per_second")
    assert speed == pytest.approx(sum(read[:3]) / 1000, rel=0.02)


def test_a_state_without_a_window_opens_one(tmp_path):
    recorder = Recorder(tmp_path, make_trainer(), 3, "abc", pytest.fail)
    recorder.restore({}, {})
    assert recorder.state()[1] == {"window": {"characters": 0, "sum": {"loss": 0.0, "characters": 0}}}


@pytest.mark.parametrize(
    ("tensors", "window"),
    [
        ({}, []),
        ({}, {"characters": 3, "sum": {"loss": 0.0, "characters": 0}}),
        ({"window/losses": np.ones(2, np.float32)}, None),
        ({"window/losses": np.ones(2, np.float64)}, {"characters": 3, "sum": {"loss": 0.0, "characters": 0}}),
        ({"window/losses": np.ones((2, 1), np.float32)}, {"characters": 3, "sum": {}}),
        ({"window/losses": np.ones(2, np.float32)}, {"characters": "3", "sum": {}}),
        ({"window/losses": np.ones(2, np.float32)}, {"characters": 3, "sum": {"more": 1}}),
        ({"window/losses": np.ones(2, np.float32)}, {"characters": 3, "sum": {"loss": "x"}}),
        ({"window/losses": np.ones(2, np.float32)}, {"characters": 3, "sum": {"characters": -1}}),
        ({"window/losses": np.ones(2, np.float32)}, {"characters": True, "sum": {}}),
        ({"window/losses": np.ones(2, np.float32)}, {"characters": 10**400, "sum": {}}),
        ({}, {"characters": 0, "sum": {"loss": 10**400}}),
        ({}, {"characters": 0, "sum": {"loss": math.inf}}),
        ({}, {"characters": 0, "sum": {"loss": True}}),
        ({}, {"characters": 0, "sum": {"characters": 1.0}}),
    ],
)
def test_a_window_that_cannot_be_is_refused(tensors, window, tmp_path):
    recorder = Recorder(tmp_path, make_trainer(), 3, "abc", pytest.fail)
    with pytest.raises(PoetryError, match="no sound window"):
        recorder.restore(dict(tensors), {"window": window} if window is not None else {})

"""The folders of a run hold no other run, before they are locked and after."""

import os

import pytest
from filelock import FileLock

from poetry.base.errors import PoetryError
from poetry.learning.checkpoint import model_path, state_path
from poetry.learning.folders import LOCK, Folders
from poetry.learning.records import RECORDS, Records


@pytest.fixture
def new(tmp_path):
    return Folders(tmp_path / "checkpoints", tmp_path / "logs", "abc")


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def record(folder, run_id):
    folder.mkdir(parents=True, exist_ok=True)
    Records(folder, run_id, pytest.fail).close()


def test_a_check_makes_no_folder_and_a_lock_both(new, tmp_path):
    new.check()
    assert not list(tmp_path.iterdir()) and not new.has_records()
    with new.locked():
        for folder in (new.checkpoints, new.records):
            assert [path.name for path in folder.iterdir()] == [LOCK]
        with pytest.raises(PoetryError, match="another run is at work"), new.locked():
            pytest.fail("locked twice")


def test_one_folder_for_both_is_locked_once(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    with Folders(tmp_path / "link", tmp_path, "abc").locked():
        pass


@pytest.mark.parametrize("path", [state_path, model_path])
def test_what_came_before_the_lock_is_seen_under_it(new, path):
    new.check()
    put(path(new.checkpoints, 3))
    with pytest.raises(PoetryError, match="holds a run, which is left untouched"), new.locked():
        pytest.fail("not seen")


def test_records_that_came_before_the_lock_are_seen_under_it(new):
    new.check()
    record(new.records, "of another")
    assert new.has_records()
    with pytest.raises(PoetryError, match="holds the records of a run"), new.locked():
        pytest.fail("not seen")


def test_a_resumed_run_goes_on_from_the_states_it_has_read(tmp_path):
    states = [put(state_path(tmp_path, step)) for step in (9, 4)]
    resumed = Folders(tmp_path, tmp_path / "logs", "abc", states, tmp_path / "logs")
    record(resumed.records, "abc")
    partial = put(tmp_path / f".training.state.9.{os.getpid()}.tmp")
    with FileLock(tmp_path / LOCK), pytest.raises(PoetryError, match="another run is at work"):
        resumed.locked().__enter__()
    assert partial.exists()
    with resumed.locked():
        assert not partial.exists()
    put(state_path(tmp_path, 12))
    with pytest.raises(PoetryError, match="another run has been at work in .* meanwhile; start again"):
        resumed.check()


def test_records_without_an_id_belong_to_the_run_that_wrote_there(tmp_path):
    put(tmp_path / "logs" / RECORDS)
    states = [put(state_path(tmp_path, 9))]
    Folders(tmp_path, tmp_path / "logs", "", states, tmp_path / "logs").check()
    for run_id, recorded in (("", tmp_path / "others"), ("abc", tmp_path / "logs")):
        with pytest.raises(PoetryError, match="holds the records of a run"):
            Folders(tmp_path, tmp_path / "logs", run_id, states, recorded).check()

"""Files are written whole or not at all, through links and never over what is no plain file."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from poetry.base.errors import PoetryError
from poetry.base.files import atomic_write, atomic_writes, check_writable, open_plain, remove_partial


def write(path, content=b"new"):
    with atomic_write(path) as file:
        file.write(content)


def test_a_link_is_written_through(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "target").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "far" / "target")
    write(link)
    assert link.is_symlink() and (tmp_path / "far" / "target").read_bytes() == b"new"
    assert {path.name for path in tmp_path.rglob("*")} == {"far", "target", "link"}


def test_several_files_are_replaced_together_or_not_at_all(tmp_path, monkeypatch):
    paths = [tmp_path / "a" / "first", tmp_path / "b" / "second"]

    def write_both(content):
        with atomic_writes(paths) as files:
            for file in files:
                file.write(content)

    def full(number):
        synced.append(number)
        if len(synced) == 2:
            raise OSError(28, "No space left on device")

    write_both(b"old")
    synced = []
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(PoetryError, match=f"{paths[0]}, {paths[1]}: No space.*is untouched"):
            write_both(b"new")
    left = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == dict.fromkeys(paths, b"old")
    write_both(b"new")
    assert [path.read_bytes() for path in paths] == [b"new", b"new"]


def test_a_link_to_nothing_makes_its_target(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "not yet" / "target")
    write(tmp_path / "link")
    assert (tmp_path / "not yet" / "target").read_bytes() == b"new" and (tmp_path / "link").is_symlink()


def test_what_is_no_plain_file_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "to pipe").symlink_to(tmp_path / "pipe")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for name, reason in (
        ("pipe", "no plain file"),
        ("to pipe", "no plain file"),
        ("folder", "a folder"),
        ("a", "circle"),
    ):
        with pytest.raises(PoetryError, match=reason):
            write(tmp_path / name)
    assert (tmp_path / "pipe").is_fifo() and len(list(tmp_path.iterdir())) == 5


def test_what_a_killed_process_left_is_removed(tmp_path):
    kill = "import os, sys; from poetry.base.files import atomic_write\n"
    kill += (
        "with atomic_write(sys.argv[1]) as file: file.write(b'half'); file.flush(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", kill, tmp_path / "data"], cwd=ROOT)
    assert len(list(tmp_path.iterdir())) == 1
    alive = tmp_path / f".data.{os.getppid()}.tmp"
    other = tmp_path / ".other.99999999.tmp"
    for path in (alive, other):
        path.write_bytes(b"")
    write(tmp_path / "data")
    assert {path.name for path in tmp_path.iterdir()} == {"data", alive.name, other.name}


def test_only_what_nobody_is_writing_is_removed_from_a_folder(tmp_path):
    dead, high, own, alive, other = (
        tmp_path / name
        for name in (
            ".a.99999999.tmp",
            f".b.{10**30}.tmp",
            f".c.{os.getpid()}.tmp",
            f".d.{os.getppid()}.tmp",
            ".e.1x.tmp",
        )
    )
    for path in (dead, high, own, alive, other):
        path.touch()
    remove_partial(tmp_path)
    assert set(tmp_path.iterdir()) == {alive, other}


def test_only_plain_files_are_opened(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    os.mkfifo(tmp_path / "pipe")
    with open_plain(tmp_path / "file") as file:
        assert file.read() == b"content"
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError, match="no plain file"):
            open_plain(path)
    with pytest.raises(FileNotFoundError):
        open_plain(tmp_path / "missing")


def test_a_folder_that_can_be_made_is_not_made_by_asking(tmp_path):
    check_writable(tmp_path / "not" / "yet")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(PoetryError, match="cannot write to"):
            check_writable(folder)


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    circle, dangling = tmp_path / "circle", tmp_path / "dangling"
    circle.symlink_to(circle)
    dangling.symlink_to(tmp_path / "no" / "such")
    for link in (circle, dangling):
        for folder in (link, link / "below"):
            with pytest.raises(PoetryError, match=f"cannot write to {folder}: the link {link} leads nowhere"):
                check_writable(folder)
    with pytest.raises(PoetryError, match="its links lead in a circle"):
        write(circle / "file")
    assert not (tmp_path / "no").exists()

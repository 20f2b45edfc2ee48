import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import config
from poetry.text import download, poem_data
from poetry.text.npz import read_npz, write_npz
from poetry.text.poem_vocabulary import SPECIAL
from prepare import prepare

ROOT = Path(__file__).resolve().parents[2]

# Made-up verse; read backwards it holds every character once more.
POEM = "遠山雲外鴈聲寒，獨坐空樓望月殘。"
BACK = "殘月望樓空坐獨，寒聲鴈外雲山遠。"
SIMPLE, SIMPLE_BACK = "远山云外雁声寒，独坐空楼望月残。", "残月望楼空坐独，寒声雁外云山远。"
SONG = "燈花落盡夢初回，回夢初盡落花燈。"
TANG = [POEM, BACK, "（缺）。", "遠山□外鴈聲寒。", f"{POEM[:-1]}（一作「山」）。", "鑫。"]


def put(folder, dynasty, poems, number=0):
    folder.mkdir(parents=True, exist_ok=True)
    entries = [
        {"author": "某", "title": "題", "paragraphs": poem.split("|"), "id": str(ix)}
        for ix, poem in enumerate(poems)
    ]
    path = folder / f"poet.{dynasty}.{number}.json"
    path.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "chinese-poetry" / "全唐诗"
    put(folder, "tang", TANG)
    put(folder, "tang", [POEM.replace("，", "，|")], 1000)
    put(folder, "song", [SONG, SONG[8:-1] + "，" + SONG[:7] + "。"])
    return folder.parent


@pytest.fixture
def output(tmp_path):
    return tmp_path / "made" / "tang.npz"


def run(*args):
    return CliRunner().invoke(prepare, [str(arg) for arg in args])


def made(output, *args):
    """The texts in the data file that ``prepare`` makes, and the lines that it prints."""
    result = run("--data_path", output, *args)
    assert (result.exit_code, result.stdout) == (0, ""), result.output
    loaded = poem_data.load(output)
    return [loaded.vocabulary.decode(row) for row in loaded.data], result.stderr.splitlines()


def fails(*args):
    """The one line on stderr of a run that fails."""
    result = run(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert result.stderr.endswith("\n") and "Traceback" not in result.stderr
    return result.stderr


def contents(folder):
    return {str(path.relative_to(folder)): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def test_the_data_file(source, output):
    texts, printed = made(output, "--source", source)
    assert texts == [SIMPLE, SIMPLE_BACK]
    data, words = read_npz(output)
    assert data.shape == (2, config.COLUMNS) == (2, 125) and data.dtype == np.int32
    assert [words[ix] for ix in data[0]] == ["</s>"] * 107 + ["<START>", *SIMPLE, "<EOP>"]
    assert sorted(words) == sorted({*SIMPLE, *SPECIAL})
    assert [path.name for path in output.parent.iterdir()] == [output.name]

    assert [line.split()[0] for line in printed[:3]] == ["7", "2", "0"]
    assert sorted(printed[3:-1]) == sorted(
        [
            "      1 dropped: empty",
            "      1 dropped: lost or described characters",
            "      2 dropped: equal to an earlier poem but for marks and variants",
            "      1 dropped: a character seen fewer than 2 times",
        ]
    )
    assert printed[-1].startswith(f"{len(words)} words") and str(output) in printed[-1]


def test_the_folder_inside_does_as_well(source, output):
    assert made(output, "--source", source / "全唐诗")[0] == [SIMPLE, SIMPLE_BACK]


def test_traditional(source, output):
    texts, _ = made(output, "--source", source, "--traditional")
    assert texts == [POEM.replace("鴈", "雁"), BACK.replace("鴈", "雁")]


def test_dynasty(source, output):
    texts, _ = made(output, "--source", source, "--dynasty", "song")
    assert texts == ["灯花落尽梦初回，回梦初尽落花灯。", "回梦初尽落花灯，灯花落尽梦初回。"]


def test_the_vocabulary_of_another_data_file(source, output, tmp_path):
    words = ["鑫", *SPECIAL, *dict.fromkeys(SIMPLE.replace("残", ""))]
    other = tmp_path / "other.npz"
    write_npz(other, np.zeros((1, 2), np.int32), words)
    put(source / "全唐诗", "tang", ["空山月。", "空山燈。"], 2000)
    texts, printed = made(output, "--source", source, "--vocabulary", other)
    assert texts == ["鑫。", "空山月。"]
    assert read_npz(output)[1] == words
    assert "      3 dropped: characters outside the given vocabulary" in printed


def test_lines_held_out_by_the_other_data_file_are_left_out(source, output, tmp_path, monkeypatch):
    shown = SIMPLE.split("，")[0]
    monkeypatch.setattr(poem_data, "is_held_out", lambda text: text.startswith(shown))
    assert run("--source", source, "--data_path", tmp_path / "tang.npz").exit_code == 0
    poems = [POEM, "獨坐空樓望月殘，遠山雲外鴈聲寒。", "獨坐空樓望月殘，望月空樓坐獨殘。", BACK]
    put(source / "全唐诗", "song", poems)
    texts, printed = made(
        output, "--source", source, "--dynasty", "song", "--vocabulary", tmp_path / "tang.npz"
    )
    assert texts == [SIMPLE, SIMPLE_BACK]  # the first is held out itself, so nobody trains on it
    assert "      2 dropped: a line that is held out" in printed


def test_the_same_input_gives_the_same_bytes_in_every_process(source, tmp_path):
    made_files = []
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.npz"
        script = [sys.executable, str(ROOT / "prepare.py"), "--source", str(source), "--data_path", str(path)]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        result = subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, timeout=60)
        assert (result.returncode, result.stdout) == (0, b"")
        made_files.append(path.read_bytes())
    assert made_files[0] == made_files[1]


def test_a_data_file_that_stood_there_is_replaced(source, output):
    output.parent.mkdir()
    output.write_bytes(b"old")
    assert made(output, "--source", source)[0] == [SIMPLE, SIMPLE_BACK]


@pytest.mark.parametrize("dynasty", ["tang", "song"])
def test_without_a_source_the_poems_are_downloaded(source, output, tmp_path, monkeypatch, dynasty):
    fetched = []

    def fetch(folder, hashes, url):
        fetched.append((folder, dict(hashes), url))
        for path in (source / "全唐诗").iterdir():
            put_at = folder / path.name
            put_at.parent.mkdir(exist_ok=True)
            put_at.write_bytes(path.read_bytes())

    monkeypatch.setattr(config, "DOWNLOADS", tmp_path / "downloads")
    monkeypatch.setattr(download, "fetch", fetch)
    texts, _ = made(output, "--dynasty", dynasty)
    assert ("雁" in texts[0]) == (dynasty == "tang")
    put(tmp_path / "downloads", dynasty, [BACK * 2] * 3, "beside")  # read by nobody
    assert made(output, "--dynasty", dynasty)[0] == texts
    assert fetched[:1] == [
        (tmp_path / "downloads", download.known_files(dynasty), download.BASE_URLS[dynasty])
    ]


def test_a_download_that_fails_is_one_line(output, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(config, "DOWNLOADS", tmp_path / "downloads")
    monkeypatch.setattr(download, "_RETRIES", download._RETRIES.new(backoff_factor=0))
    monkeypatch.setitem(download.BASE_URLS, "tang", "http://127.0.0.1:9/全唐诗")
    result = run("--data_path", output)
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith(
        "Error: cannot fetch http://127.0.0.1:9/全唐诗/poet.tang.0.json"
    )
    assert not output.exists() and not (tmp_path / "downloads").exists()


# What goes wrong


@pytest.mark.parametrize("folder", ["missing", "empty", "elsewhere"])
def test_a_folder_without_poems(source, output, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    put(tmp_path / "elsewhere", "song", [SONG])
    message = fails("--source", tmp_path / folder, "--data_path", output)
    assert str(tmp_path / folder) in message and "--source" in message
    assert not output.parent.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b'[{"paragraphs": ["a"', b"\xff", b"{}x", b"[1]", b'[{"text": "a"}]', b'{"a": [1]}', b"[" * 9999],
)
def test_a_damaged_source(source, output, content):
    path = source / "全唐诗" / "poet.tang.1000.json"
    path.write_bytes(content)
    assert str(path) in fails("--source", source, "--data_path", output)
    assert not output.parent.exists()


@pytest.mark.parametrize(
    ("poems", "reasons"),
    [
        ([], ""),
        (["。"], "; 1 dropped: empty"),
        (["□。", "□。", "。"], "; 2 dropped: lost or described characters; 1 dropped: empty"),
        (["鑫森。"], "; 1 dropped: a character seen fewer than 2 times"),
    ],
)
def test_a_source_of_which_nothing_is_left(tmp_path, output, poems, reasons):
    put(tmp_path / "source", "tang", poems)
    said = fails("--source", tmp_path / "source", "--data_path", output)
    assert said == f"Error: no poem is left of the {len(poems)} of this source{reasons}\n"
    assert not output.parent.exists()


def test_what_is_read_is_not_written_over(source, output, tmp_path, monkeypatch):
    assert run("--source", source, "--data_path", output).exit_code == 0
    monkeypatch.setattr(config, "DOWNLOADS", source)
    monkeypatch.setattr(download, "fetch", lambda *_: pytest.fail("too late"))
    song = source / "全唐诗" / "poet.song.0.json"  # read with another --dynasty
    link = tmp_path / "link"
    link.symlink_to(song)
    before = contents(tmp_path)
    for arguments in (
        ("--source", source, "--data_path", song),
        ("--source", source, "--data_path", link),
        ("--data_path", song),
        ("--source", source, "--data_path", output, "--vocabulary", output),
    ):
        assert "is a file that is read; give another place" in fails(*arguments)
    assert contents(tmp_path) == before


def test_a_count_of_characters_is_not_for_a_given_vocabulary(source, output):
    assert run("--source", source, "--data_path", output).exit_code == 0
    other = ("--data_path", output.with_name("other.npz"), "--vocabulary", output)
    said = fails("--source", source, *other, "--min_count", 2)
    assert "--min_count does not go with --vocabulary" in said


def test_an_output_that_is_a_folder(source, tmp_path):
    (tmp_path / "work").mkdir()
    before = contents(tmp_path)
    message = fails("--source", source, "--data_path", tmp_path / "work")
    assert f"'{tmp_path / 'work'}' is a directory" in message
    assert contents(tmp_path) == before


def test_a_source_whose_name_is_too_long(output):
    assert "File name too long" in fails("--source", "a" * 300, "--data_path", output)


def test_an_output_below_a_file(source, tmp_path):
    (tmp_path / "work").write_bytes(b"mine")
    before = contents(tmp_path)
    assert "cannot write" in fails("--source", source, "--data_path", tmp_path / "work" / "tang.npz")
    assert contents(tmp_path) == before


def test_an_output_whose_name_is_too_long(source, tmp_path):
    before = contents(tmp_path)
    assert "cannot write" in fails("--source", source, "--data_path", tmp_path / ("x" * 300))
    assert contents(tmp_path) == before


def test_a_failure_leaves_the_data_file_that_stood_there(source, output):
    output.parent.mkdir()
    output.write_bytes(b"old")
    put(source / "全唐诗", "tang", ["鑫。"], 1000)
    (source / "全唐诗" / "poet.tang.0.json").write_bytes(b"[")
    fails("--source", source, "--data_path", output)
    assert contents(output.parent) == {output.name: b"old"}


@pytest.mark.parametrize("content", [None, b"", b"PK\x05\x06" + bytes(18), b"no zip"])
def test_a_vocabulary_that_cannot_be_read(source, output, tmp_path, content):
    other = tmp_path / "other.npz"
    if content is not None:
        other.write_bytes(content)
    message = fails("--source", source, "--data_path", output, "--vocabulary", other)
    assert f"cannot read {other}" in message
    assert not output.parent.exists()


def test_a_vocabulary_without_our_tokens(source, output, tmp_path):
    other = tmp_path / "other.npz"
    write_npz(other, np.zeros((1, 2), np.int32), ["春", "秋"])
    assert "<EOP>" in fails("--source", source, "--data_path", output, "--vocabulary", other)
    assert not output.parent.exists()


@pytest.mark.parametrize(
    "args",
    [["--dynasty", "ming"], ["--dynasty"], ["--colour"], ["poems"], ["--traditional=yes"], ["--dynasty", ""]],
)
def test_wrong_options(source, output, args):
    message = fails("--source", source, "--data_path", output, *args)
    assert (args[0].split("=")[0] if args[0].startswith("--") else "poems") in message
    assert not output.parent.exists()


def test_a_source_that_is_a_file(source, output):
    path = source / "全唐诗" / "poet.tang.0.json"
    assert "is a file" in fails("--source", path, "--data_path", output)
    assert not output.parent.exists()


def test_help_names_every_option():
    result = run("--help")
    assert result.exit_code == 0 and result.stderr == ""
    for name in ("source", "data_path", "dynasty", "traditional", "vocabulary"):
        assert f"--{name}" in result.stdout

"""The nearest lines of a corpus."""

import json
import struct

import numpy as np
import pytest
from conftest import one_line_error, run
from hypothesis import given
from hypothesis import strategies as st

from check import check
from poetry.base.errors import PoetryError
from poetry.text.nearest import LineIndex, edit_distance, make_index, open_index

POEMS = [
    ("靜夜思", "李白", "牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。"),
    ("登樓", "朱斌", "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。"),
    ("又", "無名氏", "黃河東海流，白日不知休。"),
    ("三", "無名氏", "黃河入海，疑是地上霜。春山桃李花開又滿枝。"),
]


@pytest.fixture
def folder(tmp_path):
    entries = [{"title": title, "author": author, "paragraphs": [text]} for title, author, text in POEMS]
    entries.append({"paragraphs": ["（殘）"]})
    (tmp_path / "poet.tang.0.json").write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("床前明月光", [("床前看月光", "静夜思", "李白", 1)]),
        ("牀前看月光。", [("床前看月光", "静夜思", "李白", 0)]),
        (
            "黄河入海流",
            [
                ("黄河入海流", "登楼", "朱斌", 0),
                ("黄河东海流", "又", "无名氏", 1),
                ("黄河入海", "三", "无名氏", 1),
            ],
        ),
        ("黄河海流", [("黄河入海流", "登楼", "朱斌", 1), ("黄河东海流", "又", "无名氏", 1)]),
        ("疑是地上霜", [("疑是地上霜", "静夜思", "李白", 0)]),  # the first poem that has it
        ("春山桃李花又开满枝头", [("春山桃李花开又满枝", "三", "无名氏", 3)]),
        ("明光月前床", []),
        ("床前明日光", []),
        ("江水东流映画工", []),
        ("𠀀河入海流", [("黄河入海流", "登楼", "朱斌", 1)]),
    ],
)
def test_the_nearest_lines(folder, line, found):
    index = LineIndex.build(folder)
    told = [(near.line, near.title, near.author, near.distance) for near in index.nearest(line)]
    assert told == found
    assert index.nearest(line, 1) == index.nearest(line)[:1]


@pytest.mark.parametrize("line", ["", "，", "春花，秋月", "abc", "春a"])
def test_what_is_not_one_line(folder, line):
    with pytest.raises(PoetryError, match="not one line|is not"):
        LineIndex.build(folder).nearest(line)


@given(*[st.text(alphabet="山水云", max_size=6)] * 3)
def test_a_distance_is_one(first, second, third):
    assert (edit_distance(first, second) == 0) == (first == second)
    assert edit_distance(first, second) == edit_distance(second, first) <= max(len(first), len(second))
    assert edit_distance(first, third) <= edit_distance(first, second) + edit_distance(second, third)
    assert edit_distance(first + "山", first) == 1


def test_a_line_end_in_a_title_shifts_no_other(tmp_path):
    entries = [("一\n首\t", "甲 ", "春花秋月。"), ("二", "乙", "山水云雨。")]
    entries = [{"title": title, "author": author, "paragraphs": [text]} for title, author, text in entries]
    (tmp_path / "poet.tang.0.json").write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    index = make_index(tmp_path / "lines.npz", tmp_path)
    assert index.poems == (("一 首", "甲"), ("二", "乙"))
    assert LineIndex.load(tmp_path / "lines.npz").poems == index.poems


def test_it_is_kept_in_a_file_and_read_from_there(folder, tmp_path):
    cache = tmp_path / "made" / "lines.npz"
    assert open_index(cache, tmp_path / "none") is None and not cache.exists()
    made = open_index(cache, folder)
    (folder / "poet.tang.0.json").unlink()
    again = open_index(cache, folder)
    assert again.poems == made.poems and again.lines.keys() == made.lines.keys()
    assert again.nearest("床前明月光") == made.nearest("床前明月光") != []
    with pytest.raises(PoetryError, match="holds no poet.tang"):
        make_index(cache, folder)


@pytest.mark.parametrize(
    "damage", ["cut", "text", "numbers", "pickle", "version", "packing", "halves", "floats"]
)
def test_a_damaged_file_is_told(folder, tmp_path, damage):
    cache = tmp_path / "lines.npz"
    index = open_index(cache, folder)
    data = cache.read_bytes()
    if damage == "numbers":
        index.lines[5][1][:] = 99
        index.save(cache)
    elif damage == "halves":
        LineIndex({1: (np.full((1, 1), 0xD800, np.uint16), np.zeros(1, np.int32))}, (("", ""),)).save(cache)
    elif damage == "floats":
        LineIndex({1: (np.full((1, 1), 0x4E00, np.uint16), np.zeros(1))}, (("", ""),)).save(cache)
    elif damage == "version":
        np.savez(cache, version=np.array([1, 1]))
    elif damage == "packing":
        np.savez_compressed(cache, version=np.array(1))
        packed = bytearray(cache.read_bytes())
        packed[30 + sum(struct.unpack("<HH", packed[26:30]))] = 0xFF  # the first byte of what is packed
        cache.write_bytes(packed)
    elif damage == "pickle":
        np.savez(cache, version=np.array([{}], dtype=object))
    else:
        cache.write_bytes(data[: len(data) // 2] if damage == "cut" else b"lines")
    with pytest.raises(PoetryError, match="lines.npz is damaged"):
        open_index(cache, folder)


@pytest.mark.parametrize(
    "error", [NotImplementedError("compression"), OSError(22, "Invalid argument"), TypeError]
)
def test_whatever_reading_raises_the_file_is_told(folder, tmp_path, monkeypatch, error):
    cache = tmp_path / "lines.npz"
    open_index(cache, folder)
    before = cache.read_bytes()

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(np, "load", fail)
    with pytest.raises(PoetryError, match="lines.npz is damaged or cannot be read; remove it"):
        open_index(cache, folder)
    assert cache.read_bytes() == before


def test_a_way_of_packing_that_zipfile_lacks(folder, tmp_path):
    cache = tmp_path / "lines.npz"
    open_index(cache, folder)
    data = bytearray(cache.read_bytes())
    entry = data.index(b"PK\x01\x02")  # of the first member in the directory
    data[entry + 10] = 99
    cache.write_bytes(data)
    with pytest.raises(PoetryError, match="lines.npz is damaged"):
        open_index(cache, folder)


def test_half_of_a_character_pair_does_not_end_the_index(tmp_path):
    entries = [
        {"title": "題\ud800", "author": "\udfff甲", "paragraphs": ["春花秋月。"]},
        {"title": "又", "author": "乙", "paragraphs": ["山\ud800云雨。"]},
    ]
    (tmp_path / "poet.tang.0.json").write_text(json.dumps(entries), encoding="utf-8")
    made = make_index(tmp_path / "lines.npz", tmp_path)
    assert made.poems == LineIndex.load(tmp_path / "lines.npz").poems == (("题\ufffd", "\ufffd甲"),)


def test_the_script(folder, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert "the 全唐诗 is not here" in one_line_error(run(check, "--nearest", "床前明月光"))
    assert "--nearest" in one_line_error(run(check, "--nearest", ""))
    result = run(check, "--nearest", "床前明月光", "--source", folder)
    assert (result.exit_code, result.stdout) == (0, "1 床前看月光  李白《静夜思》\n"), result.output
    assert run(check, "--nearest", "江水东流映画工").stdout == "new\n"
    told = json.loads(run(check, "--nearest", "床前明月光", "--json").stdout)
    assert told == {"nearest": [{"line": "床前看月光", "title": "静夜思", "author": "李白", "distance": 1}]}
    assert "stands alone" in one_line_error(run(check, "--nearest", "床", "春山"))
    assert "give both" in one_line_error(run(check, "--source", folder, "春山"))

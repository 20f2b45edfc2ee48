import json

import pytest

from poetry.base.errors import PoetryError
from poetry.text.chinese_poetry import Raw, read_ci, read_poems


def entry(*paragraphs):
    return {"author": "x", "title": "x", "id": "x", "paragraphs": list(paragraphs)}


def put(path, *poems):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([entry(poem) for poem in poems], ensure_ascii=False), encoding="utf-8")


def test_poems_are_read_in_the_order_of_the_files_numbers(tmp_path):
    for number in (1000, 0, 10000, 2000):
        put(tmp_path / f"poet.tang.{number}.json", f"甲{number}", f"乙{number}")
    put(tmp_path / "poet.song.0.json", "宋")
    put(tmp_path / "authors.tang.json", "人")
    expected = [f"{which}{number}" for number in (0, 1000, 2000, 10000) for which in "甲乙"]
    assert [raw.text for raw in read_poems(tmp_path, "tang")] == expected
    assert [raw.text for raw in read_poems(tmp_path, "song")] == ["宋"]


def test_the_folder_inside_is_found_and_paragraphs_are_joined(tmp_path):
    inner = tmp_path / "全唐诗"
    inner.mkdir()
    (inner / "poet.tang.0.json").write_text(json.dumps([entry("春，", "秋。"), entry()]), encoding="utf-8")
    assert list(read_poems(tmp_path, "tang")) == list(read_poems(inner, "tang"))
    assert [raw.text for raw in read_poems(tmp_path, "tang")] == ["春，秋。", ""]


@pytest.mark.parametrize("dynasty", ["tang", "song"])
def test_a_folder_without_poems_is_refused(tmp_path, dynasty):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(PoetryError, match=f"poet.{dynasty}.N.json") as caught:
            list(read_poems(folder, dynasty))
        assert str(folder) in str(caught.value) and "--source" in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'[{"paragraphs": ["a',
        b"\xff\xfe[]",
        b"[" * 100_000,
        b"null",
        b"7",
        b'"text"',
        b'{"paragraphs": ["a"]}',
        b"[1]",
        b"[[]]",
        b"[{}]",
        b'[{"paragraphs": null}]',
        b'[{"paragraphs": [1]}]',
        b'[{"paragraphs": [["a"]]}]',
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path, content):
    path = tmp_path / "poet.tang.0.json"
    path.write_bytes(content)
    with pytest.raises(PoetryError) as caught:
        list(read_poems(tmp_path, "tang"))
    message = str(caught.value)
    assert str(path) in message and message.splitlines() == [message] and message.endswith("fetch it anew")


def test_ci_go_by_the_name_of_their_tune(tmp_path):
    (tmp_path / "宋词").mkdir()
    entries = [
        {"paragraphs": ["春，"], "rhythmic": "十二时・忆少年"},
        {"paragraphs": ["秋。"], "rhythmic": "浣溪沙"},
    ]
    (tmp_path / "宋词" / "ci.song.0.json").write_text(json.dumps(entries), encoding="utf-8")
    (tmp_path / "宋词" / "author.song.json").write_text("[{}]", encoding="utf-8")
    assert list(read_ci(tmp_path)) == [Raw("春，", tune="忆少年", alias="十二时"), Raw("秋。", tune="浣溪沙")]
    with pytest.raises(PoetryError, match="ci.song.N.json"):
        list(read_ci(tmp_path / "missing"))

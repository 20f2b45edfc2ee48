import codecs
import os

import pytest

from poetry.base.errors import PoetryError
from poetry.text import plain
from poetry.text.plain import Choice, DocumentsReport
from poetry.text.text_data import is_text_data

CSV = """title,genres,text
A,Action|Kids,"one two
three"
B,Drama,four five six (Source: x)
C,Kids,seven
D,,
E
"""


def read(path, encoding=None):
    return "".join(plain.read_file(path, encoding))


def documents(tmp_path, choice=None, text=CSV, column="text"):
    path, report = tmp_path / "a.csv", DocumentsReport()
    path.write_text(text, encoding="utf-8")
    return list(plain.read_csv(path, column, choice or Choice(), report)), report


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("春江 naïve\n".encode(), None),
        (codecs.BOM_UTF8 + "春江 naïve\n".encode(), None),
        (codecs.BOM_UTF16_LE + "春江 naïve\n".encode("utf-16-le"), None),
        (codecs.BOM_UTF16_BE + "春江 naïve\n".encode("utf-16-be"), None),
        (codecs.BOM_UTF32_LE + "春江 naïve\n".encode("utf-32-le"), None),
        (codecs.BOM_UTF32_BE + "春江 naïve\n".encode("utf-32-be"), None),
        (codecs.BOM_UTF8 + "春江 naïve\n".encode(), "utf-8"),
        (codecs.BOM_UTF16_LE + "春江 naïve\n".encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_LE + "春江 naïve\n".encode("utf-16-le"), "utf-16"),
        ("春江 naïve\n".encode("gb18030"), "gb18030"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1 << 20])
def test_encodings_and_pieces(tmp_path, monkeypatch, content, encoding, size):
    monkeypatch.setattr(plain, "_PIECE", size)
    (tmp_path / "a.txt").write_bytes(content)
    assert read(tmp_path / "a.txt", encoding) == "春江 naïve\n"


@pytest.mark.parametrize("size", [1, 2, 1 << 20])
def test_lines_end_in_newlines(tmp_path, monkeypatch, size):
    monkeypatch.setattr(plain, "_PIECE", size)
    (tmp_path / "a.txt").write_bytes(b"a\r\nb\rc\n\td\x1b[2Je\r")
    assert read(tmp_path / "a.txt") == "a\nb\nc\n\td [2Je\n"


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
def test_the_byte_that_does_not_decode_is_named(tmp_path, monkeypatch, size):
    monkeypatch.setattr(plain, "_PIECE", size)
    (tmp_path / "a.txt").write_bytes("春江花".encode() + b"\xd6\xd0")
    with pytest.raises(PoetryError, match=r"a\.txt: byte 10 \(0xd6\) is not UTF-8; .*--encoding gb18030"):
        read(tmp_path / "a.txt")


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
def test_a_mark_counts_among_the_bytes(tmp_path, monkeypatch, size):
    monkeypatch.setattr(plain, "_PIECE", size)
    (tmp_path / "a.txt").write_bytes(codecs.BOM_UTF8 + b"abc\xff")
    with pytest.raises(PoetryError, match=r"byte 7 \(0xff\) is not UTF-8;"):
        read(tmp_path / "a.txt")


def test_an_encoding_that_fails_as_a_whole(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"abcdef")
    with pytest.raises(PoetryError, match="is not UTF-16: .*BOM; give another --encoding"):
        read(tmp_path / "a.txt", "utf-16")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("text,id,text\na,1,b\n", "has 2 columns 'text'"),
        ("\ntext,id\na,1\n", "the first line, which names the columns, is empty"),
        ('text,id\na,1\n\n\n\n\n"abc"def,2\n', "line 7: "),
    ],
)
def test_a_csv_that_is_wrong(tmp_path, text, says):
    with pytest.raises(PoetryError, match=says):
        documents(tmp_path, text=text)


@pytest.mark.parametrize(("content", "says"), [(b"", "is empty"), (b"PK\x03\x04\x00\x00", "is binary")])
def test_what_is_no_text_is_refused(tmp_path, content, says):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(PoetryError, match=says):
        read(tmp_path / "a.txt")


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PoetryError, match="pipe"):
        read(tmp_path / "pipe")
    assert not is_text_data(tmp_path / "pipe")


def test_a_missing_file(tmp_path):
    with pytest.raises(PoetryError, match="cannot read .*none.txt: No such file"):
        read(tmp_path / "none.txt")


def test_documents_of_a_csv(tmp_path):
    found, report = documents(tmp_path)
    assert found == ["one two\nthree", "four five six (Source: x)", "seven"]
    assert (report.read, report.kept, report.dropped) == (5, 3, {"empty": 2})


@pytest.mark.parametrize(
    ("choice", "kept", "reason"),
    [
        (Choice(drop_where=(("genres", "kids"),)), ["four five six (Source: x)"], "genres is kids"),
        (Choice(drop_with=("FIVE",)), ["one two\nthree", "seven"], "holds 'FIVE'"),
        (Choice(min_words=2), ["one two\nthree", "four five six (Source: x)"], "fewer than 2 words"),
        (Choice(max_words=3), ["one two\nthree", "seven"], "more than 3 words"),
        (Choice(cut_at=("(Source", "six")), ["one two\nthree", "four five", "seven"], None),
        (Choice(cut_at=("seven",)), ["one two\nthree", "four five six (Source: x)"], "empty"),
    ],
)
def test_what_is_dropped_and_why(tmp_path, choice, kept, reason):
    found, report = documents(tmp_path, choice)
    assert found == kept
    assert reason is None or report.dropped[reason] >= 1
    assert report.read == report.kept + sum(report.dropped.values())
    assert report.cut == (1 if "six" in choice.cut_at else 0)


def test_a_wrong_column_is_told_the_right_ones(tmp_path):
    with pytest.raises(PoetryError, match="no column 'plot'; its columns are: title, genres, text"):
        documents(tmp_path, column="plot")
    with pytest.raises(PoetryError, match="no column 'genre'"):
        documents(tmp_path, Choice(drop_where=(("genre", "x"),)))


def test_what_is_no_csv(tmp_path):
    with pytest.raises(PoetryError, match="no CSV: line 2"):
        documents(tmp_path, text='text\n"a" b"\n')

import io
import os
import pickle
import struct
import tempfile
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poetry.base.errors import PoetryError
from poetry.text.npz import MAX_WORD_LENGTH, MAX_WORDS, read_npz, write_npz

WORDS = ["月", "花", "𠀀", "，", "<START>", "</s>"]
DATA = np.array([[4, 0, 1, 3], [5, 4, 2, 3], [5, 5, 5, 1]], np.int32)
IX2WORD = dict(enumerate(WORDS))
WORD2IX = {word: ix for ix, word in IX2WORD.items()}
TABLE = [("word", "<U7"), ("ix", "<i4")]


def npy(descr: object, shape: object, payload: bytes, version: int = 1) -> bytes:
    """Return a .npy file whose header claims ``descr`` and ``shape``, whatever ``payload`` is."""
    shape = shape if isinstance(shape, str) else repr(shape)
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + payload


def array_member(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array)
    return file.getvalue()


def pickled_member(value: object, protocol: int = 4) -> bytes:
    return npy("|O", (), pickle.dumps(np.array(value), protocol))


def members(**changes: object) -> dict[str, bytes]:
    """Return the members of a good classic file, but for ``changes``: arrays, dictionaries, bytes or None."""
    made = {"data": DATA, "ix2word": IX2WORD, "word2ix": WORD2IX} | changes
    content = {}
    for name, value in made.items():
        if value is not None:
            value = pickled_member(value) if isinstance(value, dict) else value
            content[name] = array_member(value) if isinstance(value, np.ndarray) else value
    return content


def put(path: Path, content: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, value in content.items():
            archive.writestr(f"{name}.npy", value)
    return path


def refused(path: Path, *phrases: str) -> None:
    with pytest.raises(PoetryError) as caught:
        read_npz(path)
    message = str(caught.value)
    assert message.startswith(f"cannot read {path}: ") and "\n" not in message
    assert message.endswith("; make it anew with: python prepare.py (of any text: with --text FILE)")
    assert len(message) < len(str(path)) + 300
    for phrase in phrases:
        assert phrase in message


def good(path: Path) -> None:
    data, words = read_npz(path)
    assert data.dtype == np.int32 and data.flags.c_contiguous and data.flags.writeable
    assert data.tolist() == DATA.tolist()
    assert words == WORDS


def test_round_trip(tmp_path):
    path = tmp_path / "new folder" / "poems.npz"
    write_npz(path, DATA, WORDS)
    good(path)


@settings(max_examples=40)
@given(st.data())
def test_round_trip_of_any_poems(draw):
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    texts = st.text(characters, min_size=1, max_size=MAX_WORD_LENGTH)
    words = draw.draw(st.lists(texts, min_size=1, max_size=20, unique=True))
    row = st.lists(st.integers(0, len(words) - 1), min_size=3, max_size=3)
    data = draw.draw(st.lists(row, min_size=1, max_size=5))
    with tempfile.TemporaryDirectory() as folder:
        write_npz(Path(folder, "poems.npz"), np.array(data), words)
        read, read_words = read_npz(Path(folder, "poems.npz"))
    assert read.tolist() == data and read_words == words


def test_the_members_are_as_documented_and_need_no_pickle(tmp_path):
    path = tmp_path / "poems.npz"
    write_npz(path, DATA.astype(np.int64), WORDS)
    with np.load(path, allow_pickle=False) as file:
        assert file.files == ["data", "ix2word", "word2ix"]
        assert file["data"].dtype == np.dtype("<i4") and (file["data"] == DATA).all()
        assert file["ix2word"].dtype == np.dtype("<U7") and file["ix2word"].tolist() == WORDS
        assert file["word2ix"].dtype == np.dtype(TABLE)
        assert file["word2ix"].tolist() == sorted(WORD2IX.items())


def test_same_input_same_bytes(tmp_path):
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    write_npz(one, DATA, WORDS)
    write_npz(two, np.asfortranarray(DATA.astype(np.uint8)), list(WORDS))
    assert one.read_bytes() == two.read_bytes()
    for info in zipfile.ZipFile(one).infolist():
        assert info.date_time == (1980, 1, 1, 0, 0, 0)
        assert info.create_system == 3 and info.compress_type == zipfile.ZIP_DEFLATED


@pytest.mark.parametrize(
    "data, words, phrase",
    [
        (DATA + 1, WORDS, "ids from 1 to 6, but there are 6 words"),
        (DATA - 1, WORDS, "ids from -1"),
        (DATA.astype(float), WORDS, "float64"),
        (DATA[0], WORDS, "shape (4,)"),
        (DATA[:0], WORDS, "shape (0, 4)"),
        (DATA[:, :1], WORDS, "shape (3, 1)"),
        (DATA, [], "it has 0 words"),
        (DATA, [*WORDS, "月"], "several ids"),
        (DATA, [*WORDS, ""], "word 6 has 0 characters"),
        (DATA, [*WORDS, "长" * (MAX_WORD_LENGTH + 1)], "word 6 has 17 characters"),
        (DATA, [*WORDS, "a\0"], "no text"),
        (DATA, [*WORDS, "\ud841"], "no text"),
        (DATA, [f"{ix}" for ix in range(MAX_WORDS + 1)], "1 to 100000"),
        (np.broadcast_to(DATA[:1, :1], (1 << 14, 1 << 15)), WORDS, "536870912 ids"),
    ],
)
def test_writes_nothing_that_it_would_not_read(tmp_path, data, words, phrase):
    with pytest.raises(PoetryError) as caught:
        write_npz(tmp_path / "poems.npz", data, words)
    assert str(caught.value).startswith(f"cannot write {tmp_path / 'poems.npz'}: ")
    assert phrase in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8, ">i4", ">u2"])
def test_reads_the_classic_layout(tmp_path, save, dtype):
    path = tmp_path / "tang.npz"
    save(path, data=np.asfortranarray(DATA.astype(dtype)), ix2word=IX2WORD, word2ix=WORD2IX, notes=[1])
    good(path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_reads_every_pickle_protocol(tmp_path, protocol):
    content = members(ix2word=pickled_member(IX2WORD, protocol), word2ix=pickled_member(WORD2IX, protocol))
    good(put(tmp_path / "tang.npz", content, zipfile.ZIP_STORED))
    if protocol < 4:  # NumPy 1's name for the module, which these protocols spell in a line of its own
        old = {name: value.replace(b"numpy._core", b"numpy.core") for name, value in content.items()}
        assert b"numpy.core" in old["ix2word"]
        good(put(tmp_path / "tang.npz", old))


def test_reads_headers_of_python_2_without_a_word(tmp_path):
    content = members(data=npy("<i4", "(3L, 4L)", DATA.tobytes(), version=2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        good(put(tmp_path / "tang.npz", content))


def test_reads_a_mixture_of_the_layouts(tmp_path):
    table = np.array(list(WORD2IX.items()), [("word", ">U9"), ("ix", ">u2")])
    good(put(tmp_path / "a.npz", members(ix2word=np.array(WORDS, ">U9"))))
    good(put(tmp_path / "b.npz", members(word2ix=table)))


FLAWS = {
    "no data": ({"data": None}, "0 members data.npy"),
    "no ix2word": ({"ix2word": None}, "0 members ix2word.npy"),
    "no word2ix": ({"word2ix": None}, "0 members word2ix.npy"),
    "too high": ({"data": DATA + 1}, "ids from 1 to 6"),
    "negative": ({"data": DATA - 1}, "ids from -1 to 4"),
    "beyond int32": ({"data": DATA + (np.int64(1) << 32)}, "ids from 4294967296"),
    "huge unsigned": ({"data": np.full((2, 2), 2**64 - 1, np.uint64)}, "ids from 18446744073709551615"),
    "float": ({"data": DATA.astype(np.float32)}, "float32"),
    "nan": ({"data": np.full((2, 2), np.nan)}, "float64"),
    "bool": ({"data": DATA > 2}, "bool"),
    "complex": ({"data": DATA.astype(complex)}, "complex128"),
    "text": ({"data": DATA.astype(str)}, "<U11"),
    "no rows": ({"data": DATA[:0]}, "shape (0, 4)"),
    "no columns": ({"data": DATA[:, :0]}, "shape (3, 0)"),
    "one column": ({"data": DATA[:, :1]}, "shape (3, 1)"),
    "flat": ({"data": DATA[0]}, "shape (4,)"),
    "a number": ({"data": np.array(3)}, "shape ()"),
    "three axes": ({"data": DATA[None]}, "shape (1, 3, 4)"),
    "objects": ({"data": pickled_member({0: 1})}, "Python objects"),
    "rows of objects": ({"data": DATA.astype(object)}, "Python objects"),
    "record with objects": ({"ix2word": npy([("a", "|O")], (6,), b"\0" * 48)}, "Python objects"),
    "empty dictionary": ({"ix2word": {}, "word2ix": {}}, "ix2word does not lead from"),
    "swapped": ({"ix2word": WORD2IX, "word2ix": IX2WORD}, "ix2word does not lead from numbers"),
    "text ids": ({"ix2word": {str(ix): word for ix, word in IX2WORD.items()}}, "ix2word does not lead"),
    "true for one": ({"ix2word": {True if ix == 1 else ix: WORDS[ix] for ix in IX2WORD}}, "does not lead"),
    "no words": ({"ix2word": IX2WORD | {0: None}}, "ix2word does not lead"),
    "gap": ({"ix2word": IX2WORD | {7: "天"}}, "not the ids 0 to 6"),
    "negative id": ({"ix2word": IX2WORD | {-1: "天"}}, "not the ids 0 to 6"),
    "true for one, inverse": ({"word2ix": WORD2IX | {"花": True}}, "word2ix does not lead"),
    "other id": ({"word2ix": WORD2IX | {"月": 1}}, "not the inverse"),
    "word too many": ({"word2ix": WORD2IX | {"天": 6}}, "not the inverse"),
    "word too few": ({"word2ix": {word: ix for word, ix in WORD2IX.items() if ix}}, "not the inverse"),
    "word twice": ({"ix2word": IX2WORD | {6: "月"}}, "several ids"),
    "empty word": ({"ix2word": IX2WORD | {6: ""}}, "word 6 has 0 characters"),
    "long word": ({"ix2word": IX2WORD | {6: "长" * 17}}, "word 6 has 17 characters"),
    "NUL": ({"ix2word": IX2WORD | {6: "a\0"}}, "no text"),
    "surrogate": ({"ix2word": IX2WORD | {6: "\udc00"}}, "'\\udc00'"),
    "surrogate in array": ({"ix2word": npy("<U1", (1,), b"\x00\xdc\0\0")}, "'\\udc00'"),
    "beyond Unicode": ({"ix2word": npy("<U1", (1,), b"\0\0\x11\0")}, ""),
    "far beyond Unicode": ({"ix2word": npy("<U1", (1,), b"\xff\xff\xff\xff")}, ""),
    "words of no width": ({"ix2word": npy("<U0", (9,), b"")}, "itemsize"),
    "bytes": ({"ix2word": np.array([b"a"] * 6)}, "ix2word does not lead"),
    "square": ({"ix2word": np.array(WORDS).reshape(2, 3)}, "ix2word has the shape (2, 3)"),
    "too many": ({"ix2word": np.zeros(MAX_WORDS + 1, "<U1")}, "ix2word has the shape (100001,)"),
    "plain word2ix": ({"word2ix": np.arange(6)}, "fields word and ix"),
    "other fields": ({"word2ix": np.zeros(6, [("word", "<U7"), ("id", "<i4")])}, "fields word and ix"),
    "float field": ({"word2ix": np.array([*WORD2IX.items()], [("word", "<U7"), ("ix", "<f4")])}, "lead from"),
    "list": ({"ix2word": pickled_member([WORDS])}, "not one dictionary"),
    "eval": ({"ix2word": pickled_member({0: eval})}, "asks for 'builtins.eval'"),
    "deep": ({"ix2word": npy("|O", (), b"\x80\x02)" + b"\x85" * 300_000 + b".")}, "TUPLE1"),
    "no pickle": ({"ix2word": npy("|O", (), b"")}, "exhausted"),
    "two lines": ({"ix2word": npy("|O", (), b"S'a\\nb  \n")}, ""),
    "claimed": ({"data": npy("<i4", (1 << 40, 125), DATA.tobytes())}, "does not fit its 48 bytes"),
    "claimed empty": ({"data": npy("<i4", (1 << 70, 0), b"")}, ""),
    "negative shape": ({"data": npy("<i4", (-3, -4), DATA.tobytes())}, ""),
    "short": ({"data": npy("<i4", (3, 5), DATA.tobytes())}, "does not fit"),
    "long": ({"data": npy("<i4", (3, 4), DATA.tobytes() + b"\0")}, "does not fit"),
    "empty member": ({"data": b""}, ""),
    "no magic": ({"data": b"MZ" * 99}, "magic"),
    "version": ({"data": npy("<i4", (3, 4), b"").replace(b"Y\x01", b"Y\x07")}, "unknown .npy version (7, 0)"),
    "long header": ({"data": npy("<i4", f"(3,{' ' * 1100}4)", DATA.tobytes())}, "Header info length"),
    "huge header": ({"data": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}"}, "header"),
    "deep header": ({"data": npy("<i4", "(" * 400 + ")" * 400, DATA.tobytes())}, ""),
    "minus header": ({"data": npy("<i4", "-" * 900 + "1", DATA.tobytes())}, ""),
    "call in header": ({"data": npy("<i4", "__import__('os').system('touch mark')", b"")}, ""),
}


@pytest.mark.parametrize("changes, phrase", FLAWS.values(), ids=FLAWS)
def test_refuses(tmp_path, changes, phrase):
    refused(put(tmp_path / "tang.npz", members(**changes)), phrase)


def test_refuses_what_is_no_file(tmp_path):
    refused(tmp_path / "missing.npz", "No such file")
    refused(tmp_path, "not a file")
    refused(tmp_path / ("long" * 70), "too long")
    refused(tmp_path / "nul\0", "null")
    for content in (b"", b"PK", b"PK\5\6" + b"\0" * 18, DATA.tobytes(), b"\x93NUMPY"):
        (tmp_path / "other.npz").write_bytes(content)
        refused(tmp_path / "other.npz")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.npz")
        refused(tmp_path / "pipe.npz", "not a file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads every file")
def test_refuses_what_may_not_be_read(tmp_path):
    put(tmp_path / "tang.npz", members()).chmod(0)
    refused(tmp_path / "tang.npz", "Permission denied")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_refuses_unusual_packing(tmp_path, compression):
    refused(put(tmp_path / "tang.npz", members(), compression), "packed in a way")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["data", "ix2word", "word2ix"])
def test_refuses_a_member_that_is_there_twice(tmp_path, name):
    path = put(tmp_path / "tang.npz", members())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{name}.npy", members()[name])
    refused(path, f"2 members {name}.npy")


def test_refuses_encrypted_members(tmp_path):
    path = put(tmp_path / "tang.npz", members())
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\1\2", content.index(b"PK\1\2") + 1) + 8] |= 1  # ix2word, read first
    path.write_bytes(content)
    refused(path, "encrypted")


LIMITS = {"data": (1 << 30) + 1024, "ix2word": 32 << 20, "word2ix": 32 << 20}


@pytest.mark.parametrize("name, limit", LIMITS.items())
def test_refuses_claimed_sizes(tmp_path, name, limit):
    path = put(tmp_path / "tang.npz", members())
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\1\2", 0, content.rindex(name.encode()))
    content[entry + 24 : entry + 28] = struct.pack("<I", limit + 1)
    path.write_bytes(content)
    refused(path, f"{name} claims {limit + 1} bytes, more than the limit of {limit}")


def test_refuses_a_member_with_less_than_it_claims(tmp_path):
    path = put(tmp_path / "tang.npz", members())
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 24] += 1
    path.write_bytes(content)
    refused(path, "data is cut short")


@pytest.mark.parametrize("error", [MemoryError, RecursionError, EOFError])
def test_running_out_of_something_is_told_in_one_line(tmp_path, monkeypatch, error):
    path = put(tmp_path / "tang.npz", members())
    monkeypatch.setattr(np, "frombuffer", lambda *_, **__: (_ for _ in ()).throw(error()))
    refused(path, error.__name__)


def test_a_bomb_unpacks_no_more_than_it_claims(tmp_path):
    path = put(tmp_path / "tang.npz", members(ix2word=bytes(20 << 20)))
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\1\2", 0, content.rindex(b"ix2word"))
    content[entry + 24 : entry + 28] = struct.pack("<I", 1000)
    path.write_bytes(content)
    tracemalloc.start()
    refused(path, "CRC")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_refuses_an_endless_directory(tmp_path):
    entry = b"PK\1\2" + bytes(24) + b"\1\0" + bytes(16) + b"a"
    directory = entry * 30_000  # 1.4 MB
    end = b"PK\5\6" + bytes(8) + struct.pack("<II", len(directory), 0) + b"\0\0"
    (tmp_path / "tang.npz").write_bytes(directory + end)
    refused(tmp_path / "tang.npz", "Truncated central directory")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The bytes of a file in our layout, and of classic ones, stored and deflated."""
    folder = tmp_path_factory.mktemp("files")
    write_npz(folder / "ours.npz", DATA, WORDS)
    put(folder / "stored.npz", members(), zipfile.ZIP_STORED)
    put(folder / "deflated.npz", members())
    return [(folder / f"{name}.npz").read_bytes() for name in ("ours", "stored", "deflated")]


def test_cut_anywhere(tmp_path, files):
    path = tmp_path / "cut.npz"
    for whole in files:
        for length in [*range(0, len(whole), 7), len(whole) - 1]:
            path.write_bytes(whole[:length])
            refused(path)


def read_or_refused(path: Path) -> None:
    try:
        data, words = read_npz(path)
    except PoetryError as error:
        assert "\n" not in str(error)
        return
    assert data.dtype == np.int32 and data.ndim == 2 and data.shape[0] >= 1 and data.shape[1] >= 2
    assert 0 <= data.min() and data.max() < len(words) == len(set(words))
    assert all(type(word) is str and 1 <= len(word.encode()) for word in words)


CHANGES = st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 255)), min_size=1, max_size=8)


@settings(max_examples=150)
@given(st.integers(0, 2), CHANGES)
def test_any_change_of_the_file_is_refused_or_read(files, which, changes):
    content = bytearray(files[which])
    for place, new in changes:
        content[place % len(content)] = new
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "changed.npz")
        path.write_bytes(content)
        read_or_refused(path)


@settings(max_examples=150)
@given(st.sampled_from(["data", "ix2word", "word2ix"]), st.booleans(), CHANGES)
def test_any_change_inside_a_member_is_refused_or_read(name, plain, changes):
    content = members()
    if plain:
        table = np.array(sorted(WORD2IX.items()), TABLE)
        content = members(ix2word=np.array(WORDS), word2ix=table)
    member = bytearray(content[name])
    for place, new in changes:
        member[place % len(member)] = new
    with tempfile.TemporaryDirectory() as folder:
        read_or_refused(put(Path(folder, "changed.npz"), content | {name: bytes(member)}))

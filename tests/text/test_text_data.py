import json
import struct

import numpy as np
import pytest
import safetensors.numpy

from poetry.base.errors import PoetryError
from poetry.text import text_data
from poetry.text.tokens import Characters, Words

ONE = "To be, or not to be, that is the question:\n" * 3
MANY = [f"document number {number}." for number in range(80)]


def write(path, documents, kind=Characters, min_count=1):
    many = len(documents) > 1
    counts = sum((kind.count([document]) for document in documents), start=type(kind.count([]))())
    vocabulary = kind.of(counts, min_count, False, many)
    characters = len("".join(documents))
    size = text_data.write(
        path, lambda: [[document] for document in documents], len(documents), characters, vocabulary
    )
    return size, text_data.load(path)


def test_the_end_of_one_text_is_held_out(tmp_path):
    size, data = write(tmp_path / "a.tokens", [ONE])
    assert size == len(data.ids) == len(ONE) and data.ids.dtype == np.uint8
    assert data.vocabulary.decode(data.ids) == ONE and data.vocabulary.end is None
    assert len(data.held_out) == 13 and data.starts.tolist() == [0]
    assert data.vocabulary.decode(np.concatenate([data.training, data.held_out])) == ONE


def test_of_many_documents_whole_ones_are_held_out(tmp_path):
    _, data = write(tmp_path / "a.tokens", MANY, Words)
    ends = [*data.starts[1:], len(data.ids)]
    parts = [data.ids[start:end] for start, end in zip(data.starts, ends, strict=True)]
    assert all(part[-1] == data.vocabulary.end for part in parts)
    texts = [data.vocabulary.decode(part) for part in parts]
    held_out = [text for text, start in zip(texts, data.starts, strict=True) if start >= data.held_out_from]
    assert sorted(texts) == sorted(MANY) and data.held_out_from in data.starts
    assert held_out == [text for text in MANY if text_data.is_held_out(text)] and held_out


def test_a_document_stays_on_its_side(tmp_path):
    _, data = write(tmp_path / "a.tokens", MANY)
    _, fewer = write(tmp_path / "b.tokens", MANY[::-1][:60])
    few, all_ = (set(side.vocabulary.decode(side.held_out).split(".")) for side in (fewer, data))
    assert few <= all_ and len(few) > 2


def test_of_few_documents_the_end_is_held_out(tmp_path):
    _, data = write(tmp_path / "a.tokens", MANY[:5])
    assert data.vocabulary.character_count(data.held_out) == 9 and data.vocabulary.decode(
        data.held_out
    ).endswith("number 4.")


def test_the_same_text_is_held_out_whatever_the_tokens(tmp_path):
    texts = []
    for kind in (Characters, Words):
        _, data = write(tmp_path / "a.tokens", [ONE * 20], kind)
        texts.append(data.vocabulary.decode(data.held_out))
    assert texts[0].endswith(texts[1]) and 0 <= len(texts[0]) - len(texts[1]) < 12
    assert len(texts[0]) == 258


def test_rare_characters_count_as_any(tmp_path):
    text = "".join(chr(0x4E00 + ix) + "abc" for ix in range(100))
    _, data = write(tmp_path / "a.tokens", [text], min_count=2)
    assert len(data.held_out) == 40 and data.vocabulary.character_count(data.ids) == 400


def test_documents_of_one_side_alone_are_refused(tmp_path):
    trained = next(text for text in MANY if not text_data.is_held_out(text))
    with pytest.raises(
        PoetryError, match="nothing of 60 documents is left to be held out; give more of them"
    ):
        write(tmp_path / "a.tokens", [trained] * 60)


def test_any_safetensors_reader_reads_it(tmp_path):
    _, data = write(tmp_path / "a.tokens", MANY)
    tensors = safetensors.numpy.load_file(tmp_path / "a.tokens")
    assert np.array_equal(tensors["ids"], data.ids) and np.array_equal(tensors["starts"], data.starts)


def test_the_same_text_gives_the_same_file_and_another_another_fingerprint(tmp_path):
    _, data = write(tmp_path / "a.tokens", [ONE])
    _, same = write(tmp_path / "b.tokens", [ONE])
    _, other = write(tmp_path / "c.tokens", [ONE.replace("question", "questino")])
    assert (tmp_path / "a.tokens").read_bytes() == (tmp_path / "b.tokens").read_bytes()
    assert data.fingerprint == same.fingerprint != other.fingerprint


def test_ids_are_as_wide_as_the_vocabulary_needs(tmp_path):
    _, data = write(tmp_path / "a.tokens", ["".join(map(chr, range(0x4E00, 0x4E00 + 257)))])
    assert data.ids.dtype == np.uint16


@pytest.mark.parametrize("documents", [["a"], ["abc"], ["ab", "cd"]])
def test_a_text_that_is_too_short_leaves_nothing(tmp_path, documents):
    with pytest.raises(PoetryError, match="at least 20 are needed"):
        write(tmp_path / "a.tokens", documents)
    assert not list(tmp_path.iterdir())


def forge(path, change):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    about = json.loads(header["__metadata__"]["poetry"])
    change(header, about)
    header["__metadata__"]["poetry"] = json.dumps(about)
    described = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(described)) + described + content[8 + length :])


@pytest.mark.parametrize(
    "change",
    [
        lambda header, about: about["vocabulary"].pop(),
        lambda header, about: about.update(held_out_from=0),
        lambda header, about: about.update(held_out_from=True),
        lambda header, about: about.update(tokens={"kind": "char", "lower": False, "more": 1}),
        lambda header, about: about.update(tokens=None),
        lambda header, about: about.update(format="poetry model 1"),
        lambda header, about: about.update(vocabulary=[1] * 20),
        lambda header, about: header["ids"].update(shape=[2**40], data_offsets=[8, 8 + 2**40]),
        lambda header, about: header["ids"].update(shape=[-1]),
        lambda header, about: header["ids"].update(dtype="F32"),
        lambda header, about: header["ids"].update(dtype=["U8"]),
        lambda header, about: header["starts"].update(dtype="U64"),
        lambda header, about: about.update(held_out_from=about["held_out_from"] + 12),
        lambda header, about: about.update(held_out_from=10**400),
        lambda header, about: header.pop("starts"),
    ],
)
def test_a_forged_file_is_refused(tmp_path, change):
    path = tmp_path / "a.tokens"
    write(path, [ONE])
    forge(path, change)
    with pytest.raises(PoetryError, match="is no data file or is damaged"):
        text_data.load(path)


@pytest.mark.parametrize(
    ("place", "start"), [(0, 1), (0, -1), (1, 0), (2, -(2**62)), (5, 2**62), (79, 2**62), (79, 1)]
)
def test_starts_that_do_not_rise_within_the_text_are_refused(tmp_path, place, start):
    path = tmp_path / "a.tokens"
    _, data = write(path, MANY)
    starts = data.starts.copy()
    starts[place] = start
    replace(path, data.starts, starts)
    with pytest.raises(PoetryError, match="damaged .its documents do not begin one after another.;"):
        text_data.load(path)


def test_a_start_at_the_end_is_refused(tmp_path):
    path = tmp_path / "a.tokens"
    _, data = write(path, MANY)
    replace(path, data.starts, np.append(data.starts[:-1], len(data.ids)))
    with pytest.raises(PoetryError, match="its documents do not begin one after another"):
        text_data.load(path)


@pytest.mark.parametrize("side", ["training", "held_out"])
def test_a_side_without_text_is_refused(tmp_path, side):
    path = tmp_path / "a.tokens"
    _, data = write(path, MANY)
    ids = data.ids.copy()
    ids[slice(data.held_out_from) if side == "training" else slice(data.held_out_from, None)] = (
        data.vocabulary.end
    )
    replace(path, data.ids, ids)
    with pytest.raises(PoetryError, match="one side has no text"):
        text_data.load(path)


def replace(path, old, new):
    """Replace the bytes of an array in a file by those of another one."""
    content = path.read_bytes()
    assert content.count(old.tobytes()) == 1
    path.write_bytes(content.replace(old.tobytes(), new.astype(old.dtype).tobytes()))


@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_a_cut_file_is_refused(tmp_path, size):
    path = tmp_path / "a.tokens"
    write(path, [ONE])
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(PoetryError, match="is no data file or is damaged"):
        text_data.load(path)


def test_it_is_told_from_a_file_of_poems(tmp_path, small_npz):
    write(tmp_path / "a.tokens", [ONE])
    assert text_data.is_text_data(tmp_path / "a.tokens")
    assert not text_data.is_text_data(small_npz) and not text_data.is_text_data(tmp_path / "none")


@pytest.mark.parametrize("first", [MANY, [ONE]])
@pytest.mark.parametrize(
    "change", [lambda first: first[:-1], lambda first: [*first, "a"], lambda first: ["€"] * len(first)]
)
def test_documents_that_change_while_they_are_read_are_refused(tmp_path, first, change):
    vocabulary = Characters.of(Characters.count(first), 1, False, True)
    with pytest.raises(PoetryError, match="changed while it was read"):
        text_data.write(
            tmp_path / "a.tokens",
            lambda: [[document] for document in change(first)],
            len(first),
            len("".join(first)),
            vocabulary,
        )
    assert not list(tmp_path.iterdir())

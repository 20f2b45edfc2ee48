import json
import os

import numpy as np
import pytest
from gpt2_folder import write_tokens

pytest.importorskip("tokenizers", reason="an extra: requirements-bpe.txt")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from poetry.base.errors import PoetryError  # noqa: E402
from poetry.text import bpe, kinds  # noqa: E402
from poetry.text.bpe import Pieces  # noqa: E402


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    return Pieces.read_folder(write_tokens(tmp_path_factory.mktemp("gpt2")))


def test_merges_make_tokens(pieces):
    ids = pieces.encode("the the of 春")
    assert [pieces.words[ix] for ix in ids] == ["t", "he", "Ġthe", "Ġof", "Ġ", "æ", "ĺ", "¥"]
    assert pieces.lengths[ids].tolist() == [1, 2, 4, 3, 1, 1, 0, 0]
    assert pieces.words[pieces.end] == "<|endoftext|>" and pieces.character_count(np.array([pieces.end])) == 0


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=200))
def test_every_text_comes_out_as_it_went_in(pieces, text):
    ids = pieces.encode(text)
    assert pieces.decode(ids) == text and pieces.character_count(ids) == len(text)


@given(st.text("the of\n春.", max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_pieces_of_a_text_do_not_change_its_tokens(pieces, text, cuts):
    places = sorted({0, *(cut for cut in cuts if cut < len(text)), len(text)})
    parts = [text[a:b] for a, b in zip(places, places[1:], strict=False)]
    found = np.concatenate([np.zeros(0, dtype=int), *pieces.encode_pieces(parts)])
    assert found.tolist() == pieces.encode(text).tolist()


@pytest.mark.parametrize("run", [" \n", "the", "春"])
def test_a_run_without_words_is_not_held_back(pieces, monkeypatch, run):
    monkeypatch.setattr(bpe, "_MOST", 40)
    parts = [f"of{run}", *[run * 10] * 50, f"{run} the"]
    found = list(pieces.encode_pieces(parts))
    assert max(map(len, found)) < 200 and len(found) > 10
    assert pieces.decode(np.concatenate(found)) == "".join(parts)


def test_a_long_piece_is_split_between_words(pieces, monkeypatch):
    monkeypatch.setattr(bpe, "_MOST", 4)
    found = np.concatenate(list(pieces.encode_pieces(["the of the o", "f the"])))
    assert found.tolist() == pieces.encode("the of the of the").tolist()


def test_the_last_space_of_a_long_run_stays_with_the_word(pieces, monkeypatch):
    monkeypatch.setattr(bpe, "_MOST", 4)
    found = np.concatenate(list(pieces.encode_pieces([" " * 8, "the"])))
    assert [pieces.words[ix] for ix in found] == ["Ġ"] * 7 + ["Ġthe"]


def test_a_character_comes_with_the_last_of_its_bytes(pieces):
    assert list(pieces.pieces(pieces.encode("a春"))) == ["a", "", "", "春"]
    assert pieces.decode(pieces.encode("a春")[:-1]) == "a\ufffd"


def test_what_would_steer_a_terminal_is_a_space(pieces):
    assert pieces.decode([pieces.word2ix[sign] for sign in ("ě", "a", "Ċ")]) == " a\n"


def test_a_file_tells_its_tokens(pieces):
    again = kinds.restore(pieces.words, json.loads(json.dumps(pieces.spec)))
    assert again.encode("the of").tolist() == pieces.encode("the of").tolist()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("vocab.json", None, "cannot read .*vocab.json: No such file"),
        ("merges.txt", None, "cannot read .*merges.txt: No such file"),
        ("vocab.json", "[1]", "holds no tokens"),
        ("vocab.json", "{", "holds no tokens"),
        ("vocab.json", '{"a": 1}', "the ids of vocab.json are not 0 to 0"),
        ("vocab.json", '{"a": 0}', "255 bytes have no token"),
        ("merges.txt", "x y z\n", "the merges do not fit"),
        ("merges.txt", "x yz\n", "the merges do not fit"),
        ("merges.txt", "xy\n", "the merges do not fit"),
    ],
)
def test_bad_folders(tmp_path, name, content, says):
    write_tokens(tmp_path)
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_text(content)
    with pytest.raises(PoetryError, match=says) as error:
        Pieces.read_folder(tmp_path)
    assert "\n" not in str(error.value)


def test_a_pipe_is_not_waited_for(tmp_path):
    write_tokens(tmp_path)
    (tmp_path / "merges.txt").unlink()
    os.mkfifo(tmp_path / "merges.txt")
    with pytest.raises(PoetryError, match="cannot read .*merges.txt: it is no plain file"):
        Pieces.read_folder(tmp_path)


def test_merges_are_pairs_of_texts(pieces):
    for merges in ([1], [["t", "h"]], ["t h e"]):
        with pytest.raises(PoetryError, match="one is no pair"):
            kinds.restore(pieces.words, pieces.spec | {"merges": merges})

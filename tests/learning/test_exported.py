"""Exported networks compute what the networks themselves do."""

import hashlib
from pathlib import Path

import numpy as np
import paddle
import pytest

from poetry.base.errors import PoetryError
from poetry.learning import checkpoint, container, exported
from poetry.learning.checkpoint import Checkpoint, Provenance
from poetry.learning.model import make_model
from poetry.learning.network import Architecture, select_rows
from poetry.text.poem_vocabulary import SPECIAL, PoemVocabulary

VOCABULARY = PoemVocabulary([*SPECIAL, "，", "。", *"春江花月夜"])
WORDS = len(VOCABULARY)
RECURRENT = [
    Architecture(WORDS, 6, 8, 2),
    Architecture(WORDS, 6, 8, 2, "gru"),
    Architecture(WORDS, 6, 8, 1, "rnn"),
    Architecture(WORDS, 0, 8, 2),
]


def loaded(architecture, **more):
    model = make_model(architecture, 0.5)
    model.initialise(1)
    provenance = Provenance(3, 5, "f", {"all": 7.0})
    extras = {"lines": np.arange(3, dtype=np.uint8)}
    return Checkpoint("of no file", model, VOCABULARY, provenance, extras, sha256="0" * 64, **more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    exported.save(folder, loaded(RECURRENT[0]))
    return folder


@pytest.mark.parametrize("architecture", RECURRENT, ids=str)
@paddle.no_grad()
def test_logits_and_states_are_the_network_s_own(architecture, tmp_path):
    before = loaded(architecture)
    exported.save(tmp_path / "new" / "folder", before)
    after = exported.load(tmp_path / "new" / "folder")
    ids = paddle.to_tensor(np.random.default_rng(1).integers(0, WORDS, (3, 5)))
    states = [None, None]
    for part in (ids[:, :3], ids[:, 3:]):  # neither is contiguous
        found = []
        for ix, model in enumerate((before.model, after.model)):
            features, state = model.features(part, states[ix])
            found.append(model.output(features).numpy())
            states[ix] = select_rows(state, [2, 0, 1])
        assert found[0].shape == found[1].shape == (3, part.shape[1], WORDS)
        np.testing.assert_allclose(found[1], found[0], atol=1e-5)
    for layer, others in zip(*states, strict=True):
        for tensor, other in zip(layer, others, strict=True):
            np.testing.assert_allclose(other.numpy(), tensor.numpy(), atol=1e-5)


def test_all_else_comes_along(folder):
    before, after = loaded(RECURRENT[0]), exported.load(folder)
    assert after.vocabulary.words == before.vocabulary.words and after.provenance == before.provenance
    assert after.model.architecture == before.model.architecture and after.sha256 == before.sha256
    np.testing.assert_array_equal(after.extras["lines"], before.extras["lines"])


def test_a_network_whose_memory_grows_is_refused(tmp_path):
    with pytest.raises(PoetryError, match="a gpt is not exported: what it remembers grows"):
        exported.save(tmp_path / "gpt", loaded(Architecture(WORDS, 0, 8, 1, "gpt", 2, 4)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [exported.HEADER, *exported.FILES])
def test_what_is_missing_or_damaged_is_named(folder, tmp_path, name):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    exported.load(tmp_path)
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PoetryError, match=f"{name}.*; make it anew with export.py"):
        exported.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(PoetryError, match=f"{name}.*; make it anew with export.py"):
        exported.load(tmp_path)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", exported.FILES)
@pytest.mark.parametrize("lost", [1, 4096, None])
def test_what_paddle_could_not_write_replaces_no_export(tmp_path, monkeypatch, name, lost):
    exported.save(tmp_path, loaded(RECURRENT[0]))
    before = contents(tmp_path)
    save = paddle.jit.save

    def save_to_a_full_disk(layer, path, **named):
        save(layer, path, **named)
        written = Path(path).parent / name
        if lost is None:
            written.unlink()
            raise RuntimeError(f"(Unavailable) Cannot open {written} to save variables.")
        written.write_bytes(written.read_bytes()[:-lost])

    monkeypatch.setattr(paddle.jit, "save", save_to_a_full_disk)
    with pytest.raises(PoetryError, match="has no room for the files that Paddle writes; make room there"):
        exported.save(tmp_path, loaded(RECURRENT[1]))
    assert contents(tmp_path) == before


def test_a_full_disk_leaves_the_export_that_stood_there(tmp_path, monkeypatch):
    exported.save(tmp_path, loaded(RECURRENT[0]))
    before, synced = contents(tmp_path), []

    def full(number):
        synced.append(number)
        if len(synced) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(PoetryError, match=f"{exported.HEADER}: No space left on device; .* is untouched"):
        exported.save(tmp_path, loaded(RECURRENT[1]))
    assert contents(tmp_path) == before


def test_a_program_that_paddle_cannot_load_is_one_line(folder, tmp_path):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    cut = (tmp_path / exported.WEIGHTS).read_bytes()[:100]
    (tmp_path / exported.WEIGHTS).write_bytes(cut)
    tensors, header, _ = container.read(tmp_path / exported.HEADER, container.EXPORT)
    header["files"][exported.WEIGHTS] = hashlib.sha256(cut).hexdigest()
    container.write(tmp_path / exported.HEADER, tensors, header)
    with pytest.raises(PoetryError, match="holds no network that Paddle can load; make it anew with"):
        exported.load(tmp_path)


@pytest.mark.parametrize("state", [None, [[3]], [[[0]]], [[["8"]]], [[[2**30]]], {}])
def test_a_header_that_tells_of_no_state(folder, tmp_path, state):
    tensors, header, _ = container.read(folder / exported.HEADER, container.EXPORT)
    container.write(tmp_path / exported.HEADER, tensors, header | {"state": state})
    with pytest.raises(PoetryError, match="does not tell of a state"):
        exported.load(tmp_path)


LAYER = [[8], [8]]  # the state of a layer


@pytest.mark.parametrize("state", [[], [LAYER], [LAYER, [[8], [9]]], [LAYER] * 3])
def test_a_header_of_another_program_is_refused(folder, tmp_path, state):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tensors, header, _ = container.read(folder / exported.HEADER, container.EXPORT)
    assert header["state"] == [LAYER] * 2
    container.write(tmp_path / exported.HEADER, tensors, header | {"state": state})
    with pytest.raises(PoetryError, match="step.header does not fit the program beside it; make it anew"):
        exported.load(tmp_path)


def test_a_header_of_more_words_is_refused(folder, tmp_path):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tensors, header, _ = container.read(folder / exported.HEADER, container.EXPORT)
    header["architecture"]["vocabulary_size"] += 1
    header["vocabulary"].append("山")
    container.write(tmp_path / exported.HEADER, tensors, header)
    with pytest.raises(PoetryError, match="does not fit the program"):
        exported.load(tmp_path)


def test_a_checkpoint_is_no_export(folder, tmp_path):
    with pytest.raises(PoetryError, match="is no poetry model of this program"):
        checkpoint.load_model(folder / exported.HEADER)


@pytest.mark.parametrize("name", exported.FILES)
def test_files_of_others_are_left_untouched(tmp_path, name):
    (tmp_path / name).write_text("another's")
    with pytest.raises(PoetryError, match=f"{name} is no part of an export"):
        exported.save(tmp_path, loaded(RECURRENT[0]))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "another's"

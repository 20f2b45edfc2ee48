import errno
import hashlib
import json
import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
import time

import numpy as np
import paddle
import pytest
import safetensors.numpy
from conftest import ROOT

from poetry.base.errors import PoetryError
from poetry.composing.known import known_lines
from poetry.learning import checkpoint
from poetry.learning.checkpoint import Provenance, load_model, save_model
from poetry.learning.model import make_model
from poetry.learning.network import Architecture
from poetry.text.poem_vocabulary import EOP, PAD, START, PoemVocabulary
from poetry.verse.lines import LineSet

VOCABULARY = PoemVocabulary([*"，。春秋月", EOP, START, PAD])
SIZES = Architecture(8, 4, 6, 2)
EXTRAS = {"lines": LineSet.of(["春秋春秋月", "月春秋月春"]).pack()}
PROVENANCE = Provenance(3, 120, "abc", {"all": 90.5, "characters": 200.25})


@pytest.fixture
def model():
    paddle.seed(3)
    return make_model(SIZES)


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "model.params.3"
    save_model(path, model, VOCABULARY, PROVENANCE, EXTRAS)
    return path


def rewrite(path, change):
    """Write ``path`` anew after ``change(tensors, header)``."""
    with safetensors.safe_open(path, framework="np") as file:
        header = json.loads(file.metadata()["poetry"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    change(tensors, header)
    safetensors.numpy.save_file(tensors, path, metadata={"poetry": json.dumps(header)})


def test_what_is_saved_is_loaded(saved, model):
    loaded = load_model(saved)
    assert loaded.vocabulary.words == VOCABULARY.words
    assert loaded.provenance == PROVENANCE
    assert loaded.model.architecture == SIZES
    assert "月春秋月春" in known_lines(loaded) and len(known_lines(loaded)) == 2
    for name, tensor in model.weights().items():
        assert (loaded.model.weights()[name].numpy() == tensor.numpy()).all()
    assert checkpoint.heldout_perplexity(saved) == 90.5


def test_the_hash_is_that_of_what_was_read(saved):
    hashed = hashlib.sha256(saved.read_bytes()).hexdigest()
    loaded = load_model(saved)
    saved.write_bytes(b"another file")
    assert loaded.sha256 == hashed


def test_same_contents_same_bytes(saved, model, tmp_path):
    save_model(tmp_path / "again", model, VOCABULARY, PROVENANCE, EXTRAS)
    assert (tmp_path / "again").read_bytes() == saved.read_bytes()


def test_half_precision_is_half_the_size_and_near(saved, model, tmp_path):
    half = tmp_path / "half"
    save_model(half, model, VOCABULARY, PROVENANCE, EXTRAS, half=True)
    weights = sum(tensor.size for tensor in model.weights().values())
    assert (
        abs(saved.stat().st_size - half.stat().st_size - 2 * weights) < 100
    )  # their headers differ a little
    for name, tensor in load_model(half).model.weights().items():
        assert tensor.numpy().dtype == np.float32
        np.testing.assert_allclose(tensor.numpy(), model.weights()[name].numpy(), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("kept", [0, 5, 8, 100, 1000, -1])
def test_a_cut_file_is_refused(saved, kept):
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(PoetryError, match="damaged"):
        load_model(saved)


def test_numbers_of_a_type_that_numpy_lacks_are_named(model, tmp_path):
    path = tmp_path / "model.params.1"
    save_model(path, model, VOCABULARY, PROVENANCE, EXTRAS, half=True)
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = content[8 : 8 + length].replace(b'"F16"', b'"BF16"')
    path.write_bytes(struct.pack("<Q", len(header)) + header + content[8 + length :])
    with pytest.raises(PoetryError, match="holds 'BF16' numbers; float32 and float16 are read"):
        checkpoint.load_model(path)


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "model.params.1"
    with pytest.raises(PoetryError, match="does not exist"):
        load_model(path)
    path.write_bytes(b"some text\n" * 100)
    with pytest.raises(PoetryError, match="is no poetry model"):
        load_model(path)
    safetensors.numpy.save_file({"w": np.zeros(3)}, path)
    with pytest.raises(PoetryError, match="is no poetry model"):
        load_model(path)
    with pytest.raises(PoetryError, match="cannot read"):
        load_model(tmp_path)


class Hostile:
    def __reduce__(self):
        return (os.mkdir, ("hostile-code-ran",))


def test_a_pickle_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.params.1").write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(PoetryError):
        load_model(tmp_path / "model.params.1")
    assert not (tmp_path / "hostile-code-ran").exists()


def set_header(**values):
    return lambda tensors, header: header.update(values)


def drop_header(name):
    return lambda tensors, header: header.pop(name)


def with_nan(tensors, _header):
    tensors["output.bias"][2] = np.nan


@pytest.mark.parametrize(
    ("value", "half"), [(np.nan, False), (np.inf, False), (-1e7, False), (np.nan, True), (1e5, True)]
)
def test_what_could_not_be_loaded_is_not_saved(saved, model, value, half):
    before = saved.read_bytes()
    model.output.bias.set_value(np.full(8, value, dtype=np.float32))
    with pytest.raises(PoetryError, match="output.bias has values that are no weights of float"):
        save_model(saved, model, VOCABULARY, PROVENANCE, EXTRAS, half)
    assert saved.read_bytes() == before


def with_huge_numbers(tensors, _header):
    for name in tensors.keys() - {"lines"}:
        tensors[name] = np.full_like(tensors[name], -3e38)


def with_infinity(tensors, _header):
    tensors["lstm.1.weight_hh_l0"][0, 0] = np.inf


def with_other_shape(tensors, _header):
    tensors["output.bias"] = np.zeros(9, dtype=np.float32)


def with_tensor_more(tensors, _header):
    tensors["another"] = np.zeros(2, dtype=np.float32)


def with_whole_numbers_more(tensors, _header):
    tensors["another"] = np.zeros(2, dtype=np.int64)


def with_tensor_less(tensors, _header):
    del tensors["lstm.0.bias_hh_l0"]


def with_other_numbers(tensors, _header):
    tensors["output.bias"] = np.zeros(8, dtype=np.int64)


NO_COUNTS = (-1, 1.0, True, "3", None, 2**53, float("inf"))
NO_PERPLEXITIES = (-1, 0, True, "3", None, 10**400, float("inf"), float("nan"))
SIZE_NAMES = ("vocabulary_size", "embedding_size", "hidden_size", "num_layers")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (with_nan, "not finite"),
        (with_infinity, "not finite"),
        (with_huge_numbers, "holds float32 numbers that are no weights"),
        (with_other_shape, "output.bias"),
        (with_tensor_more, "another"),
        (with_whole_numbers_more, "another"),
        (with_tensor_less, "lstm.0.bias_hh_l0"),
        (with_other_numbers, "output.bias"),
        (set_header(vocabulary=list("春秋")), "header"),
        (set_header(vocabulary=[*VOCABULARY.words, "花"]), "9 words"),
        (set_header(vocabulary=[*VOCABULARY.words[:-4], "春", *VOCABULARY.words[-3:]]), "twice"),
        (
            set_header(vocabulary=[*VOCABULARY.words[:-4], "\x1b[31m", *VOCABULARY.words[-3:]]),
            "cannot be printed",
        ),
        (
            set_header(vocabulary=[*VOCABULARY.words[:-4], "\ud800", *VOCABULARY.words[-3:]]),
            "cannot be printed",
        ),
        (set_header(vocabulary=[1] * 8), "header"),
        (set_header(vocabulary=None), "header"),
        (set_header(architecture=dict.fromkeys(SIZE_NAMES, 10**9)), "header"),
        (set_header(architecture=dict.fromkeys(SIZE_NAMES, 10**6)), "more than 1000 layers"),
        (set_header(architecture=dict.fromkeys(SIZE_NAMES, 1000)), "words"),
        (set_header(architecture={"hidden_size": 3}), "header"),
        (set_header(architecture=[]), "header"),
        (set_header(heldout_perplexity=3), "header"),
        (set_header(epoch="three"), "header"),
        *[(set_header(**{name: number}), "header") for name in ("epoch", "step") for number in NO_COUNTS],
        *[(set_header(heldout_perplexity={"all": number}), "header") for number in NO_PERPLEXITIES],
        (set_header(heldout_perplexity=[1.0]), "held-out perplexity is no number"),
        (set_header(fingerprint=None), "does not tell its data"),
        (set_header(by_document=1), "does not tell its data"),
        (set_header(vocabulary=["", *VOCABULARY.words[1:]]), "an empty word"),
        (set_header(format="poetry model 99"), "is no poetry model"),
        (drop_header("format"), "is no poetry model"),
        (drop_header("step"), "header"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(saved, change, says):
    rewrite(saved, change)
    with pytest.raises(PoetryError, match=says) as error:
        load_model(saved)
    assert str(saved) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("number", NO_PERPLEXITIES)
def test_a_perplexity_that_cannot_be_is_never_the_best(saved, number):
    rewrite(saved, set_header(heldout_perplexity={"all": number}))
    assert checkpoint.heldout_perplexity(saved) == float("inf")


def test_lists_are_newest_first(tmp_path):
    for name in ("model.params.2", "model.params.10", "model.params.9", "model.params.x", "training.state.5"):
        (tmp_path / name).touch()
    assert [path.suffix for path in checkpoint.list_models(tmp_path)] == [".10", ".9", ".2"]
    assert [path.suffix for path in checkpoint.list_states(tmp_path)] == [".5"]
    assert checkpoint.list_models(tmp_path / "missing") == []


def test_training_state_round_trip(tmp_path):
    path = checkpoint.state_path(tmp_path, 7)
    checkpoint.save_state(path, {"a/b": np.arange(3.0)}, {"position": {"epoch": 1}})
    tensors, header = checkpoint.load_state(path)
    assert (tensors["a/b"] == np.arange(3.0)).all() and header["position"] == {"epoch": 1}
    with pytest.raises(PoetryError, match="is no poetry model"):
        load_model(path)


SAVING = """
import sys
sys.path.insert(0, {root!r})
import numpy as np
from pathlib import Path
from poetry.learning import checkpoint
number = 0
while True:
    number += 1
    tensors = {{"weight": np.full(2_000_000, number, dtype=np.float32)}}
    checkpoint.save_state(Path({path!r}), tensors, {{"number": number}})
    print(number, flush=True)
"""


def test_kill_9_while_saving_leaves_a_whole_file(tmp_path):
    path = tmp_path / "training.state.1"
    code = SAVING.format(root=str(ROOT), path=str(path))
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    random = np.random.default_rng(0)
    for _ in range(3):
        process.stdout.readline()
    try:
        for _ in range(20):  # look while it writes
            time.sleep(random.uniform(0, 0.01))
            tensors, header = checkpoint.load_state(path)
            assert (tensors["weight"] == header["number"]).all()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    tensors, header = checkpoint.load_state(path)
    assert (tensors["weight"] == header["number"]).all()


def test_a_full_disk_leaves_the_previous_checkpoint(saved, model):
    before = saved.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(PoetryError, match="cannot write .* untouched"):
            save_model(saved, model, VOCABULARY, PROVENANCE, EXTRAS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_file_is_written_where_folders_cannot_be_flushed(model, tmp_path, monkeypatch):
    """As on some network shares: its rename cannot be made to last, but nothing has failed."""
    opened = os.open

    def open_files_only(path, *arguments, **options):
        if os.path.isdir(path):
            raise OSError(errno.EINVAL, "Invalid argument")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", open_files_only)
    save_model(tmp_path / "model.params.1", model, VOCABULARY, PROVENANCE, EXTRAS)
    assert [path.name for path in tmp_path.iterdir()] == ["model.params.1"]


def test_an_unwritable_folder_is_named(model, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PoetryError, match="cannot write"):
        save_model(tmp_path / "file" / "model.params.1", model, VOCABULARY, PROVENANCE, EXTRAS)

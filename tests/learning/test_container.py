"""Files of tensors and one JSON text; how damaged ones are refused is tested in test_checkpoint.py."""

import hashlib

import numpy as np
import pytest

from poetry.base.errors import PoetryError
from poetry.learning import container
from poetry.learning.container import EXPORT, MODEL, STATE

TENSORS = {"a": np.arange(3, dtype=np.uint8), "b": np.ones((2, 2), np.float32)}


@pytest.fixture
def path(tmp_path):
    container.write(tmp_path / "a", TENSORS, {"format": STATE, "folder": tmp_path})
    return tmp_path / "a"


def test_what_is_written_is_read_with_its_paths_as_text(path):
    tensors, header, sha256 = container.read(path, STATE)
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert tensors.keys() == TENSORS.keys() and all(
        (tensors[name] == TENSORS[name]).all() for name in tensors
    )
    assert header == container.read_header(path, STATE) == {"format": STATE, "folder": str(path.parent)}


@pytest.mark.parametrize("reader", [container.read, container.read_header])
@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (MODEL, "is no poetry model of this program, or is damaged; train one with train.py or give another"),
        (EXPORT, "is no poetry export of this program, or is damaged; make it anew with export.py"),
    ],
)
def test_another_kind_of_file_is_refused(path, reader, kind, says):
    with pytest.raises(PoetryError, match=says):
        reader(path, kind)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_refused(tmp_path, dtype, value):
    container.write(tmp_path / "a", {"w": np.array([1, value], dtype)}, {"format": STATE})
    with pytest.raises(PoetryError, match="w holds values that are not finite"):
        container.read(tmp_path / "a", STATE)

import math
import os

import numpy as np
import paddle
import pytest
from gpt2_folder import CONTEXT, HEADS, LAYERS, WIDTH, make_tensors, write_weights

from poetry.base.errors import PoetryError
from poetry.learning.gpt2 import load_folder


def norm(x, weight, bias):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * weight + bias


def logits_by_hand(tensors, ids):
    """The formulas of GPT-2, place by place and head by head: (T, WORDS)."""
    t = {name.removeprefix("transformer."): tensor.astype(np.float64) for name, tensor in tensors.items()}
    x = t["wte.weight"][ids] + t["wpe.weight"][: len(ids)]
    for layer in range(LAYERS):
        p = {name.removeprefix(f"h.{layer}."): tensor for name, tensor in t.items()}
        read = norm(x, p["ln_1.weight"], p["ln_1.bias"]) @ p["attn.c_attn.weight"] + p["attn.c_attn.bias"]
        queries, keys, values = np.split(read, 3, axis=1)
        found = np.zeros_like(x)
        for head in range(HEADS):
            part = slice(head * WIDTH // HEADS, (head + 1) * WIDTH // HEADS)
            for place in range(len(ids)):
                scores = keys[: place + 1, part] @ queries[place, part] / math.sqrt(WIDTH // HEADS)
                shares = np.exp(scores - scores.max())
                found[place, part] = shares / shares.sum() @ values[: place + 1, part]
        x = x + found @ p["attn.c_proj.weight"] + p["attn.c_proj.bias"]
        wide = norm(x, p["ln_2.weight"], p["ln_2.bias"]) @ p["mlp.c_fc.weight"] + p["mlp.c_fc.bias"]
        wide = 0.5 * wide * (1 + np.tanh(math.sqrt(2 / math.pi) * (wide + 0.044715 * wide**3)))
        x = x + wide @ p["mlp.c_proj.weight"] + p["mlp.c_proj.bias"]
    return norm(x, t["ln_f.weight"], t["ln_f.bias"]) @ t["wte.weight"].T


@pytest.mark.parametrize("prefix", ["transformer.", ""])
def test_its_logits_are_those_of_the_formulas(tmp_path, prefix):
    tensors = make_tensors(prefix)
    model = load_folder(write_weights(tmp_path, tensors), dropout=0.5)
    model.eval()
    ids = [3, 1, 4, 1, 5, 9]
    with paddle.no_grad():
        logits, _ = model(paddle.to_tensor([ids]))
    assert np.allclose(logits[0].numpy(), logits_by_hand(tensors, ids), atol=1e-4)
    sizes = model.architecture
    assert (sizes.hidden_size, sizes.num_layers, sizes.heads, sizes.context) == (
        WIDTH,
        LAYERS,
        HEADS,
        CONTEXT,
    )


def test_without_a_config_a_head_has_64_features(tmp_path):
    tensors = make_tensors()
    write_weights(tmp_path, tensors)
    (tmp_path / "config.json").unlink()
    assert load_folder(tmp_path).architecture.heads == 1


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("h.1.ln_2.bias", lambda tensor: None, r"h\.1\.ln_2\.bias is None, expected \[8\]"),
        (
            "h.0.mlp.c_fc.weight",
            lambda tensor: tensor.T.copy(),
            r"c_fc\.weight is \[32, 8\], expected \[8, 32\]",
        ),
        ("wte.weight", lambda tensor: None, r"wte\.weight is missing or no matrix"),
        ("ln_f.bias", lambda tensor: tensor * np.nan, "ln_f.bias does not hold weights of float"),
        ("ln_f.bias", lambda tensor: tensor.astype(np.int64), "ln_f.bias does not hold weights of float"),
    ],
)
def test_bad_tensors(tmp_path, name, change, says):
    tensors = make_tensors("")
    tensors[name] = change(tensors[name])
    write_weights(tmp_path, {name: tensor for name, tensor in tensors.items() if tensor is not None})
    with pytest.raises(PoetryError, match=says):
        load_folder(tmp_path)


def test_bad_folders(tmp_path):
    with pytest.raises(PoetryError, match="model.safetensors does not exist"):
        load_folder(tmp_path)
    write_weights(tmp_path, make_tensors(), heads=3)
    with pytest.raises(PoetryError, match="--hidden_size 8 is no multiple of --heads 3"):
        load_folder(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(PoetryError, match="does not tell n_head"):
        load_folder(tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(PoetryError, match="cannot read .*model.safetensors"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("model.safetensors", "cannot read .*model.safetensors: it is no plain file"),
        ("config.json", "config.json does not tell n_head"),
    ],
)
def test_a_pipe_is_not_waited_for(tmp_path, name, says):
    write_weights(tmp_path, make_tensors())
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(PoetryError, match=says):
        load_folder(tmp_path)

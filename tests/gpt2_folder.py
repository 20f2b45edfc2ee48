"""A GPT-2's folder, made up and tiny: names and shapes are those of the published ones."""

import json

import numpy as np
import safetensors.numpy

from poetry.text.bpe import END, _bytes_by_sign

MERGES = ["Ġ t", "h e", "Ġt he", "o f", "Ġ of"]
WIDTH, LAYERS, HEADS, CONTEXT, WORDS = 8, 2, 2, 6, 11


def make_tensors(prefix="transformer.", words=WORDS):
    random = np.random.default_rng(4)
    shapes = {"wte.weight": (words, WIDTH), "wpe.weight": (CONTEXT, WIDTH)}
    for layer in range(LAYERS):
        for name, inputs, outputs in (
            ("attn.c_attn", WIDTH, 3 * WIDTH),
            ("attn.c_proj", WIDTH, WIDTH),
            ("mlp.c_fc", WIDTH, 4 * WIDTH),
            ("mlp.c_proj", 4 * WIDTH, WIDTH),
        ):
            shapes[f"h.{layer}.{name}.weight"] = (inputs, outputs)
            shapes[f"h.{layer}.{name}.bias"] = (outputs,)
        for name in ("ln_1", "ln_2"):
            shapes[f"h.{layer}.{name}.weight"] = shapes[f"h.{layer}.{name}.bias"] = (WIDTH,)
    shapes["ln_f.weight"] = shapes["ln_f.bias"] = (WIDTH,)
    tensors = {
        prefix + name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()
    }
    tensors[f"{prefix}h.0.attn.bias"] = np.tril(np.ones((1, 1, CONTEXT, CONTEXT), dtype=np.float32))
    tensors[f"{prefix}h.0.attn.masked_bias"] = np.array(-1e4, dtype=np.float32)
    tensors["lm_head.weight"] = tensors[prefix + "wte.weight"].copy()
    return tensors


def write_weights(folder, tensors, heads=HEADS):
    safetensors.numpy.save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"n_head": heads}))
    return folder


def write_tokens(folder, merges=MERGES):
    words = [*sorted(_bytes_by_sign()), *(merge.replace(" ", "") for merge in merges), END]
    (folder / "vocab.json").write_text(json.dumps({word: ix for ix, word in enumerate(words)}))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    return folder

"""What every network has to do, whatever its kind; then what is a kind's own."""

import dataclasses
import math

import numpy as np
import paddle
import pytest

from poetry.base.errors import PoetryError
from poetry.learning import model as models
from poetry.learning.model import choose_sizes, make_model
from poetry.learning.network import Architecture, detach, join_rows, select_rows

WORDS = 20
SCALE = 20  # of a GPT's weights, which begin small
LSTM = Architecture(WORDS, embedding_size=6, hidden_size=8, num_layers=3)
GPT = Architecture(WORDS, 0, hidden_size=8, num_layers=2, kind="gpt", heads=2, context=12)
ALL = {
    "lstm": LSTM,
    "gru": dataclasses.replace(LSTM, kind="gru"),
    "rnn": dataclasses.replace(LSTM, kind="rnn"),
    "lstm of one-hot input": dataclasses.replace(LSTM, embedding_size=0),
    "gru of one-hot input": dataclasses.replace(LSTM, kind="gru", embedding_size=0),
    "rnn of one-hot input": dataclasses.replace(LSTM, kind="rnn", embedding_size=0),
    "gpt": GPT,
    "gpt past its context": dataclasses.replace(GPT, context=6),
    "gpt of an odd context": dataclasses.replace(GPT, context=5, heads=1),
}


def made(architecture, dropout=0.0):
    """A model whose weights are large enough to tell its inputs apart."""
    paddle.seed(1)
    model = make_model(architecture, dropout)
    model.initialise(2)
    if architecture.kind == "gpt":
        for name, weight in model.weights().items():
            if ".ln_" not in f".{name}":
                weight.set_value(SCALE * weight)
    model.eval()
    return model


@pytest.fixture(params=ALL, ids=str)
def model(request):
    return made(ALL[request.param])


def some_ids(rows, length, seed=0):
    return paddle.to_tensor(np.random.default_rng(seed).integers(0, WORDS, (rows, length)))


def close(a, b):
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-5)


def all_close(state, other):
    for parts, others in zip(state, other, strict=True):
        for part, its_other in zip(parts, others, strict=True):
            close(part, its_other)


def one_by_one(model, ids, state):
    logits = []
    for column in range(ids.shape[1]):
        step, state = model(ids[:, column : column + 1], state)
        logits.append(step)
    return paddle.concat(logits, axis=1), state


def test_state_carries_all_memory(model):
    ids = some_ids(2, 11)
    whole, end = model(ids)
    assert whole.shape == [2, 11, WORDS]
    first, state = model(ids[:, :4], model.initial_state(2))
    second, state = model(ids[:, 4:], state)
    close(paddle.concat([first, second], axis=1), whole)
    all_close(state, end)
    single, state = one_by_one(model, ids, None)
    close(single, whole)
    all_close(state, end)


def test_memory_counts(model):
    """The id before the last one is of weight: a state that carried nothing would pass other tests."""
    ids, others = some_ids(1, 11), some_ids(1, 11)
    others[0, -2] = (int(ids[0, -2]) + 1) % WORDS
    assert np.abs(model(ids)[0][0, -1].numpy() - model(others)[0][0, -1].numpy()).max() > 1e-3


def test_rows_are_on_axis_0_and_can_be_selected(model):
    ids, more = some_ids(3, 7), some_ids(4, 6, seed=1)
    _, state = model(ids)
    assert all(part.shape[0] == 3 for parts in state for part in parts)
    rows = [2, 0, 0, 1]
    logits, after = model(more, select_rows(state, rows))
    for row, origin in enumerate(rows):
        alone, its_state = model(more[row : row + 1], model(ids[origin : origin + 1])[1])
        close(logits[row : row + 1], alone)
        all_close(select_rows(after, [row]), its_state)


def test_a_prompt_in_a_batch_gives_what_it_gives_alone(model):
    """Prompts of different lengths, read apart and gone on with together, through the GPT's re-reading."""
    prompts = [some_ids(1, length, seed=length) for length in (2, 9, 5)]
    more = some_ids(3, 13, seed=7)
    logits, _ = one_by_one(model, more, join_rows([model(prompt)[1] for prompt in prompts]))
    at_once, _ = model(more, join_rows([model(prompt)[1] for prompt in prompts]))
    for row, prompt in enumerate(prompts):
        alone, _ = model(paddle.concat([prompt, more[row : row + 1]], axis=1))
        close(logits[row], alone[0, prompt.shape[1] :])
        close(at_once[row], alone[0, prompt.shape[1] :])


def test_padding_on_the_right_is_invisible(model):
    ids = some_ids(1, 5)
    padded = paddle.concat([ids, paddle.to_tensor([[3, 3]])], axis=1)
    close(model(padded)[0][:, :5], model(ids)[0])


def test_no_gradient_runs_through_a_detached_state(model):
    _, state = model(some_ids(2, 3))
    assert any(not part.stop_gradient for parts in state for part in parts)
    detached = detach(state)
    assert all(part.stop_gradient for parts in detached for part in parts)
    all_close(detached, state)


def test_every_weight_once_as_its_kind_has_them(model):
    found = {name: list(weight.shape) for name, weight in model.weights().items()}
    assert found == models.shapes(model.architecture)
    assert len({id(weight) for weight in model.parameters()}) == len(found)


def test_new_weights_depend_on_the_seed_alone(model):
    first = {name: weight.numpy() for name, weight in model.weights().items()}
    for seed, same in [(2, True), (3, False)]:
        again = make_model(model.architecture)
        for weight in again.weights().values():
            weight.set_value(paddle.ones_like(weight))
        again.initialise(seed)
        scale = SCALE if model.architecture.kind == "gpt" else 1
        values = {
            name: weight.numpy() if ".ln_" in f".{name}" else scale * weight.numpy()
            for name, weight in again.weights().items()
            if not name.startswith("output.")  # is as Paddle drew it
        }
        assert all(np.allclose(first[name], value) for name, value in values.items()) == same


def test_new_networks_guess_evenly_or_nearly_so():
    for architecture in ALL.values():
        paddle.seed(1)
        model = make_model(architecture)
        model.initialise(2)
        logits, _ = model(some_ids(4, 9))
        losses = paddle.nn.functional.cross_entropy(logits, some_ids(4, 9, seed=5))
        assert float(losses) < 1.3 * math.log(WORDS)


def test_no_dropout_outside_training(model):
    model.dropout = 0.3
    ids = some_ids(2, 3)
    assert (model(ids)[0].numpy() == model(ids)[0].numpy()).all()
    model.train()
    assert (model(ids)[0].numpy() != model(ids)[0].numpy()).any()


@pytest.mark.parametrize(
    ("architecture", "says"),
    [
        (dataclasses.replace(LSTM, kind="transformer"), "no network 'transformer'"),
        (dataclasses.replace(LSTM, hidden_size=0), "hidden_size 0"),
        (dataclasses.replace(LSTM, num_layers=True), "num_layers True"),
        (dataclasses.replace(LSTM, heads=2), "heads 2"),
        (dataclasses.replace(LSTM, embedding_size=2**24), "embedding_size"),
        (dataclasses.replace(GPT, embedding_size=4), "embedding_size 4"),
        (dataclasses.replace(GPT, context=0), "context 0"),
        (dataclasses.replace(GPT, context=1), "--context 1 is too short"),
        (dataclasses.replace(GPT, heads=3), "--hidden_size 8 is no multiple of --heads 3"),
    ],
)
def test_sizes_that_no_network_has(architecture, says):
    with pytest.raises(PoetryError, match=says):
        models.check(architecture)


def test_a_kind_takes_the_sizes_that_it_has():
    sizes = {"embedding_size": 4, "hidden_size": 8, "num_layers": 2, "heads": 2, "context": 16, "more": 3}
    assert choose_sizes("gru", 9, sizes) == Architecture(9, 4, 8, 2, "gru")
    assert choose_sizes("gpt", 9, sizes) == Architecture(9, 0, 8, 2, "gpt", 2, 16)


# --- recurrent networks ---


def test_an_lstm_is_described_as_it_always_was():
    sizes = {"vocabulary_size": 20, "embedding_size": 6, "hidden_size": 8, "num_layers": 3}
    assert LSTM.to_dict() == sizes and Architecture(**sizes) == LSTM


def test_gates_that_keep_begin_open():
    for kind in ("lstm", "gru"):
        for layer in getattr(made(ALL[kind]), kind):
            bias = layer.bias_ih_l0.numpy()
            assert (bias[8:16] == 1).all() and bias.sum() == 8 and (layer.bias_hh_l0.numpy() == 0).all()


def test_an_open_gate_of_a_gru_keeps_its_state():
    model = made(ALL["gru"])
    for layer in model.gru:
        bias = layer.bias_ih_l0.numpy()
        bias[8:16] = 50.0
        layer.bias_ih_l0.set_value(bias)
    state = [(paddle.rand([2, 8]),) for _ in range(3)]
    all_close(model(some_ids(2, 5), state)[1], state)


def test_dropout_draws_a_mask_of_its_own_in_every_place(monkeypatch):
    masks = []
    dropout = paddle.nn.functional.dropout

    def spy(features, share, training):
        result = dropout(paddle.ones_like(features), share, training=training)
        masks.append(result.numpy() == 0)
        return features

    monkeypatch.setattr("poetry.learning.network.F.dropout", spy)
    model = make_model(Architecture(20, 8, 8, 3), dropout=0.5)
    model(paddle.zeros([4, 5], dtype="int64"))
    assert len(masks) == 4  # after the embedding and after each layer, the last before the output
    assert all((a != b).any() for a, b in zip(masks, masks[1:], strict=False))


# --- GPT ---


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def norm(x, weights, name):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def product(x, weights, name):
    return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]


def gpt_by_hand(weights, ids, heads):
    """Logits (T, words) as Radford et al. describe them, in NumPy, a head and a place at a time."""
    x = weights["wte.weight"][ids] + weights["wpe.weight"][: len(ids)]
    size = x.shape[1] // heads
    for block in ("h.0", "h.1"):
        query, key, value = np.split(
            product(norm(x, weights, f"{block}.ln_1"), weights, f"{block}.attn.c_attn"), 3, axis=1
        )
        found = np.zeros_like(x)
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            for place in range(len(ids)):
                scores = key[: place + 1, part] @ query[place, part] / math.sqrt(size)
                shares = np.exp(scores - scores.max())
                found[place, part] = shares / shares.sum() @ value[: place + 1, part]
        x = x + product(found, weights, f"{block}.attn.c_proj")
        inner = gelu(product(norm(x, weights, f"{block}.ln_2"), weights, f"{block}.mlp.c_fc"))
        x = x + product(inner, weights, f"{block}.mlp.c_proj")
    return norm(x, weights, "ln_f") @ weights["wte.weight"].T


def test_a_gpt_computes_what_its_paper_says():
    model = made(GPT)
    random = np.random.default_rng(4)
    for weight in model.weights().values():
        weight.set_value(random.standard_normal(weight.shape, dtype=np.float32))
    weights = {name: weight.numpy().astype(np.float64) for name, weight in model.weights().items()}
    ids = some_ids(2, 9)
    for row, found in zip(ids.numpy(), model(ids)[0].numpy(), strict=True):
        np.testing.assert_allclose(found, gpt_by_hand(weights, row, heads=2), rtol=1e-3, atol=1e-3)


def test_past_its_context_a_gpt_reads_the_last_half_again():
    model = made(ALL["gpt past its context"])
    ids = some_ids(2, 11)
    logits, _ = model(ids)
    close(logits[:, 6:9], model(ids[:, 3:9])[0][:, 3:])
    close(logits[:, 9:], model(ids[:, 6:])[0][:, 3:])


def test_a_gpt_has_no_later_ids_in_sight():
    model, ids = made(GPT), some_ids(1, 9)
    before = model(ids)[0].numpy()
    ids[0, 5] = (int(ids[0, 5]) + 1) % WORDS
    after = model(ids)[0].numpy()
    assert (before[:, :5] == after[:, :5]).all() and (before[:, 5:] != after[:, 5:]).any(axis=2).all()

import numpy as np
import paddle
import pytest

from poetry.learning.model import Architecture, PoetryModel

SIZES = Architecture(vocabulary_size=20, embedding_size=6, hidden_size=8, num_layers=3)


@pytest.fixture
def model():
    paddle.seed(1)
    model = PoetryModel(SIZES)
    model.eval()
    return model


def test_state_carries_all_memory(model):
    ids = paddle.to_tensor(np.random.default_rng(0).integers(0, 20, (2, 7)))
    whole, end = model(ids)
    first, state = model(ids[:, :3])
    second, state = model(ids[:, 3:], state)
    assert whole.shape == [2, 7, 20] and end[0].shape == [3, 2, 8]
    np.testing.assert_allclose(paddle.concat([first, second], axis=1).numpy(), whole.numpy(), atol=1e-6)
    np.testing.assert_allclose(state[1].numpy(), end[1].numpy(), atol=1e-6)


def test_padding_on_the_right_is_invisible(model):
    ids = np.random.default_rng(0).integers(0, 20, (1, 5))
    padded = np.concatenate([ids, [[3, 3]]], axis=1)
    alone, padded = model(paddle.to_tensor(ids))[0], model(paddle.to_tensor(padded))[0]
    np.testing.assert_allclose(padded[:, :5].numpy(), alone.numpy(), atol=1e-6)


def test_every_weight_once(model):
    sizes = 20 * 6 + (32 * 6 + 32 * 8 + 64) + 2 * (32 * 8 * 2 + 64) + (8 * 20 + 20)
    assert sum(tensor.size for tensor in model.weights().values()) == sizes


def test_forget_gates_begin_open(model):
    model.initialise(0)
    for layer in model.lstm:
        assert (layer.bias_ih_l0.numpy()[8:16] == 1).all()


def test_dropout_draws_a_mask_of_its_own_in_every_place(monkeypatch):
    masks = []
    dropout = paddle.nn.functional.dropout

    def spy(features, share, training):
        result = dropout(paddle.ones_like(features), share, training=training)
        masks.append(result.numpy() == 0)
        return features

    monkeypatch.setattr("poetry.learning.model.F.dropout", spy)
    model = PoetryModel(Architecture(20, 8, 8, 3), dropout=0.5)
    model(paddle.zeros([4, 5], dtype="int64"))
    assert len(masks) == 4  # after the embedding and after each layer, the last before the output
    assert all((a != b).any() for a, b in zip(masks, masks[1:], strict=False))


def test_no_dropout_outside_training():
    model = PoetryModel(SIZES, dropout=0.9)
    model.eval()
    ids = paddle.zeros([2, 3], dtype="int64")
    assert (model(ids)[0].numpy() == model(ids)[0].numpy()).all()

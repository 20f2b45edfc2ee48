import numpy as np
import paddle
import pytest

from poetry.learning.model import make_model
from poetry.learning.network import Architecture
from poetry.learning.transfer import with_words

OLD, NEW = [*"春花秋月山"], [*"月水春山风花"]


def model_of(words):
    model = make_model(Architecture(len(words), 6, 7, 2))
    model.initialise(3)
    model.output.bias.set_value(np.linspace(-2, 1, len(words), dtype=np.float32))
    model.eval()
    return model


def test_words_of_both_vocabularies_are_predicted_as_before():
    old = model_of(OLD)
    new = with_words(old, OLD, NEW, 0.5, seed=1)
    assert new.dropout == 0.5
    new.eval()
    both = [*"月春山花"]
    before = old(paddle.to_tensor([[OLD.index(word) for word in both]]))[0].numpy()
    after = new(paddle.to_tensor([[NEW.index(word) for word in both]]))[0].numpy()
    kept_before = before[..., [OLD.index(word) for word in both]]
    kept_after = after[..., [NEW.index(word) for word in both]]
    assert np.allclose(kept_before, kept_after, atol=1e-6)
    assert new.output.bias.numpy()[[NEW.index("水"), NEW.index("风")]].tolist() == [-2.0, -2.0]


def test_the_same_vocabulary_is_the_same_model():
    model = model_of(OLD)
    assert with_words(model, OLD, list(OLD), 0.0, seed=1) is model


def test_the_same_words_in_another_order():
    old = model_of(OLD)
    new = with_words(old, OLD, OLD[::-1], 0.0, seed=1)
    assert (new.embedding.weight.numpy() == old.embedding.weight.numpy()[::-1]).all()


@pytest.mark.parametrize(
    "architecture", [Architecture(5, 0, 7, 2, "gru"), Architecture(5, 0, 8, 2, "gpt", 2, 9)]
)
def test_whatever_the_network(architecture):
    old = make_model(architecture)
    old.initialise(3)
    new = with_words(old, OLD, OLD[::-1], 0.0, seed=1)
    ids = paddle.to_tensor([[0, 3, 1]])
    assert np.allclose(new(4 - ids)[0].numpy(), old(ids)[0].numpy()[..., ::-1], atol=1e-6)
    larger = with_words(old, OLD, [*OLD, "水"], 0.0, seed=1)
    assert np.allclose(larger(ids)[0].numpy()[..., :5], old(ids)[0].numpy(), atol=1e-6)

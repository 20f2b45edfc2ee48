import numpy as np
import paddle

from poetry.learning.model import Architecture, PoetryModel
from poetry.learning.transfer import with_words

OLD, NEW = [*"春花秋月山"], [*"月水春山风花"]


def model_of(words):
    model = PoetryModel(Architecture(len(words), 6, 7, 2))
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

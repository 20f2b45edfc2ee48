import numpy as np
import pytest

from poetry.composing.generator import Generator
from poetry.composing.poem_figures import mean_logprobs
from poetry.composing.sampling import log_probabilities
from poetry.learning import checkpoint


def test_the_log_probability_is_that_of_the_characters_without_marks(small_model):
    import paddle

    loaded = checkpoint.load_model(small_model)
    text = "春风又绿江，明月满千山。"
    ids = np.array([[loaded.vocabulary.start, *loaded.vocabulary.encode(text)]], dtype=np.int64)
    logits = loaded.model(paddle.to_tensor(ids[:, :-1]))[0][0].numpy()
    found = log_probabilities(logits, ids[0, 1:])
    spoken = [ix for ix, character in enumerate(text) if character not in "，。"]
    generator = Generator(loaded.model, loaded.vocabulary)
    assert mean_logprobs(generator, [text]) == [pytest.approx(found[spoken].mean(), rel=1e-4)]

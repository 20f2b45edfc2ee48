"""The networks that runs start with."""

import numpy as np
import pytest

from poetry.base.errors import PoetryError
from poetry.learning import checkpoint
from poetry.learning.beginning import first_model
from poetry.learning.checkpoint import Provenance
from poetry.text.poem_vocabulary import SPECIAL, PoemVocabulary

OLD, NEW = PoemVocabulary([*SPECIAL, *"春江花月"]), PoemVocabulary([*SPECIAL, *"月夜江春"])
OPTIONS = {
    "network": "lstm",
    "embedding_size": 4,
    "hidden_size": 5,
    "num_layers": 1,
    "dropout": 0.25,
    "seed": 3,
    "init_from": None,
    "data_path": "data",
}


@pytest.fixture
def origin(tmp_path):
    model, before = first_model(OPTIONS, OLD, (), pytest.fail)
    assert before is None
    path = tmp_path / "model.params.1"
    checkpoint.save_model(path, model, OLD, Provenance(), {})
    return path


def test_a_drawn_network_depends_on_the_seed_alone():
    models = [first_model(OPTIONS | {"seed": seed}, OLD, (), pytest.fail)[0] for seed in (3, 3, 4)]
    one, same, other = (model.embedding.weight.numpy() for model in models)
    assert (one == same).all() and not (one == other).any() and models[0].dropout == 0.25


def test_the_words_that_a_checkpoint_lacks_begin_anew(origin):
    told = []
    model, before = first_model(OPTIONS | {"init_from": origin}, NEW, (), told.append)
    assert told == [f"{origin} lacks 1 of the {len(NEW)} words; these begin anew"] and before.path == origin
    trained = before.model.embedding.weight.numpy()[OLD.word2ix["春"]]
    np.testing.assert_array_equal(model.embedding.weight.numpy()[NEW.word2ix["春"]], trained)


def test_a_checkpoint_of_other_sizes_is_refused(origin):
    with pytest.raises(PoetryError, match="is of other sizes; give these: --network lstm --embedding_size"):
        first_model(OPTIONS | {"init_from": origin, "hidden_size": 6}, OLD, (), pytest.fail)

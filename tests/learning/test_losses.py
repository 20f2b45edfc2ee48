import math

import numpy as np
import paddle
import pytest
from runs import NETWORKS, TEXT, make_poems, make_trainer

from poetry.learning.losses import NextCharacterLoss, document_losses, perplexities, poem_losses, text_losses
from poetry.learning.model import make_model
from poetry.text.dataset import collate


@pytest.fixture
def model():
    model = make_trainer(dropout=0.0).model
    model.eval()
    return model


def loss_of(model, batch):
    return float(NextCharacterLoss(model)(*map(paddle.to_tensor, batch))[0])


def test_loss_is_the_sum_over_real_characters(model):
    poems = tuple(make_poems(5))
    alone = sum(loss_of(model, collate((poem,))) for poem in poems)
    assert loss_of(model, collate(poems)) == pytest.approx(alone, rel=1e-5)


def test_loss_over_several_blocks(model, monkeypatch):
    batch = collate(tuple(make_poems(9)))
    whole = loss_of(model, batch)
    monkeypatch.setattr("poetry.learning.losses._OUTPUT_ROWS", 7)
    assert loss_of(model, batch) == pytest.approx(whole, rel=1e-5)


def test_loss_after_a_state(model):
    poem = make_poems(1)[0][None].astype(np.int64)
    ids, targets = paddle.to_tensor(poem[:, :-1]), paddle.to_tensor(poem[:, 1:])
    loss = NextCharacterLoss(model)
    first, state = loss(ids[:, :2], targets[:, :2])
    second, _ = loss(ids[:, 2:], targets[:, 2:], state)
    assert float(first + second) == pytest.approx(float(loss(ids, targets)[0]), rel=1e-5)


def without_knowledge(model):
    for tensor in model.weights().values():
        tensor.set_value(paddle.zeros_like(tensor))
    return model


def test_perplexity_of_a_model_that_knows_nothing_is_the_vocabulary(model):
    figures = perplexities(without_knowledge(model), make_poems(), unspoken=[0, 1])
    assert figures == pytest.approx({"all": 12.0, "characters": 12.0}, rel=1e-5)


def test_perplexity_of_characters_leaves_out_what_is_unspoken(model):
    without_knowledge(model)
    model.output.bias.set_value(np.array([10.0] + [0.0] * 11, dtype=np.float32))  # sure of the mark 0
    figures = perplexities(model, [np.array([1, 0, 0, 0, 5])], unspoken=[0])
    assert figures["characters"] == pytest.approx(math.exp(10.0), rel=0.01)
    assert figures["all"] == pytest.approx(math.exp(10.0 / 4), rel=0.01)


def test_evaluation_leaves_training_mode_as_it_was(model):
    model.train()
    perplexities(model, make_poems(), unspoken=[])
    text_losses(model, TEXT)
    assert model.training


def test_evaluation_that_fails_leaves_training_mode_too(model, monkeypatch):
    def fail(*_ids):
        raise MemoryError

    monkeypatch.setattr(model, "features", fail)
    model.train()
    for measure in (lambda: poem_losses(model, make_poems()), lambda: text_losses(model, TEXT)):
        with pytest.raises(MemoryError):
            measure()
        assert model.training


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("length", [2, 9, 150, 201])
def test_every_target_of_a_text_counts_once(kind, length, monkeypatch):
    """In several rows at once each goes on from a beginning of its own; in one row it is the whole read."""
    paddle.seed(3)
    model = make_model(NETWORKS[kind], 0.5)
    monkeypatch.setattr("poetry.learning.losses._STREAM_COLUMNS", 8)
    monkeypatch.setattr("poetry.learning.losses._STREAM_LEAST", 8)
    ids = TEXT[:length]
    monkeypatch.setattr("poetry.learning.losses._STREAM_ROWS", 1)
    whole, expected = text_losses(model, ids), poem_losses(model, [ids])[0]
    assert whole.shape == (length - 1,)
    np.testing.assert_allclose(whole, expected, rtol=1e-4)
    monkeypatch.setattr("poetry.learning.losses._STREAM_ROWS", 5)
    np.testing.assert_allclose(text_losses(model, ids), expected, rtol=1e-4)  # nothing stands before the rows
    monkeypatch.setattr("poetry.learning.losses._WARM_UP", 1)
    several = text_losses(model, ids)
    assert several.shape == (length - 1,) and (several > 0).all()
    first = -(-(length - 1) // max(1, min(5, (length - 1) // 8)))  # the row that begins where the text does
    np.testing.assert_allclose(several[:first], expected[:first], rtol=1e-4)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("rows", [1, 3])
def test_what_stands_before_a_text_is_read_but_not_counted(kind, rows, monkeypatch):
    """Rows differ from one reader only by what is further back than the warm-up, which is all here."""
    model = make_model(NETWORKS[kind], 0.5)
    monkeypatch.setattr("poetry.learning.losses._STREAM_COLUMNS", 7)
    monkeypatch.setattr("poetry.learning.losses._STREAM_LEAST", 1)
    monkeypatch.setattr("poetry.learning.losses._STREAM_ROWS", rows)
    monkeypatch.setattr("poetry.learning.losses._WARM_UP", 20)
    found = text_losses(model, TEXT[:50].astype(np.uint8), first=20)
    assert found.shape == (30,)
    for begin in range(0, 30, 30 // rows):
        expected = poem_losses(model, [TEXT[begin : begin + 20 + 30 // rows]])[0][-30 // rows :]
        np.testing.assert_allclose(found[begin : begin + 30 // rows], expected, rtol=1e-4)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("first", [0, 3, 5, 6, 9])
@pytest.mark.parametrize("short", [10_000, 4])
def test_documents_are_read_one_by_one_behind_an_end(kind, first, short, monkeypatch):
    model = make_model(NETWORKS[kind], 0.5)
    documents = [np.array(document, np.uint8) for document in ([4, 2, 7, 8, 1], [1], [3, 5, 9, 1], [6, 2])]
    losses = poem_losses(model, [np.insert(document, 0, 1) for document in documents])
    monkeypatch.setattr("poetry.learning.losses._EVALUATION_BATCH_CHARS", short)  # longer ones as texts
    found = document_losses(model, np.concatenate(documents), first, end=1)
    np.testing.assert_allclose(found, np.concatenate(losses)[first:], rtol=1e-4)

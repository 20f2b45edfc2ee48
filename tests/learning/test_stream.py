import numpy as np
import paddle
import pytest
from paddle.nn import functional as F

from poetry.learning import stream
from poetry.learning.model import choose_sizes, make_model

SIZES = {"embedding_size": 5, "hidden_size": 8, "num_layers": 2, "heads": 2, "context": 64}


@pytest.mark.parametrize("kind", ["lstm", "gpt"])
@pytest.mark.parametrize(("rows", "columns"), [(1, 128), (1, 7), (3, 10)])
def test_it_is_the_loss_of_one_reader(monkeypatch, kind, rows, columns):
    """Rows apart differ only by what is further back than the warm-up, which is all here."""
    monkeypatch.setattr(stream, "_ROWS", rows)
    monkeypatch.setattr(stream, "_LEAST", 1)
    monkeypatch.setattr(stream, "_COLUMNS", columns)
    paddle.seed(3)
    model = make_model(choose_sizes(kind, 11, SIZES), dropout=0.5)
    model.train()
    ids = np.random.default_rng(1).integers(0, 11, 50).astype(np.uint8)
    first = 20
    found = stream.stream_losses(model, ids, first)
    assert model.training
    model.eval()
    whole = [_losses(model, ids[: end + 1])[-1] for end in range(first, 50)] if rows == 1 else None
    if rows == 1:
        assert np.allclose(found, whole, atol=1e-5)
    else:
        targets = 10
        for row in range(rows):
            begin = row * targets
            expected = _losses(model, ids[begin : first + begin + targets])[-targets:]
            assert np.allclose(found[begin : begin + targets], expected, atol=1e-5)


def test_the_last_row_may_be_short(monkeypatch):
    monkeypatch.setattr(stream, "_ROWS", 4)
    monkeypatch.setattr(stream, "_LEAST", 1)
    model = make_model(choose_sizes("rnn", 11, SIZES))
    ids = np.random.default_rng(1).integers(0, 11, 31)
    assert stream.stream_losses(model, ids, 5).shape == (26,)
    assert stream.stream_losses(model, ids, 30).shape == (1,)


def _losses(model, ids):
    with paddle.no_grad():
        logits, _ = model(paddle.to_tensor(ids[None, :-1].astype(np.int64)))
        return (
            F.cross_entropy(logits[0], paddle.to_tensor(ids[1:].astype(np.int64)), reduction="none")
            .numpy()
            .ravel()
        )

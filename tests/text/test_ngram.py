import numpy as np
import pytest

from poetry.text.ngram import best_order, ngram_losses

TEXT = np.random.default_rng(3).integers(0, 4, 400).cumsum() % 5


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_of_all_ids_add_up_to_one(order):
    training = TEXT[:300]
    for context in (TEXT[300:310], np.array([4, 4, 4, 4, 4])):
        shares = [
            np.exp(-ngram_losses(np.concatenate([training, context, [ix]]), 300, 6, order)[-1])
            for ix in range(6)
        ]
        assert sum(shares) == pytest.approx(1)
        assert min(shares) > 0


def test_a_longer_run_knows_more():
    losses = [ngram_losses(TEXT, 300, 5, order).mean() for order in (1, 2)]
    assert losses[1] < losses[0] - 0.1 and len(ngram_losses(TEXT, 300, 5, 2)) == 100


def test_the_order_is_what_fits_63_bits():
    assert [best_order(words, 100) for words in (65, 13_000, 50_257, 2**22)] == [5, 4, 4, 2]


@pytest.mark.parametrize("first", [1, 2, 3, 5])
def test_a_run_is_no_longer_than_what_is_counted(first):
    losses = ngram_losses(TEXT[:20], first, 5, best_order(5, first))
    assert len(losses) == 20 - first and np.isfinite(losses).all()


def test_bytes_do_not_overflow():
    ids = np.random.default_rng(1).integers(0, 256, 2000)
    losses = ngram_losses(ids.astype(np.uint8), 1800, 256, 5)
    assert np.array_equal(losses, ngram_losses(ids, 1800, 256, 5))

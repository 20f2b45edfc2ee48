import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poetry.composing.sampling import Sampling, _best, _candidates, choose, gumbel, log_probabilities


def draw(scores, sampling, rows=4000, seed=1):
    table = np.tile(np.array(scores, dtype=np.float32), (rows, 1))
    return choose(table, sampling, seed, np.arange(rows), np.zeros(rows, dtype=int))


def test_temperature_zero_takes_the_best():
    assert set(draw([0.0, 3.0, 2.9], Sampling(temperature=0))) == {1}


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_follow_the_softmax(temperature):
    scores = np.array([0.0, 1.0, 2.0, -np.inf])
    counts = np.bincount(draw(scores, Sampling(temperature)), minlength=4) / 4000
    expected = np.exp(scores / temperature)
    np.testing.assert_allclose(counts, expected / expected.sum(), atol=0.03)
    assert counts[3] == 0


@pytest.mark.parametrize("temperature", [1e-3, 1e-30, 1e-310])
def test_a_tiny_temperature_takes_the_best_and_nothing_forbidden(temperature):
    scores = [-np.inf, 30.0, 29.0, -40.0, -np.inf]
    assert set(draw(scores, Sampling(temperature))) == {1}
    assert set(draw(scores, Sampling(temperature, 4, 0.9))) == {1}


def test_top_k_keeps_the_k_best():
    assert set(draw([1.0, 0.9, 0.8, 0.7], Sampling(top_k=2))) == {0, 1}


def test_top_p_keeps_the_fewest_that_reach_p():
    scores = np.log([0.5, 0.3, 0.15, 0.05])
    assert set(draw(scores, Sampling(top_p=0.75))) == {0, 1}
    assert set(draw(scores, Sampling(top_p=0.85))) == {0, 1, 2}
    assert set(draw(scores, Sampling(top_p=0.01))) == {0}


def test_forbidden_words_never_come():
    scores = [-np.inf, 0.0, -np.inf, -np.inf]
    assert set(draw(scores, Sampling(top_k=3, top_p=0.9))) == {1}


def test_a_choice_depends_on_its_own_row_alone():
    random = np.random.default_rng(0)
    scores = random.normal(size=(50, 300)).astype(np.float32)
    poems, steps = np.arange(50), random.integers(0, 9, 50)
    sampling = Sampling(0.8, 40, 0.9)
    together = choose(scores, sampling, 3, poems, steps)
    for row in range(50):
        alone = choose(scores[row : row + 1], sampling, 3, poems[row : row + 1], steps[row : row + 1])
        assert alone[0] == together[row]


def test_noise_is_standard_gumbel_and_differs_in_every_place():
    noise = gumbel(7, np.arange(100), np.zeros(100, dtype=int), np.tile(np.arange(1000), (100, 1)))
    assert noise.mean() == pytest.approx(0.5772, abs=0.02)
    assert noise.var() == pytest.approx(np.pi**2 / 6, abs=0.05)
    assert len(np.unique(noise)) > 99_990
    one = gumbel(7, np.array([5]), np.array([3]), np.array([[2]]))
    for seed, poem, step, word in [(8, 5, 3, 2), (7, 6, 3, 2), (7, 5, 4, 2), (7, 5, 3, 1)]:
        assert gumbel(seed, np.array([poem]), np.array([step]), np.array([[word]])) != one


def test_log_probabilities():
    logits = np.log(np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]], dtype=np.float32)) + 5
    np.testing.assert_allclose(np.exp(log_probabilities(logits, np.array([1, 2]))), [0.2, 0.8], rtol=1e-5)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 999),
    columns=st.sampled_from([1, 7, 40, 333]),
    k=st.sampled_from([0, 1, 3, 10, 500]),
    p=st.sampled_from([0.0513, 0.4987, 0.8971, 1.0]),
    levels=st.sampled_from([2, 30, 10**6]),
)
def test_what_is_kept_is_the_beginning_of_a_full_sort(seed, columns, k, p, levels):
    """Of equal scores the first ones are the better; forbidden ones may fill up what is too little."""
    random = np.random.default_rng(seed)
    scores = random.integers(0, levels, (6, columns)).astype(np.float32) / levels * 5
    scores[random.random(scores.shape) < 0.4] = -np.inf
    scores[:, -1] = 0.0  # something is left in every row
    places, found = _candidates(scores, k)
    kept = _best(found - found.max(axis=1, keepdims=True), k, p)
    for row in range(6):
        order = np.argsort(-scores[row], kind="stable")[: k or None]
        shares = np.exp(scores[row, order] - scores[row, order[0]].astype(float))
        before = np.cumsum(shares) - shares
        best = [place for place, share in zip(order, before, strict=True) if share < p * shares.sum()]
        allowed = {int(place) for place in best if scores[row, place] > -np.inf}
        assert {int(place) for place in places[row, kept[row] > -np.inf]} == allowed
        assert (scores[row, places[row]] == found[row])[found[row] > -np.inf].all()


def test_noise_goes_with_the_ids_of_the_columns():
    """What is left out from the start is as if it were forbidden."""
    scores = np.random.default_rng(1).normal(size=(200, 50))
    ids = np.array([3, 8, 20, 21, 49])
    forbidding = np.full_like(scores, -np.inf)
    forbidding[:, ids] = scores[:, ids]
    poems, steps, sampling = np.arange(200), np.full(200, 4), Sampling(0.7, 4, 0.9)
    chosen = ids[choose(scores[:, ids], sampling, 3, poems, steps, ids)]
    assert (chosen == choose(forbidding, sampling, 3, poems, steps)).all() and len(set(chosen)) == 5

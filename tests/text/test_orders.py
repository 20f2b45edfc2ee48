import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poetry.base.errors import PoetryError
from poetry.text.dataset import NO_TARGET, Fixed, epoch_groups
from poetry.text.orders import BatchSchedule, ByLength, Consecutive, RandomWindows, make_order

IDS = np.arange(1000, 2000, dtype=np.int32)  # every id tells its place
POEMS = Fixed([np.arange(length, dtype=np.int32) for length in np.random.default_rng(0).integers(4, 12, 80)])

ORDERS = {
    "by length": ByLength(POEMS, BatchSchedule.constant(60), 3),
    "by length, growing": ByLength(POEMS, BatchSchedule(20, 90, 4), 3),
    "consecutive": Consecutive(IDS, 4, 7, 3),
    "random": RandomWindows(IDS, BatchSchedule.constant(4), 7, 3),
    "random, growing": RandomWindows(IDS, BatchSchedule(2, 9, 4), 7, 3),
}


@pytest.fixture(params=ORDERS, ids=str)
def order(request):
    return ORDERS[request.param]


def same(batch, other):
    return (
        np.array_equal(batch.ids, other.ids)
        and np.array_equal(batch.targets, other.targets)
        and batch.carry == other.carry
    )


def test_a_batch_is_a_function_of_epoch_and_step(order):
    for epoch in (0, 3, 1):
        whole = list(order.batches(epoch))
        assert len(whole) == order.steps(epoch) > 3
        later = list(order.batches(epoch, 3))
        assert all(same(a, b) for a, b in zip(whole[3:], later, strict=True))
    assert not same(next(iter(order.batches(0))), next(iter(order.batches(1))))


def test_targets_are_one_id_ahead(order):
    for batch in itertools.islice(order.batches(1), 5):
        assert batch.ids.dtype == batch.targets.dtype == np.int64
        real = batch.targets != NO_TARGET
        assert real.any() and (batch.targets[real] == batch.ids[real] + 1).all()
        assert batch.carry <= order.carries


def test_poems_come_as_they_always_did():
    groups = epoch_groups(POEMS, 60, 3, 5)
    batches = list(ByLength(POEMS, BatchSchedule.constant(60), 3).batches(5))
    assert [batch.ids.shape[0] for batch in batches] == list(map(len, groups))
    for batch, group in zip(batches, groups, strict=True):
        assert (batch.targets.max(axis=1) + 1).tolist() == [POEMS.lengths(5)[ix] for ix in group]


def test_rows_of_consecutive_batches_go_on():
    order = Consecutive(IDS, 4, 7, 3)
    begins = set()
    for epoch in range(20):
        batches = list(order.batches(epoch))
        assert [batch.carry for batch in batches] == [False] + [True] * (len(batches) - 1)
        rows = np.concatenate([batch.ids for batch in batches], axis=1)
        assert (np.diff(rows, axis=1) == 1).all()
        assert (rows[1:, 0] == rows[:-1, -1] + 1).all()  # nothing is left out between rows
        assert IDS[0] <= rows[0, 0] and batches[-1].targets[-1, -1] <= IDS[-1]
        begins.add(rows[0, 0])
    assert len(begins) > 5


@given(st.integers(2, 300), st.integers(1, 5), st.integers(1, 9), st.integers(0, 3))
def test_consecutive_or_too_short(length, rows, seq_length, epoch):
    ids = np.arange(length)
    if length < rows * seq_length + 1:
        with pytest.raises(PoetryError, match=f"a step needs {rows * seq_length + 1}"):
            Consecutive(ids, rows, seq_length, 0)
        return
    batches = list(Consecutive(ids, rows, seq_length, 0).batches(epoch))
    assert {batch.ids.shape for batch in batches} == {(rows, seq_length)}
    read = np.concatenate([batch.ids.ravel() for batch in batches])
    assert len(np.unique(read)) == len(read) > length - 1 - rows * seq_length - rows


@given(st.integers(2, 300), st.integers(1, 5), st.integers(1, 9), st.integers(0, 3))
def test_windows_or_too_short(length, rows, seq_length, epoch):
    ids = np.arange(length)
    if length < (rows + 1) * seq_length:
        with pytest.raises(PoetryError, match=f"a step needs {(rows + 1) * seq_length}"):
            RandomWindows(ids, BatchSchedule.constant(rows), seq_length, 0)
        return
    batches = list(RandomWindows(ids, BatchSchedule.constant(rows), seq_length, 0).batches(epoch))
    assert {batch.ids.shape for batch in batches} == {(rows, seq_length)}
    read = np.concatenate([batch.ids.ravel() for batch in batches])
    assert len(np.unique(read)) == len(read) > length - (rows + 2) * seq_length
    assert max(batch.targets.max() for batch in batches) < length


def test_windows_are_shuffled_and_cut_at_other_places_in_every_epoch():
    order = RandomWindows(IDS, BatchSchedule.constant(4), 7, 3)
    starts = [np.concatenate([batch.ids[:, 0] for batch in order.batches(epoch)]) for epoch in (0, 1)]
    assert (np.diff(starts[0]) != 7).any() and (starts[0][0] - starts[1][0]) % 7


@pytest.mark.parametrize("kind", ["by length, growing", "random, growing"])
def test_a_growing_step_begins_small_and_ends_large(kind):
    order = ORDERS[kind]
    sizes = [np.mean([batch.ids.size for batch in order.batches(epoch)]) for epoch in range(6)]
    assert sizes == sorted(sizes) and sizes[0] < 0.6 * sizes[3]
    assert sizes[4] == pytest.approx(sizes[5], rel=0.1)  # past the end of the run
    ids = [np.sort(np.concatenate([batch.ids.ravel() for batch in order.batches(epoch)])) for epoch in (0, 5)]
    assert abs(len(ids[0]) - len(ids[1])) < 0.1 * len(ids[0])  # as much is read


@pytest.mark.parametrize(
    "order", [ByLength(POEMS, BatchSchedule(20, 90, 1), 3), RandomWindows(IDS, BatchSchedule(2, 9, 1), 7, 3)]
)
def test_steps_grow_within_an_epoch_too(order):
    sizes = [batch.ids.size for batch in order.batches(0)]
    third = len(sizes) // 3
    assert np.mean(sizes[:third]) < 0.6 * np.mean(sizes[-third:])


def test_growth_is_linear():
    schedule = BatchSchedule(640, 2560, 10)
    assert [schedule.parts(epoch) for epoch in (0, 1, 2, 5, 6, 10, 12)] == [4, 3, 2, 2, 1, 1, 1]
    assert not BatchSchedule.constant(9).grows and BatchSchedule.constant(9).parts(0) == 1


OPTIONS = {
    "order": "random",
    "batch_chars": 20,
    "final_batch_chars": None,
    "rows": 2,
    "seq_length": 5,
    "seed": 1,
    "epoch": 3,
}


@pytest.mark.parametrize(
    ("order", "kind"),
    [("length", ByLength), (None, ByLength), ("consecutive", Consecutive), ("random", RandomWindows)],
)
def test_the_order_that_options_ask_for(order, kind):
    sequences = [np.arange(40), np.arange(30)]
    made = make_order(OPTIONS | {"order": order}, Fixed(sequences), sequences)
    assert type(made) is kind and made.longest == (39 if kind is ByLength else 5)
    assert made.steps(0) == {ByLength: 2, Consecutive: 6, RandomWindows: 6}[kind]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"final_batch_chars": 10}, "--final_batch_chars 10 is no more than the 10 that steps begin with"),
        ({"final_batch_chars": 20, "order": "consecutive"}, "steps of --order consecutive cannot grow"),
        ({"rows": 99}, "a step needs 500"),
    ],
)
def test_options_that_no_order_meets(changes, says):
    with pytest.raises(PoetryError, match=says):
        make_order(OPTIONS | changes, Fixed([]), [np.arange(70)])

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poetry.text.dataset import NO_TARGET, Fixed, collate, epoch_groups, length_groups


@pytest.mark.parametrize(
    ("lengths", "batch_chars", "expected"),
    [
        ((), 10, []),
        ((3,), 10, [[0]]),
        ((5, 5, 5), 10, [[0, 1], [2]]),
        ((2, 9, 2, 9), 10, [[0, 2], [1], [3]]),
        ((4, 2, 3), 12, [[1, 2, 0]]),
        ((4, 2, 3), 11, [[1, 2], [0]]),
        ((2, 30, 2), 10, [[0, 2], [1]]),  # longer than a batch: alone
    ],
)
def test_groups_without_an_order(lengths, batch_chars, expected):
    assert length_groups(lengths, batch_chars) == expected


def documents_of(*lengths):
    return Fixed([np.zeros(length, np.int32) for length in lengths])


@given(st.lists(st.integers(2, 125), max_size=60), st.integers(125, 500), st.integers(0, 5))
def test_every_poem_is_in_one_group_that_is_not_too_large(lengths, batch_chars, epoch):
    groups = epoch_groups(documents_of(*lengths), batch_chars, seed=1, epoch=epoch)
    assert sorted(sum(groups, [])) == list(range(len(lengths)))
    sizes = [[lengths[ix] for ix in group] for group in groups]
    assert all(len(group) * max(group) <= batch_chars for group in sizes)
    spans = sorted((min(group), max(group)) for group in sizes)
    assert all(first[1] <= second[0] for first, second in zip(spans, spans[1:], strict=False))


def test_the_order_is_that_of_seed_and_epoch():
    poems = documents_of(*[5, 7] * 50)
    orders = {at: epoch_groups(poems, 30, *at) for at in ((1, 0), (1, 1), (2, 0), (2, 1))}
    assert len({str(order) for order in orders.values()}) == 4
    assert epoch_groups(poems, 30, 1, 1) == orders[1, 1]  # no replay of epoch 0
    assert len({frozenset(map(frozenset, order)) for order in orders.values()}) == 4  # other companions too


def test_collate():
    ids, targets = collate((np.array([7, 2, 3, 6], np.int32), np.array([7, 4], np.int32)))
    assert ids.dtype == targets.dtype == np.int64
    assert ids.tolist() == [[7, 2, 3], [7, 0, 0]]
    assert targets.tolist() == [[2, 3, 6], [4, NO_TARGET, NO_TARGET]]
    assert NO_TARGET < 0  # no word's id


def test_the_targets_of_a_row_with_a_heading_begin_behind_it():
    rows = (np.array([7, 2, 9, 3, 6]), np.array([7, 9, 4]), np.array([7, 4, 3]))
    ids, targets = collate(rows, after=9)
    assert ids.tolist() == [[7, 2, 9, 3], [7, 9, 0, 0], [7, 4, 0, 0]]
    none = NO_TARGET
    assert targets.tolist() == [[none, none, 3, 6], [none, 4, none, none], [4, 3, none, none]]

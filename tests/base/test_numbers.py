import math

import pytest

from poetry.base.numbers import is_count, is_number


@pytest.mark.parametrize("value", [0, 1, 2**53 - 1])
def test_whole_numbers_are_counts(value):
    assert is_count(value)


@pytest.mark.parametrize("value", [-1, 2**53, 10**400, 1.0, True, "1", None, [1]])
def test_other_values_are_no_counts(value):
    assert not is_count(value)


@pytest.mark.parametrize("value", [0, -3, 1.5, -1e308, 2**1000])
def test_what_a_float_can_hold_is_a_number(value):
    assert is_number(value) and math.isfinite(float(value))


@pytest.mark.parametrize("value", [10**400, -(10**400), math.inf, -math.inf, math.nan, False, "1", None, [1]])
def test_other_values_are_no_numbers(value):
    assert not is_number(value)

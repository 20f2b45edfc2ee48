"""Checks of numbers that were read from JSON, where a number may be of any type and size."""

import sys
from typing import Any

_COUNTS = 2**53  # below this, every whole number is also a float


def is_count(value: Any) -> bool:
    """Return whether ``value`` is a whole number from 0 to 2^53 - 1; a bool is none."""
    return type(value) is int and 0 <= value < _COUNTS


def is_number(value: Any) -> bool:
    """Return whether ``value`` is an int or a float that is finite as a float; a bool is none."""
    return type(value) in (int, float) and -sys.float_info.max <= value <= sys.float_info.max

"""A hash of numbers that is the same on every machine: SplitMix64 (Steele et al. 2014)."""

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)


def mix(x: np.ndarray | np.uint64) -> np.ndarray:
    """Return the SplitMix64 output function of ``x``, modulo 2^64: uint64, at least one-dimensional."""
    x = np.atleast_1d(x) + _GOLDEN  # an array: with scalars NumPy warns of the overflow, which is intended
    x = (x ^ (x >> np.uint64(30))) * _MIX1
    x = (x ^ (x >> np.uint64(27))) * _MIX2
    return x ^ (x >> np.uint64(31))


def uniform(bits: np.ndarray) -> np.ndarray:
    """Return uniform numbers in (0, 1), both ends excluded, from 64 random bits each: float64."""
    return ((bits >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52

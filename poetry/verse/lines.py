"""A compact set of known lines, so that composing can avoid copying a whole line.

Lines are stored as hashes of 28 bits. A line in the set is always found. Another line is found by mistake
with a probability of 1 in 670 for 400,000 known lines, 1 in 120 for 2.2 million, as in the bundled model.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from poetry.base.errors import PoetryError
from poetry.base.hashing import mix

_BITS = 28
_MAX_BYTES = 4  # per step, seven bits each
_BLOCK = 16  # openings looked up at once
_MANY = 1_000_000  # hashes; so many take longer to look up in the list than to enter the list in a bitmap


@dataclass(eq=False)
class LineSet:
    """Hashes of lines: ``hashes`` is int32 (N,), sorted, no two equal, each less than 2^28.

    ``looked_up``: how many hashes have been looked up.
    """

    hashes: np.ndarray
    looked_up: int = field(default=0, init=False)

    @classmethod
    def of(cls, lines: Iterable[str]) -> "LineSet":
        """Return the set of ``lines``."""
        return cls(np.unique(_shorten(_hash_lines(set(lines)))))

    @classmethod
    def unpack(cls, packed: np.ndarray) -> "LineSet":
        """Return the set from the output of ``pack``. Raises PoetryError if ``packed`` is not such output."""
        damaged = PoetryError("the set of known lines is damaged")
        if packed.dtype != np.uint8 or packed.ndim != 1 or (len(packed) and packed[-1] >= 128):
            raise damaged
        run = more = packed >= 128
        places = np.zeros(len(packed), dtype=np.uint8)  # the place of each byte within its number
        for back in range(1, _MAX_BYTES):  # run[i]: ``back`` bytes from i on all have the continuation bit
            places[back:] += run[: len(packed) - back]
            run = run[:-1] & more[back:]
        if run.any():
            raise damaged
        parts = (packed & 127).astype(np.int32) << 7 * places
        ends = np.cumsum(parts, out=parts)[~more]  # one more than the hashes; beyond int32 it would fall
        if len(ends) and not (ends[0] > 0 and (ends[1:] > ends[:-1]).all() and ends[-1] <= 1 << _BITS):
            raise damaged
        return cls(ends - 1)

    def pack(self) -> np.ndarray:
        """Return the steps between successive hashes in the variable-length code LEB128: uint8 (M,)."""
        steps = np.diff(self.hashes, prepend=np.int32(-1))
        parts = steps[:, None] >> 7 * np.arange(_MAX_BYTES)  # (N, _MAX_BYTES)
        used = np.insert(parts[:, 1:] > 0, 0, True, axis=1)
        continued = np.insert(used[:, 1:], _MAX_BYTES - 1, False, axis=1)
        return ((parts & 127) | (continued << 7))[used].astype(np.uint8)

    def __len__(self) -> int:
        return len(self.hashes)

    def __contains__(self, line: str) -> bool:
        if not line:
            return False
        return bool(self._have(_shorten(_hash_lines({line})))[0])

    def __or__(self, other: "LineSet") -> "LineSet":
        return LineSet(np.union1d(self.hashes, other.hashes))

    def completed(self, openings: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Return whether each of ``openings`` (R, N) followed by each of ``last`` (A,) is in the set.

        Both are code points; the result is bool (R, A).
        """
        hashed = np.zeros(len(openings), dtype=np.uint64)
        for column in openings.T:
            hashed = _append(hashed, column)
        found = np.empty((len(openings), len(last)), dtype=bool)
        for first in range(0, len(openings), _BLOCK):  # blocks of a few rows fit in the processor's cache
            block = hashed[first : first + _BLOCK, None]
            found[first : first + _BLOCK] = self._have(_shorten(_append(block, last)))
        return found

    def _have(self, hashed: np.ndarray) -> np.ndarray:
        """Which of the hashes ``hashed``, int32 (…), are in the set: bool (…)."""
        self.looked_up += hashed.size
        if self.looked_up > _MANY:
            return (self._bitmap[hashed >> 3] >> (hashed & 7) & 1).astype(bool)
        wanted = np.sort(hashed, axis=None)  # looking up in order is several times as fast
        places = np.searchsorted(self.hashes, wanted)
        inside = places < len(self.hashes)
        wanted, places = wanted[inside], places[inside]
        return np.isin(hashed, wanted[self.hashes[places] == wanted])

    @functools.cached_property
    def _bitmap(self) -> np.ndarray:
        """One bit for every possible hash, eight per byte: uint8 (2^28 / 8,)."""
        bitmap = np.zeros(1 << _BITS - 3, dtype=np.uint8)
        bits = np.uint8(1) << (self.hashes & 7).astype(np.uint8)
        np.add.at(bitmap, self.hashes >> 3, bits)  # no two hashes are equal; twice as fast as bitwise_or.at
        return bitmap


def _hash_lines(lines: set[str]) -> np.ndarray:
    """Return the hashes of lines, grouped by line length: uint64 (N,)."""
    by_length: dict[int, list[str]] = {}
    for line in lines:
        by_length.setdefault(len(line), []).append(line)
    hashed = [np.zeros(0, dtype=np.uint64)]
    for length, group in by_length.items():
        codes = np.frombuffer("".join(group).encode("utf-32-le"), dtype="<u4").reshape(-1, length)
        values = np.zeros(len(group), dtype=np.uint64)
        for column in codes.T:
            values = _append(values, column)
        hashed.append(values)
    return np.concatenate(hashed)


def _append(hashed: np.ndarray, code: int | np.ndarray) -> np.ndarray:
    return mix(hashed ^ np.asarray(code).astype(np.uint64))


def _shorten(hashed: np.ndarray) -> np.ndarray:
    return (hashed >> np.uint64(64 - _BITS)).astype(np.int32)

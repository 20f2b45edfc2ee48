"""The dictionaries of a classic ``tang.npz``, which are pickles, read without running anything.

A pickle is a program. An allow-list of the real NumPy objects is not enough: a forged dtype state or
very deep tuples crash the interpreter. So the opcodes are counted first, against budgets that prevent
deep nesting and wasted memory. Then the unpickler gets inert stand-ins for the objects that it names.
"""

import io
import pickle
import pickletools
from typing import Any

# All globals in a pickled array of Python objects: of NumPy 1, of NumPy 2, and of Python 3 bytes in
# protocol 2.
_NAMES = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),
}

# The opcodes around the dictionary. With so few of them, nothing can nest deep or multiply by the memo.
_FEW = 16
_FRAMEWORK = frozenset(
    "PROTO STOP GLOBAL STACK_GLOBAL REDUCE BUILD NONE NEWTRUE NEWFALSE SHORT_BINBYTES EMPTY_TUPLE TUPLE "
    "TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST APPEND EMPTY_DICT SETITEM BINGET LONG_BINGET".split()
)
# The opcodes of the entries: words, ids, their places in the memo, and batches of them. Integers are limited
# to 32 bits, so that nobody can choose thousands of keys with the same hash. BINSTRING is Python 2's. The
# code around the dictionary needs a few of them too: about twenty places in the memo.
_MARGIN = 64
_ENTRIES = frozenset(
    "BINUNICODE SHORT_BINUNICODE BINSTRING SHORT_BINSTRING BININT BININT1 BININT2 MEMOIZE BINPUT "
    "LONG_BINPUT MARK SETITEMS FRAME".split()
)


class _Inert:
    """A stand-in for a global, or for the result of calling it. It only stores its state."""

    __slots__ = ("name", "state")

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: Any = None

    def __call__(self, *_: Any) -> "_Inert":
        return _Inert(f"{self.name}()")

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> _Inert:
        if (module, name) not in _NAMES:
            raise ValueError(f"its pickle asks for {f'{module}.{name}'[:60]!r}, which no list of words needs")
        return _Inert(name)


def read_dictionary(pickled: bytes, max_entries: int) -> dict[Any, Any]:
    """Return the dictionary that NumPy pickled as a 0-d object array, without running any of the pickle.

    Its contents are of a few harmless types, but the caller must check them: str, int, bool, None, bytes,
    tuples, the dictionary itself, and stand-ins. A dictionary of more than about ``max_entries`` entries is
    refused. Raises ValueError, and nothing else, for anything that is not such a pickle.
    """
    try:
        _scan(pickled, max_entries)
        tree = _Unpickler(io.BytesIO(pickled), encoding="utf-8").load()
    except ValueError:
        raise
    except Exception as error:  # a broken pickle raises many kinds of errors, MemoryError included
        raise ValueError(f"its pickle is broken ({type(error).__name__})") from error
    match tree:
        case _Inert(name="_reconstruct()", state=(_, (), _Inert(name="dtype()"), _, [dict() as dictionary])):
            return dictionary
    raise ValueError("its pickle is not one dictionary in a NumPy array")


def _scan(pickled: bytes, max_entries: int) -> None:
    """Raise ValueError unless ``pickled`` uses only the opcodes above, each within its budget."""
    left = dict.fromkeys(_FRAMEWORK, _FEW) | dict.fromkeys(_ENTRIES, max_entries + _MARGIN)
    for count, (opcode, argument, _) in enumerate(pickletools.genops(pickled)):
        name = opcode.name
        left[name] = left.get(name, 0) - 1
        if left[name] < 0:
            raise ValueError(f"its pickle uses {name} more often than a list of words does")
        # The unpickler allocates memo places up to the highest number: four bytes can ask for 64 GiB.
        if name.endswith("BINPUT") and argument > count:
            raise ValueError(f"its pickle numbers a value {argument} after {count} opcodes")

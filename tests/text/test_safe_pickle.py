import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poetry.text.safe_pickle import read_dictionary

WORDS = {0: "月", 1: "𠀀", 2: "<START>", 300: "花", 70000: "</s>"}

# A dictionary in a 0-d object array as Python 2 and NumPy 1 wrote it, cut open where the dictionary goes.
HEAD = (
    b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
    b"(K\x01)cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05"
    b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89]q\x06"
)
TAIL = b"atb."
MOON = "月".encode()
ENTRY = b"K\x00X\x03\x00\x00\x00" + MOON


def array_of(dictionary: bytes) -> bytes:
    return HEAD + dictionary + TAIL


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("entries", [WORDS, {word: ix for ix, word in WORDS.items()}, {0: "一"}, {}])
def test_reads_what_numpy_writes(protocol, entries):
    assert read_dictionary(pickle.dumps(np.array(entries), protocol), 10) == entries


def test_reads_thousands_of_entries():
    entries = {ix: chr(0x4E00 + ix) for ix in range(8293)}
    for protocol in (2, 4):
        assert read_dictionary(pickle.dumps(np.array(entries), protocol), 8293) == entries


@pytest.mark.parametrize("module", [b"numpy.core.multiarray", b"numpy._core.multiarray"])
def test_reads_both_spellings_of_numpys_module(module):
    by_line = array_of(b"}(" + ENTRY + b"u").replace(b"numpy.core.multiarray", module)
    by_line = by_line.replace(b"U\x01b", b"c_codecs\nencode\nX\x01\x00\x00\x00bX\x06\x00\x00\x00latin1\x86R")
    assert read_dictionary(by_line, 10) == {0: "月"}
    by_stack = text(module.decode()) + text("_reconstruct") + b"\x93"
    body = by_line[2:].replace(b"c" + module + b"\n_reconstruct\n", by_stack)
    framed = b"\x80\x04\x95" + struct.pack("<Q", len(body)) + body
    assert read_dictionary(framed, 10) == {0: "月"}


def test_reads_words_that_python_2_kept_as_bytes():
    pickled = array_of(b"}(K\x00U\x03" + MOON + b"K\x01T\x03\x00\x00\x00" + MOON + b"u")
    assert read_dictionary(pickled, 10) == {0: "月", 1: "月"}


def test_a_forged_dtype_state_is_never_used():
    # Given to the real numpy.dtype, such a state breaks or crashes the interpreter.
    honest = b"K\x03U\x01|NNNJ"
    for forged in (b"K\x04U\x01|))}J", b"K\x03U\x01|N)K\x07J", b"K\x03U\x01|(K\x00K\x00tNNJ"):
        pickled = array_of(b"}(" + ENTRY + b"u").replace(honest, forged)
        assert forged in pickled
        assert read_dictionary(pickled, 10) == {0: "月"}


def test_runs_nothing(tmp_path):
    mark = tmp_path / "mark"

    class Hostile:
        def __reduce__(self):
            return os.system, (f"touch {mark}",)

    for protocol in (2, 3, 4, 5):
        for value in (Hostile(), np.array({0: Hostile()}), np.array({Hostile(): 0}), np.array([Hostile()])):
            with pytest.raises(ValueError, match="asks for 'posix.system'|asks for 'nt.system'"):
                read_dictionary(pickle.dumps(value, protocol), 10)
    assert not mark.exists()
    pickle.loads(pickle.dumps(Hostile()))
    assert mark.exists()  # so the pickle would have run


@pytest.mark.parametrize(
    "module, name",
    [
        ("builtins", "eval"),
        ("__builtin__", "eval"),
        ("builtins", "getattr"),
        ("numpy", "ndarray.__init__"),
        ("numpy", "load"),
        ("numpy.core.multiarray", "_reconstruct.__globals__"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy.core", "multiarray._reconstruct"),
        ("_codecs", "encode.__self__"),
        ("codecs", "encode"),
        ("poetry.text.safe_pickle", "_Inert"),
    ],
)
def test_gives_out_no_other_name(module, name):
    by_line = f"c{module}\n{name}\n".encode()
    by_stack = text(module) + text(name) + b"\x93"
    for ask in (by_line, by_stack):
        for pickled in (b"\x80\x04" + ask + b".", array_of(b"}(K\x00" + ask + b"X\x01\x00\x00\x00a\x85Ru")):
            with pytest.raises(ValueError, match="asks for '" + module):
                read_dictionary(pickled, 10)


def test_setting_state_on_a_name_leaves_no_trace():
    state = b"N}(X\x04\x00\x00\x00nameX\x01\x00\x00\x00xX\x08\x00\x00\x00__call__Nu\x86"
    for name in (b"cnumpy\nndarray\n", b"c_codecs\nencode\n", b"cnumpy.core.multiarray\n_reconstruct\n"):
        with pytest.raises(ValueError, match="not one dictionary"):
            read_dictionary(b"\x80\x02" + name + state + b"b.", 10)
    assert read_dictionary(array_of(b"}(" + ENTRY + b"u"), 10) == {0: "月"}


GIVEN_BY = b"c_codecs\nencode\n"  # an allowed callable


@pytest.mark.parametrize(
    "value, fault",
    [
        (b")" + b"\x85" * 300_000, "TUPLE1"),
        (b"}(" + b")" + b"\x85" * 300_000 + b"K\x00u", "TUPLE1"),
        (b"(" * 300_000 + b"t" * 300_000, "MARK"),
        (b"]" * 300_000 + b"a" * 300_000, "EMPTY_LIST"),
        (b"}K\x00" * 300_000 + b"s" * 300_000, "EMPTY_DICT"),
        (b"(K\x00l" * 300_000, "LIST"),
        (b")q\x00" + b"".join(b"h%c" % n * 3 + b"\x87q%c" % (n + 1) for n in range(100)), "BINGET|TUPLE3"),
        (b")q\x00" + b"2222\x87" * 60, "DUP"),
        (b"}(" + b"K\x00N" * 300_000 + b"u", "NONE"),
        (b"}(" + ENTRY * 75 + b"u", "BININT1 more often"),
        (b"}" + GIVEN_BY + b")R" * 300_000, "REDUCE"),
        (b"\x8b\x00\x00\x10\x00" + b"\xff" * (1 << 20), "LONG4"),
        (b"\x8a\xff" + b"\x7f" * 255, "LONG1"),
        (b"I" + b"9" * 1_000_000 + b"\n", "digits"),
        (b"L" + b"9" * 1_000_000 + b"L\n", "digits"),
        (b"I0x" + b"9" * 1_000_000 + b"\n", "invalid literal"),
        (b"I00\n", "INT"),
        (b"F" + b"9" * 1_000_000 + b"\n", "FLOAT"),
        (b"V" + b"a" * 1_000_000 + b"\n", "UNICODE"),
        (b"S'" + b"a" * 1_000_000 + b"'\n", "STRING"),
        (b"X\xff\xff\xff\xffa", "only"),
        (b"\x8d" + b"\xff" * 7 + b"\x7fa", "only"),
        (b"B\xff\xff\xff\xffa", "only"),
        (b"B\x01\x00\x00\x00a", "BINBYTES"),
        (b"\x8e" + b"\xff" * 7 + b"\x7fa", "only"),
        (b"\x96" + b"\xff" * 7 + b"\x7fa", "only"),
        (b"T\xff\xff\xff\xffa", "string4"),
        (b"\x95" + b"\xff" * 8 + b"}", "broken"),
        (b"}r\xff\xff\xff\xff", "numbers a value"),
        (b"Pid\n", "PERSID"),
        (b"K\x00Q", "BINPERSID"),
        (b"\x82\x01", "EXT1"),
        (b"\x83\x01\x00", "EXT2"),
        (b"\x84\x01\x00\x00\x00", "EXT4"),
        (b"(iposix\nsystem\n", "INST"),
        (b"(" + GIVEN_BY + b"o", "OBJ"),
        (GIVEN_BY + b")\x81", "NEWOBJ"),
        (GIVEN_BY + b")}\x92", "NEWOBJ_EX"),
        (b"\x97", "NEXT_BUFFER"),
        (b"(\x91", "FROZENSET"),
        (b"G?\xf0\x00\x00\x00\x00\x00\x00", "BINFLOAT"),
        (b"\xff", "unknown"),
        (b"tttt", "broken"),
        (b"}]]s", "broken"),
        (b"]K\x00a", "not one dictionary"),
        (b"U\x02\xff\xff", "codec"),
    ],
)
def test_refuses(value, fault):
    with pytest.raises(ValueError, match=fault):
        read_dictionary(array_of(value), 10)
    with pytest.raises(ValueError):
        read_dictionary(b"\x80\x04" + value + b".", 10)


@pytest.mark.parametrize(
    "value",
    [{0: "月"}, [{0: "月"}], "月", None, np.array([1, 2]), np.array([{0: "月"}]), np.array("月", object)],
)
def test_refuses_other_values(value):
    for protocol in (0, 2, 4):
        with pytest.raises(ValueError, match="not one dictionary|its pickle"):
            read_dictionary(pickle.dumps(value, protocol), 10)


def test_refuses_a_dictionary_in_anything_but_an_array():
    state = b"(K\x01)%b\x89]}(" + ENTRY + b"uatb."
    array, dtype = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R", b"cnumpy\ndtype\n)R"
    assert read_dictionary(array + state % dtype, 10) == {0: "月"}
    for wrong in (array + state % b"N", array + state % array[2:], b"\x80\x02" + dtype + state % dtype):
        with pytest.raises(ValueError, match="not one dictionary"):
            read_dictionary(wrong, 10)


def test_cut_anywhere():
    for protocol in (2, 4):
        whole = pickle.dumps(np.array(WORDS), protocol)
        for length in range(len(whole)):
            with pytest.raises(ValueError):
                read_dictionary(whole[:length], 10)


CHANGES = st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=4)), min_size=1)


@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # pickletools looks for escapes in names
@settings(max_examples=200)
@given(st.sampled_from([2, 4]), CHANGES)
def test_any_change_is_refused_or_gives_a_dictionary(protocol, changes):
    pickled = bytearray(pickle.dumps(np.array(WORDS), protocol))
    for place, new in changes:
        place %= len(pickled)
        pickled[place : place + len(new)] = new
    try:
        assert type(read_dictionary(bytes(pickled), 10)) is dict
    except ValueError:
        pass


PIECES = [bytes([code]) for code in b"()]}t\x85\x86abusRN\x94"] + [GIVEN_BY, b"cnumpy\ndtype\n", ENTRY]
PIECES += [b"K\x00", b"q\x00", b"h\x00"]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_allowed_program_is_refused_or_gives_a_dictionary(program):
    for pickled in (array_of(b"".join(program)), b"\x80\x02" + b"".join(program) + b"."):
        try:
            assert type(read_dictionary(pickled, 10)) is dict
        except ValueError:
            pass

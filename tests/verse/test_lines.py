import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poetry.base.errors import PoetryError
from poetry.verse.lines import LineSet

CHARACTERS = "春夏秋冬风花雪月山水云雨江河湖海"


def made_up_lines(number, seed=0):
    choose = np.random.default_rng(seed)
    return ["".join(choose.choice(list(CHARACTERS), choose.choice([5, 7]))) for _ in range(number)]


def test_every_line_is_found_and_hardly_another():
    lines = made_up_lines(3000)
    known = LineSet.of(lines)
    assert all(line in known for line in lines)
    others = set(made_up_lines(6000, seed=1)) - set(lines)
    assert sum(line in known for line in others) < 5


def test_a_line_is_not_its_beginning_nor_the_empty_one():
    known = LineSet.of(["春风花雪月"])
    assert "春风花雪" not in known and "" not in known and "月雪花风春" not in known


@pytest.mark.parametrize("many", [0, 1000])
def test_looking_up_many_lines_finds_what_looking_up_few_does(monkeypatch, many):
    monkeypatch.setattr("poetry.verse.lines._MANY", many)
    lines = [line for line in made_up_lines(3000) if len(line) == 5]
    known = LineSet.of(lines)
    codes = np.array(
        [list(map(ord, line)) for line in [*lines[:40], *made_up_lines(40, 3)] if len(line) == 5]
    )
    last = np.unique(codes[:, -1])
    found = known.completed(codes[:, :-1], last)
    assert known.looked_up == found.size > 1000 / 2
    assert (
        found == [["".join(map(chr, [*code[:-1], end])) in lines for end in last] for code in codes]
    ).all()
    assert not known.completed(codes[:1, :-1], np.array([0x10FFFF])).any()


@pytest.mark.parametrize("many", [0, 1000])
def test_which_characters_complete_a_line(monkeypatch, many):
    monkeypatch.setattr("poetry.verse.lines._MANY", many)
    known = LineSet.of(["春风花雪月", "春风花雪山"])
    openings, last = (
        np.array([list(map(ord, text)) for text in texts])
        for texts in (["春风花雪", "春风花月"], [CHARACTERS])
    )
    found = known.completed(openings, last[0])
    assert ["".join(np.array(list(CHARACTERS))[row]) for row in found] == ["月山", ""]


@given(st.lists(st.text(alphabet=CHARACTERS, min_size=1, max_size=9), max_size=40))
def test_packing_loses_nothing(lines):
    known = LineSet.of(lines)
    packed = known.pack()
    again = LineSet.unpack(packed)
    assert again.hashes.tolist() == known.hashes.tolist()
    assert (LineSet.of(lines[::-1]).pack() == packed).all()


def test_packed_lines_take_two_bytes_each_or_three():
    lines = set(made_up_lines(20_000))
    assert len(LineSet.of(lines).pack()) < 2.5 * len(lines)


def test_numbers_of_every_length_are_packed():
    hashes = np.cumsum([0, 127, 1, 128, 16383, 16384, 2**21, 2**27])
    assert LineSet.unpack(LineSet(hashes).pack()).hashes.tolist() == hashes.tolist()


def test_the_lines_of_two_sets():
    few, many = made_up_lines(5), made_up_lines(4000, seed=2)
    for both in (LineSet.of(few) | LineSet.of(many), LineSet.of(many) | LineSet.of(few)):
        assert all(line in both for line in few + many)


@pytest.mark.parametrize(
    "packed",
    [
        np.array([128], np.uint8),  # ends within a number
        np.array([0], np.uint8),  # less than nothing
        np.array([3, 0], np.uint8),  # the same hash twice
        np.array([128, 128, 128, 128, 1], np.uint8),  # five bytes
        np.array([255, 255, 255, 127, 255, 255, 255, 127], np.uint8),  # beyond 28 bits
        np.array([255, 255, 255, 127] * 32 + [127], np.uint8),  # beyond 32 bits
        np.array([1], np.float32),
        np.array([[1]], np.uint8),
    ],
)
def test_what_cannot_be_a_set_is_refused(packed):
    with pytest.raises(PoetryError, match="known lines is damaged"):
        LineSet.unpack(packed)

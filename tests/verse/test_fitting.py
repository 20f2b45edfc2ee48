"""explain: the cheapest reading, against every reading that there is."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poetry.verse.fitting import explain
from poetry.verse.patterns import TAILS, line_kinds, misfits, whole_line
from poetry.verse.readings import tones

SOUND = {"A": "春春春月月", "B": "月月月春春", "C": "月月春春月", "D": "春春月月春"}


def misfits_of(line, kind, tail):
    """The wrong places of a line; None if it is no such variant, because its second tones are wrong."""
    wrong = misfits(line, whole_line(tail, len(line)))
    return None if tail != next(iter(TAILS[kind])) and {1, len(line) - 4} <= set(wrong) else wrong


def cost(lines, tails):
    """What a choice of (type, tail) for every line costs in hundredths of a wrong tone; None: not allowed."""
    total, before, alone = 0, None, False
    for ix, (line, (kind, tail)) in enumerate(zip(lines, tails, strict=True)):
        wrong = misfits_of(line, kind, tail)
        if wrong is None:
            return None
        total += 100 * len(wrong) + (tail != next(iter(TAILS[kind])))
        if before:
            (other, other_tail), other_wrong, other_line = before
            if other_tail == ".Z.ZZ":
                nearest = {
                    kind: min(
                        len(found)
                        for tail in TAILS[kind]
                        if (found := misfits_of(line, kind, tail)) is not None
                    )
                    for kind in "BD"
                }
                if kind != "D" or nearest["D"] > nearest["B"] or tones(line[-3]) == {"Z"}:
                    return None
            broken = ((kind in "AD") == (other in "AD")) == (ix % 2 == 1)
            if broken and (1 in wrong or 1 in other_wrong):
                return None
            known = tones(line[1]) and tones(other_line[1])
            total += broken * ((40 if alone else 150 if ix % 2 else 120) if known else 2)
            alone = bool(broken and known and not alone)
        before = ((kind, tail), wrong, line)
    return total


@given(
    st.sampled_from((5, 7)).flatmap(
        lambda size: st.lists(st.text("春月看𠀀", min_size=size, max_size=size), min_size=4, max_size=4)
    )
)
def test_nothing_is_cheaper(lines):
    size = len(lines[0])
    choices = [[(kind, tail) for kind in line_kinds(ix) for tail in TAILS[kind]] for ix in range(4)]
    costs = [found for tails in product(*choices) if (found := cost(lines, tails)) is not None]
    least, readings = explain(lines, size)
    assert least == min(costs)
    for line, reading in zip(lines, readings, strict=True):
        assert len(reading.pattern) == size
        assert set(reading.wrong) == set(misfits(line, reading.pattern))


@pytest.mark.parametrize(
    ("types", "broken", "same"),
    [
        ("CDABCDAB", "", ""),
        ("CBAB", "23", "3"),  # line 2 alone is out of place
        ("CDCB", "34", "4"),
        ("CDCD", "3", ""),
        ("ABABABAB", "357", ""),
        ("CBADABCD", "234", "3"),  # lines 2 and 4 are
    ],
)
def test_neighbouring_breaks_have_one_cause_where_it_is_one_line(types, broken, same):
    _, readings = explain([SOUND[kind] for kind in types], 5)
    assert "".join(reading.kind for reading in readings) == types
    assert "".join(str(ix) for ix, reading in enumerate(readings, 1) if reading.breaks) == broken
    assert "".join(str(ix) for ix, reading in enumerate(readings, 1) if reading.same_cause) == same


def test_a_rare_tone_costs_more_than_a_variant():
    lines = ["月月春不月", "春春春月春"]  # 不 is hardly ever level
    assert [reading.note for reading in explain(lines, 5)[1]] == ["", ""]
    assert [reading.note for reading in explain(lines, 5, rare_costs=True)[1]] == ["拗救", ""]


def test_a_rescue_needs_a_line_that_is_to_be_of_that_type():
    rescued = [reading.note for reading in explain(["月月春月月", "春春春月春"], 5)[1]]
    assert rescued == ["拗救", ""]
    _, readings = explain([SOUND["A"], SOUND["B"], "月月春月月", "春月看春春"], 5)
    assert [(reading.note, reading.wrong, reading.breaks) for reading in readings[2:]] == [
        ("", (3,), False),
        ("", (), True),
    ]


def test_an_unknown_second_character_breaks_nothing():
    _, readings = explain(["春春春月月", "月𠀀月春春", "春春春月月", "月月月春春"], 5)
    assert not any(reading.breaks or reading.wrong for reading in readings)

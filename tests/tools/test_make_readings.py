"""How tools/make_readings.py merges rhyme books and weighs readings, on verse made for it."""

import numpy as np
import pytest

pytest.importorskip("tshet_uinh")

from poetry.verse.patterns import SEQUENCES, line_types  # noqa: E402
from poetry.verse.readings import LEVEL_GROUPS, readings_table  # noqa: E402
from tools import make_readings, rhyme_books, verse_uses  # noqa: E402


@pytest.fixture(scope="module")
def candidates():
    return rhyme_books.Candidates()


EXPECTED = """
東 东  鍾 冬  侯 尤  桓 寒  魂 元6  元 元7  殷 文,删,吻  業 洽  泰 泰5  最 泰3  外 泰3,泰5  沛 泰3  證 径
祭 霁,卦5  風 东,送  間 删,谏  黄 阳  忘 漾,阳  窗 江  蛙 佳10,麻  街 佳5  話 卦10  回 灰3,队3  開 灰5
母 有4,有12,虞  打 梗10,迥
""".split()


@pytest.mark.parametrize(
    ("character", "readings"), [*zip(EXPECTED[::2], EXPECTED[1::2], strict=True), ("☃", "")]
)
def test_candidates(candidates, character, readings):
    assert ",".join(sorted(candidates.of(character))) == ",".join(sorted(filter(None, readings.split(","))))


# Characters by number: 0 level, 1 oblique, 2 taken to have both tones.
LEVEL, OBLIQUE = np.array([True, False, True]), np.array([False, True, True])
TAILS = {"A": "PPPZZ", "B": "ZZZPP", "C": "ZZPPZ", "D": "PPZZP"}


def poem(sequence="CDAB"):
    return np.array([[["PZ".index(tone) for tone in TAILS[kind]] for kind in line_types(sequence, 4)]])


def uses(ids):
    return verse_uses.tone_uses({(5, 4): ids}, LEVEL, OBLIQUE)


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_a_sound_poem_tells_the_tone_of_its_fixed_places(sequence):
    ids = poem(sequence)
    ids[0, 1, 1] = 2
    counts = uses(ids)
    level = line_types(sequence, 4)[1] == "D"
    assert counts[:, 2].tolist() == ([1, 0] if level else [0, 1])
    assert counts[1, 0] == counts[0, 1] == 0 and counts.sum() > 10


def test_one_misfit_counts_alone_and_two_not_at_all():
    ids = poem()
    ids[0, 1, 3] = 0
    counts = uses(ids)
    assert counts.sum() == counts[1, 0] == 1
    ids[0, 3, 3] = 1
    assert uses(ids).sum() == 0


def test_the_special_line_and_the_rescue_tell_nothing():
    ids = poem()
    ids[0, 2, 2:4] = 2, 2  # PPZPZ or PPPZZ
    ids[0, 0, 3], ids[0, 1, 2] = 2, 0  # ZZPZZ, rescued
    assert uses(ids)[:, 2].sum() == 0


def test_rhymes_tell_the_group():
    ids = np.zeros((1, 8, 5), int)
    ids[0, 1::2, 4] = 0, 1, 2, 0
    groups = [["东"], ["东"], ["冬", "东"]]
    found = verse_uses.group_uses({(5, 8): ids}, groups)
    assert found[2].tolist() == [1] + [0] * 29
    assert found[:2, 0].tolist() == [2, 1]
    assert not verse_uses.group_uses({(5, 8): ids}, [["东"], ["冬"], ["东"]])[2].any()


@pytest.mark.parametrize(
    ("level", "oblique", "live"),
    [(1000, 0, "东"), (1000, 3, "东"), (980, 20, "东送"), (0, 50, "送"), (0, 0, "东送"), (30, 70, "东送")],
)
def test_readings_without_uses_are_dropped(level, oblique, live):
    found = make_readings.weigh(["东", "送"], np.array([level, oblique]), np.zeros(30))
    assert "".join(sorted(found)) == live


def test_level_groups_are_dropped_likewise():
    rhymes = np.zeros(30)
    rhymes[LEVEL_GROUPS.index("先")] = 100
    assert list(make_readings.weigh(["真", "先"], np.array([500, 0]), rhymes)) == ["先"]
    rhymes[LEVEL_GROUPS.index("真")] = 10
    assert set(make_readings.weigh(["真", "先"], np.array([500, 0]), rhymes)) == set("真先")


@pytest.mark.parametrize(
    ("level", "oblique", "live"),
    [
        (0, 1, "东送"),
        (980, 20, "东送"),
        (4000, 10, "东"),
        (400, 2, "东"),
        (50, 2, "东送"),
        (9, 0, "东"),
        (0, 0, "东"),
    ],
)
def test_a_reading_that_the_books_lack_needs_more_uses_than_misprints_give(level, oblique, live):
    found = make_readings.weigh(["东", "送"], np.array([level, oblique]), np.zeros(30), {"送"})
    assert "".join(sorted(found)) == live


def test_a_group_that_the_books_lack_needs_rhymes_of_its_own():
    rhymes = np.zeros(30)
    rhymes[LEVEL_GROUPS.index("支")] = 100
    uses = np.array([500, 0])
    assert list(make_readings.weigh(["支", "齐"], uses, rhymes, {"齐"})) == ["支"]
    rhymes[LEVEL_GROUPS.index("齐")] = 10
    assert list(make_readings.weigh(["支", "齐"], uses, rhymes, {"齐"})) == ["支", "齐"]
    assert list(make_readings.weigh(["纸", "荠"], uses[::-1], rhymes, {"荠"})) == [
        "纸"
    ]  # rhymes tell nothing


def test_misprints():
    assert not make_readings.beyond_misprints(0, 0)
    assert make_readings.beyond_misprints(1, 1) and not make_readings.beyond_misprints(1, 20)
    assert make_readings.beyond_misprints(8, 1000) and not make_readings.beyond_misprints(5, 1200)  # 冥


def test_one_traditional_form_gives_a_merged_character_its_tone():
    tones = np.array([[2000, 0], [0, 6]])  # 機 and 机
    evidence = make_readings.Evidence(
        ["機", "机"], [["微"], ["纸"]], [set(), set()], tones, np.zeros((2, 30))
    )
    assert list(evidence.weigh([0, 1])) == ["微"]
    assert list(evidence.merge([0, 1])) == ["微", "纸"]
    tones[1, 1] = make_readings.ALONE - 1
    assert list(evidence.merge([0, 1])) == ["微"]


def test_compounds_stand_for_characters_of_their_own(candidates):
    compounds = make_readings.read_compounds()
    mark = next(mark for mark, compound in compounds.items() if compound.word == "衆生")
    assert compounds[mark] == ("衆生", 0, "东")
    assert make_readings.mark_compounds("佛與衆生一口吞", compounds) == f"佛與{mark}生一口吞"
    candidates.add(mark, "衆", "东")
    assert candidates.of(mark) == ["送", "东"] and candidates.unproved(mark) == {"东"}
    assert candidates.unproved("衆") == set()


def test_second_readings_that_verse_does_not_use_are_not_in_the_table():
    second = rhyme_books.read_readings(rhyme_books.SECOND)
    assert {"冥", "叟"} <= second.keys()
    table = readings_table()
    assert (table["冥"], table["叟"]) == ("青", "有")


def test_second_readings_that_are_kept_stand_in_the_table():
    kept = rhyme_books.read_readings(make_readings.KEPT)
    assert len(kept) > 100
    for character, groups in kept.items():
        groups = {reading[0] for reading in groups}
        assert groups <= set(readings_table()[character]), character
        assert groups.isdisjoint(readings_table()[character][0]), character  # behind the living one


def test_readings_that_the_rhyme_books_dropped_do_not(candidates):
    for character, groups in rhyme_books.DROPPED.items():
        found = {reading[0] for reading in candidates.of(character)}
        assert found.isdisjoint(groups) and set(groups).isdisjoint(readings_table()[character])


def test_the_groups_that_the_cilin_parts_stand_in_its_table_for_every_character(candidates):
    rows = [
        line
        for line in (make_readings.TABLES / "cilin.tsv").read_text("utf-8").splitlines()
        if line[0] != "#"
    ]
    parted = {row[0] + character for row in rows for character in row.split("\t")[1]}
    for character, groups in readings_table().items():
        assert {group + character for group in groups if group in rhyme_books.PARTED} <= parted


@pytest.mark.parametrize(
    ("groups", "level", "oblique", "column"),
    [("蒸径", 74, 26, "\t74"), ("东送", 997, 3, "\t100"), ("蒸径", 20, 9, ""), ("东冬", 74, 0, "")],
)
def test_the_share_of_level_uses(groups, level, oblique, column):
    assert make_readings.level_share(groups, level, oblique) == column


def test_what_comes_first():
    for character, group in make_readings.FIRST.items():
        assert readings_table()[character][0] == group

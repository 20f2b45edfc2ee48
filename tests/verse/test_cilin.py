"""The 19 rhyme groups of 词, against the 词林正韵."""

import pytest

from poetry.verse.cilin import ENTERING, NEIGHBOURS, ci_group, ci_rhymes
from poetry.verse.readings import LEVEL, OBLIQUE, is_level, readings_table

# Number and tone, then characters that have that rhyme alone.
RHYMES = """
1P 东红风浓  1Z 孔  2P 江光霜  3P 归时西杯梅  3Z 水翠碎罪  4P 鱼书湖  4Z 雨路暮  5P 来台怀街崖钗
5Z 海带爱  6P 春云魂门痕  6Z 恨寸  7P 山寒天言源  7Z 晚愿  8P 高箫桥  8Z 晓草  9P 歌多  10P 花家娃蛙
10Z 话挂卦夜  11P 声清灯  12P 秋楼  12Z 酒  13P 心林  14P 南帘岩  15R 玉屋曲  16R 落药  17R 碧色日急
18R 雪月叶物  19R 鸭合
""".split()


@pytest.mark.parametrize(("rhyme", "characters"), [*zip(RHYMES[::2], RHYMES[1::2], strict=True)])
def test_groups(rhyme, characters):
    for character in characters:
        assert [f"{number}{tone}" for number, tone in ci_rhymes(character)] == [rhyme], character


def test_characters_of_several_groups():
    assert set(ci_rhymes("外")) == {(3, OBLIQUE), (5, OBLIQUE)}
    assert set(ci_rhymes("亩")) == {(12, OBLIQUE), (4, OBLIQUE)}
    assert set(ci_rhymes("涯")) == {(10, LEVEL), (3, LEVEL)}
    assert (10, OBLIQUE) in ci_rhymes("打") and (10, OBLIQUE) in ci_rhymes("画")
    assert ci_rhymes("看") == ((7, LEVEL), (7, OBLIQUE))  # the most used first
    assert ci_rhymes("A") == ci_rhymes("，") == ()


def test_every_reading_has_a_group_of_its_tone():
    numbers = set()
    for character, groups in readings_table().items():
        found = ci_rhymes(character)
        assert (LEVEL in {tone for _, tone in found}) == any(map(is_level, groups)), character
        assert all((number >= 15) == (tone == ENTERING) for number, tone in found), character
        numbers |= {number for number, _ in found}
    assert numbers == set(range(1, 20))
    assert {number for pair in NEIGHBOURS for number in pair} <= numbers


OTHERS = {
    1: "东冬董送",
    3: "支微齐纸未",
    15: "屋沃",
    16: "觉药",
    17: "质陌锡职缉",
    18: "物月曷黠屑叶",
    19: "合洽",
}


@pytest.mark.parametrize(("number", "groups"), OTHERS.items())
def test_a_group_of_the_other_book_lies_in_one_of_this(number, groups):
    """质 and 觉 have other readings too, in which they name no group."""
    assert {group: ci_group(group) for group in groups} == dict.fromkeys(groups, number)


@pytest.mark.parametrize(("character", "group"), ["极职", "听径", "圣敬", "广养", "体荠", "腊合", "适陌"])
def test_the_group_of_the_character_that_is_meant_comes_first(character, group):
    assert next(filter(lambda each: not is_level(each), readings_table()[character])) == group

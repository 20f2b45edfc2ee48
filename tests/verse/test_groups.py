"""The rhyme groups by name, and what verse rhymes in each."""

import pytest

from poetry.verse.groups import BOOK, characters_of, find_group, full_name
from poetry.verse.readings import LEVEL_GROUPS, readings_table, rhyme_groups


def test_the_book_has_the_groups_of_the_readings():
    groups = "".join(BOOK.values())
    assert set(groups) == set("".join(readings_table().values())) and len(groups) == len(set(groups)) == 106
    assert [len(volume) for volume in BOOK.values()] == [15, 15, 29, 30, 17]


@pytest.mark.parametrize(
    "name",
    "上平声一东 上平声十三元 下平声一先 下平声十五咸 上声四纸 上声二十五有 去声三十陷 入声十七洽".split(),
)
def test_names_of_groups(name):
    assert full_name(name[-1]) == name and find_group(name) == name[-1]


@pytest.mark.parametrize("group", "".join(BOOK.values()))
def test_a_group_is_found_by_all_its_names(group):
    name = full_name(group)
    volume, number = name.split("声")
    for typed in (
        group,
        number,
        name,
        f"{volume}{number}",
        f"{volume[-1]}声{group}",
        f"{name}韵",
        f" {number} 韵",
    ):
        assert find_group(typed) == group, typed


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("13元", "元"),
        ("廿九豏", "豏"),
        ("卅陷", "陷"),
        ("二十八琰", "俭"),
        ("下平·一先", "先"),
        ("平声东", "东"),
    ],
)
def test_other_ways_to_write_them(name, group):
    assert find_group(name) == group


@pytest.mark.parametrize(
    "name", ["", "花", "二东", "下平一东", "上声元", "一东东", "十三", "韵", "先一", "零东"]
)
def test_what_is_no_group(name):
    assert find_group(name) is None


def test_the_commonest_rhymes_come_first():
    assert characters_of("东").startswith("风中空同红")
    assert characters_of("尤").startswith("秋流游") and characters_of("职").startswith("色")
    for group in "".join(BOOK.values()):
        found = characters_of(group)
        assert len(found) > (9 if group in LEVEL_GROUPS else 3) and len(set(found)) == len(found), group
        assert all(group in rhyme_groups(character) for character in found)

"""The 词林正韵: the 19 rhyme groups of 词. Source: 戈载, 词林正韵, 1821.

Groups 1 to 14 contain level and oblique (上, 去) rhymes, which are mixed only where a tune says so; groups 15
to 19 contain entering-tone (入) rhymes, which are never mixed with others.
"""

import functools
from importlib.resources import files
from typing import NamedTuple

from poetry.base.tables import table_rows
from poetry.verse.readings import LEVEL, OBLIQUE, is_level, readings_table

ENTERING = "R"
GROUPS = tuple(map(str, range(1, 20)))  # the groups, named by number
FIRST_ENTERING = 15

# The groups of the 平水韵 that belong to each of groups 1 to 19. cilin.tsv lists the exceptions (characters
# of 个, 哿, 宥, 有, 梗, 歌) and all characters of the groups that are not here.
_WHOLE = """
东冬董肿送宋 江阳讲养绛漾 支微齐纸尾荠寘未霁 鱼虞语麌御遇 蟹 真文轸吻震问 寒删先旱潸铣翰谏霰
萧肴豪筱巧皓啸效号 歌哿个 麻马祃 庚青蒸梗迥敬径 尤有宥 侵寝沁 覃盐咸感俭豏勘艳陷 屋沃 觉药 质陌锡职缉
物月曷黠屑叶 合洽
""".split()
_NUMBERS = {group: number for number, groups in enumerate(_WHOLE, 1) for group in groups}

# Pairs of groups that Song 词 mix, the commonest first: where one of them is the rhyme, at least one rhyme in
# 70 is of the other (one in 150 for 6 and 7, which divide one group of the 平水韵).
NEIGHBOURS = ((6, 11), (3, 5), (17, 18), (7, 14), (11, 13), (6, 13), (6, 7), (18, 19), (9, 10))


class CiRhyme(NamedTuple):
    """A rhyme of 词: the number of its group, 1 to 19, and its tone, LEVEL, OBLIQUE (上, 去) or ENTERING."""

    number: int
    tone: str


@functools.cache
def _parted() -> dict[str, tuple[int, ...]]:
    """Return the numbers by 平水韵 group plus character, as 灰回, where the group alone does not decide."""
    numbers: dict[str, tuple[int, ...]] = {}
    for reading, characters in table_rows(files("poetry.verse.tables") / "cilin.tsv"):
        group, number = reading[0], int(reading[1:])
        for character in characters:
            numbers[group + character] = (*numbers.get(group + character, ()), number)
    return numbers


def ci_group(group: str) -> int:
    """Return the number of the group that the character which names a ``group`` of the 平水韵 belongs to."""
    return (_parted().get(group + group) or (_NUMBERS[group],))[0]


@functools.cache
def ci_rhymes(character: str) -> tuple[CiRhyme, ...]:
    """Return the rhymes of ``character`` in 词, the most used first; empty if its readings are unknown."""
    found = []
    for group in readings_table().get(character, ""):
        for number in _parted().get(group + character) or (_NUMBERS[group],):
            tone = LEVEL if is_level(group) else OBLIQUE if number < FIRST_ENTERING else ENTERING
            found.append(CiRhyme(number, tone))
    return tuple(dict.fromkeys(found))

"""The 106 rhyme groups of the 平水韵 by their names, and the characters of each."""

import functools
import re
from importlib.resources import files

from poetry.base.tables import table_rows
from poetry.verse.readings import LEVEL_GROUPS, rhyme_groups

# The groups of each volume, in the order of the rhyme book, which gives their numbers.
BOOK = {
    "上平声": LEVEL_GROUPS[:15],
    "下平声": LEVEL_GROUPS[15:],
    "上声": "董肿讲纸尾语麌荠蟹贿轸吻阮旱潸铣筱巧皓哿马养梗迥有寝感俭豏",
    "去声": "送宋绛寘未御遇霁泰卦队震问愿翰谏霰啸效号个祃漾敬径宥沁勘艳陷",
    "入声": "屋沃觉质物月曷黠屑药陌锡职缉合叶洽",
}
_OTHER_NAMES = str.maketrans("琰筿", "俭筱")
_NAME = re.compile(r"(?:(上平|下平|平|上|去|入)声?)?([一二三四五六七八九十廿卅]+|\d+)?(\S)韵?")
_DIGITS = "一二三四五六七八九"


def full_name(group: str) -> str:
    """Return the name of a group in the rhyme book: 上平声十三元 for 元."""
    volume, number = _place(group)
    return f"{volume}{_numeral(number)}{group}"


def find_group(name: str) -> str | None:
    """Return the group with a simplified name, as 元, 十三元, 上平十三元 or 元韵, or None."""
    match = _NAME.fullmatch(re.sub(r"[\s·]", "", name).translate(_OTHER_NAMES))
    if match is None:
        return None
    wanted, numeral, group = match.groups()
    if not any(group in groups for groups in BOOK.values()):
        return None
    volume, number = _place(group)
    right = {str(number), _numeral(number), _numeral(number).replace("二十", "廿").replace("三十", "卅")}
    volumes = (None, volume[:-1], "平" if group in LEVEL_GROUPS else None)
    return group if wanted in volumes and (numeral is None or numeral in right) else None


def _place(group: str) -> tuple[str, int]:
    """Return (the volume of a group, its number there from 1)."""
    volume = next(volume for volume, groups in BOOK.items() if group in groups)
    return volume, BOOK[volume].index(group) + 1


def _numeral(number: int) -> str:
    """Return a number from 1 to 39 in Chinese."""
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _DIGITS[tens - 1]) + "十" * bool(tens) + (_DIGITS[ones - 1] if ones else "")


@functools.cache
def _rhymes_table() -> dict[str, str]:
    """Return the characters of every group, commonest first. Source: ``poetry/verse/tables/rhymes.tsv``."""
    return dict(table_rows(files("poetry.verse.tables") / "rhymes.tsv"))


def characters_of(group: str) -> str:
    """Return the simplified characters of a group that verse uses, the commonest rhymes first."""
    return "".join(character for character in _rhymes_table()[group] if group in rhyme_groups(character))

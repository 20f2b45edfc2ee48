"""The readings of characters: tones and rhyme groups of the 平水韵."""

import functools
from importlib.resources import files

from poetry.base.tables import table_rows

LEVEL, OBLIQUE = "P", "Z"
OPPOSITE = {LEVEL: OBLIQUE, OBLIQUE: LEVEL}
TONE_NAMES = {LEVEL: "level 平", OBLIQUE: "oblique 仄"}
TONE_SIGNS = str.maketrans({LEVEL: "平", OBLIQUE: "仄", ".": "中"})
RARE, RARER = 0.05, 1 / 3  # the shares of a character's uses below which a tone is rare, or the rarer one

LEVEL_GROUPS = "东冬江支微鱼虞齐佳灰真文元寒删先萧肴豪歌麻阳庚青蒸尤侵覃盐咸"

# Groups from which a first line may borrow its rhyme, after the 词林正韵. A group that it divides by
# character (灰 元 佳) is a neighbour of both parts.
_NEIGHBOURS = "东冬 江阳 支微齐灰 鱼虞 佳灰 真文元 寒删先元 萧肴豪 歌 麻佳 庚青蒸 尤 侵 覃盐咸".split()
NEIGHBOURS = {
    group: frozenset(other for family in _NEIGHBOURS if group in family for other in family)
    for group in LEVEL_GROUPS
}


def wrong_tone(character: str, wanted: str) -> str:
    """Return the message of a fault: ``character`` does not have the tone ``wanted``."""
    return f"{character} is {TONE_NAMES[OPPOSITE[wanted]]}, {TONE_NAMES[wanted]} wanted"


def is_level(group: str) -> bool:
    """Whether a rhyme group is one of the 30 level-tone groups."""
    return group in LEVEL_GROUPS


def _rows() -> list[list[str]]:
    """Return the rows of ``poetry/verse/tables/readings.tsv``: a character, its groups, a share for some."""
    return table_rows(files("poetry.verse.tables") / "readings.tsv")


@functools.cache
def readings_table() -> dict[str, str]:
    """Return every known character, simplified or traditional, with its rhyme groups, the most used first.

    Each group is one character, as 东 or 董.
    """
    return {character: groups for character, groups, *_ in _rows()}


@functools.cache
def _level_shares() -> dict[str, float]:
    """Return the share of the uses in verse that are level, for characters of two tones in common use."""
    return {character: int(percent[0]) / 100 for character, _, *percent in _rows() if percent}


def tone_share(character: str, tone: str) -> float:
    """Return the share of the uses of ``character`` in verse that have ``tone``; 1 if it was not counted."""
    level = _level_shares().get(character)
    return 1.0 if level is None else level if tone == LEVEL else 1 - level


@functools.cache
def _compounds_table() -> dict[str, str]:
    """Return words of two characters, with the group that the word gives to one of them: 东. for 众生.

    Source: ``poetry/verse/tables/compounds.tsv``.
    """
    return dict(table_rows(files("poetry.verse.tables") / "compounds.tsv"))


def rhyme_groups(character: str) -> frozenset[str]:
    """Return all rhyme groups of ``character`` that verse uses; empty if its readings are unknown."""
    return frozenset(readings_table().get(character, ""))


def level_groups(character: str) -> frozenset[str]:
    """Return the level-tone groups of ``character``, in which it can rhyme in regulated verse."""
    return frozenset(filter(is_level, rhyme_groups(character)))


def tone_of(group: str) -> str:
    """Return the tone of a rhyme group."""
    return LEVEL if is_level(group) else OBLIQUE


@functools.cache
def tones(character: str) -> frozenset[str]:
    """Return the tones of ``character``: LEVEL, OBLIQUE, both, or none if its readings are unknown."""
    return frozenset(map(tone_of, rhyme_groups(character)))


@functools.lru_cache(maxsize=1024)
def tones_in(verse: str) -> tuple[frozenset[str], ...]:
    """Return the tones of every character of a line, including those that a word adds: 众 in 众生."""
    found = [tones(character) for character in verse]
    for place in range(len(verse) - 1):
        for at, group in enumerate(_compounds_table().get(verse[place : place + 2], ""), place):
            if group != ".":
                found[at] |= {tone_of(group)}
    return tuple(found)


def tone_signs(verse: str) -> str:
    """Return the tones of a line, a sign per character: LEVEL, OBLIQUE, "*" for both, "?" for unknown."""
    return "".join("*" if len(found) == 2 else next(iter(found), "?") for found in tones_in(verse))


def dominant_group(character: str) -> str:
    """Return the rhyme group of ``character`` most used in verse; empty if its readings are unknown."""
    return readings_table().get(character, "")[:1]


def dominant_tone(character: str) -> str | None:
    """Return the tone of ``character`` most used in verse; None if its readings are unknown."""
    group = dominant_group(character)
    return tone_of(group) if group else None

"""The patterns of regulated verse 近体诗: types of lines, what each accepts, sequences of types.

Tones are written P (level 平) and Z (oblique 仄), "." where the rules leave the tone open. Source of the
rules: Wang Li, 诗词格律.
"""

from poetry.verse.readings import OPPOSITE, tones_in

# Types of the first four lines; line 1 of the last two rhymes. The first type names the sequence.
SEQUENCES = ("ABCD", "CDAB", "DBCD", "BDAB")
RHYMED = "BD"
KINDS_OF_FIRST = "DBAC"  # the types that line 1 may have, those that rhyme first

# For each type the tones of a line's last five characters, the plain pattern first, then the variants that
# the rules accept and the note that each is worth.
_PLAIN = {"A": ".PPZZ", "B": ".ZZPP", "C": ".Z.PZ", "D": "PP.ZP"}
_VARIANTS = {
    "A": {"PPZPZ": "拗救", ".PZZZ": "三仄尾"},
    "B": {},
    "C": {".Z.ZZ": "拗救"},  # only when the next line, a D, has a level third tone
    "D": {"ZPPZP": "拗救"},
}
TAILS = {kind: {_PLAIN[kind]: "", **_VARIANTS[kind]} for kind in _PLAIN}
RESCUED = ".Z.ZZ"  # by the next line
RESCUING = 2  # the place (from 0) of a line's last five that makes up for it, a level one
_SECOND_LEVEL = "AD"  # the types whose tail has a level second character


def line_types(sequence: str, count: int) -> str:
    """The types of ``count`` lines that begin with ``sequence``, one of SEQUENCES."""
    rest = "ABCD" if sequence[-1] == "D" else "CDAB"
    return (sequence + rest * count)[:count]


def line_kinds(ix: int) -> str:
    """The types that line ``ix`` (from 0) may have, those that rhyme first."""
    return KINDS_OF_FIRST if ix == 0 else "DB" if ix % 2 else "AC"


def opening(sequence: str, size: int) -> str:
    """The Chinese name 起式 of a sequence in lines of ``size`` characters: 平起首句入韵 …"""
    level = (sequence[0] in _SECOND_LEVEL) == (size == 5)
    return ("平起" if level else "仄起") + ("首句入韵" if sequence[0] in RHYMED else "首句不入韵")


def whole_line(tail: str, size: int) -> str:
    """The pattern of a line of ``size`` characters whose last five are ``tail``."""
    return tail if size == 5 else "." + OPPOSITE[tail[1]] + tail


def breaks_order(ix: int, before: str, kind: str) -> bool:
    """Whether line ``ix`` (from 0) of type ``kind`` breaks 对 or 粘 with one of type ``before`` before it.

    Within a couplet the second tones are to be opposite, between couplets the same.
    """
    return ((before in _SECOND_LEVEL) == (kind in _SECOND_LEVEL)) == bool(ix % 2)


def misfits(verse: str, pattern: str) -> list[int]:
    """The places (from 0) where a line, or its beginning, has not the tones of ``pattern``.

    A character has a known tone, or any where none is known.
    """
    places = zip(tones_in(verse), pattern, strict=False)
    return [
        place for place, (known, tone) in enumerate(places) if tone != "." and known and tone not in known
    ]

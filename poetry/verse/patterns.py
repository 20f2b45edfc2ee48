"""The patterns of regulated verse 近体诗: line types, the tones of each, sequences of types.

Tones are written P (level 平) and Z (oblique 仄), "." where the rules leave the tone open. Source of the
rules: Wang Li, 诗词格律.
"""

from poetry.verse.readings import OPPOSITE, tone_share, tones_in

# The types of the first four lines. In the last two sequences, line 1 rhymes. The first type identifies the
# sequence.
SEQUENCES = ("ABCD", "CDAB", "DBCD", "BDAB")
RHYMED = "BD"
KINDS_OF_FIRST = "DBAC"  # the types that line 1 may have, rhyming types first

# For each type, the tones of a line's last five characters: the plain pattern, then the variants that the
# rules accept, with the name of the note on each.
_PLAIN = {"A": ".PPZZ", "B": ".ZZPP", "C": ".Z.PZ", "D": "PP.ZP"}
_VARIANTS = {
    "A": {"PPZPZ": "拗救", ".PZZZ": "三仄尾"},
    "B": {},
    "C": {".Z.ZZ": "拗救"},  # only when the next line, a D, has a level third tone
    "D": {"ZPPZP": "拗救"},
}
TAILS = {kind: {_PLAIN[kind]: "", **_VARIANTS[kind]} for kind in _PLAIN}
RESCUED = ".Z.ZZ"  # has a wrong tone for which the next line has to compensate
RESCUING = 2  # the place (from 0) in the next line's last five whose level tone compensates
_SECOND_LEVEL = "AD"  # the types whose tail has a level second character


def line_types(sequence: str, count: int) -> str:
    """Return the types of ``count`` lines that begin with ``sequence``, one of SEQUENCES."""
    rest = "ABCD" if sequence[-1] == "D" else "CDAB"
    return (sequence + rest * count)[:count]


def line_kinds(ix: int) -> str:
    """Return the types that line ``ix`` (from 0) may have, for line 0 rhyming types first."""
    return KINDS_OF_FIRST if ix == 0 else "DB" if ix % 2 else "AC"


def opening(sequence: str, size: int) -> str:
    """Return the Chinese name 起式 of a sequence in lines of ``size`` characters: 平起首句入韵 …"""
    level = (sequence[0] in _SECOND_LEVEL) == (size == 5)
    return ("平起" if level else "仄起") + ("首句入韵" if sequence[0] in RHYMED else "首句不入韵")


def whole_line(tail: str, size: int) -> str:
    """Return the pattern of a line of ``size`` characters whose last five are ``tail``."""
    return tail if size == 5 else "." + OPPOSITE[tail[1]] + tail


def breaks_order(ix: int, before: str, kind: str) -> bool:
    """Whether line ``ix`` (from 0) of type ``kind`` breaks 对 or 粘 after a line of type ``before``.

    The second tones must be opposite within a couplet (对) and the same between couplets (粘).
    """
    return ((before in _SECOND_LEVEL) == (kind in _SECOND_LEVEL)) == bool(ix % 2)


def misfits(verse: str, pattern: str) -> list[int]:
    """Return the places (from 0) where a line, or its beginning, does not have the tones of ``pattern``.

    A character without known tones fits any tone.
    """
    places = zip(tones_in(verse), pattern, strict=False)
    return [
        place for place, (known, tone) in enumerate(places) if tone != "." and known and tone not in known
    ]


def rarer_tones(verse: str, pattern: str, share: float) -> list[int]:
    """Return the places (from 0) where ``pattern`` wants a tone that has less than ``share`` of the uses.

    The uses are those of the character in verse.
    """
    return [
        place
        for place, (character, tone) in enumerate(zip(verse, pattern, strict=False))
        if tone != "." and tone_share(character, tone) < share
    ]

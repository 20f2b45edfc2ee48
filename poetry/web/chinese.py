"""Translate the messages in answers into Chinese; the program itself writes English."""

import functools
import re
from importlib.resources import files
from typing import Any

from poetry.base.tables import table_rows
from poetry.text import script

_HOLES = {  # kind of a hole in the table: a pattern of its text; the group is the part that is shown
    "n": r"(?P<>\d+)",
    "number": r"(?P<>-?[\d.]+)",
    "sizes": r"(?P<>[\d/ ]+)",  # 5/7, or 7 5 7
    "character": r"(?P<>\S)",
    "sign": r"(?P<>U\+[0-9A-F]{4,}|\S)(?: \(U\+[0-9A-F]+\))?",  # as ``poetry.base.errors.display`` has it
    "word": r"(?P<>\S+)",
    "quoted": r"(?P<quote>['\"])(?P<>.*)(?P=quote)",
    "tone": r"(?:level|oblique) (?P<>[平仄])",
    "pattern": r"(?P<>[平仄中]+)",
    "form": r"(?:a )?(?:[a-z]+ )?(?P<>\S+)",  # a qijue 七绝, or 浣溪沙
    "names": r"(?P<>[^;]+)",  # with commas between them
    "cause": r"(?P<>[a-z]+(?: \S)?)",
    # kinds whose text is translated, too
    "option": r"(?P<>\w+)",
    "kind": r"(?P<>[a-z ]+)",  # of a rule or of rhymes
    "places": r"(?P<>.+)",
    "place": r"(?P<>\S+(?: \S+){1,3} line \d+ is \w+ [平仄])",
    "shape": r"(?P<>\d.*)",
    "message": r"(?P<>.+)",
}
_NESTED = {"option", "kind", "place", "shape", "message"}
_DEEPEST = 4  # levels of messages within messages; typed text might contain any number
_SAID = {"error", "detail", "notes"}  # names of fields of answers that are messages
_LISTS = {"poems", "faults", "notes"}  # names of lists that contain such fields or messages


def in_language(answer: Any, accepted: str) -> Any:
    """Return the data of an answer with messages in the language that ``accepted`` asks for.

    ``accepted``: the header Accept-Language.
    """
    return _translated(answer) if _prefers_chinese(accepted) else answer


def chinese(message: str, depth: int = 0) -> str:
    """Translate a message; return it unchanged if ``poetry/web/tables/chinese.tsv`` has no row for it.

    ``depth``: the number of messages that contain it.
    """
    for pattern, words in table() if depth < _DEEPEST else ():
        found = pattern.fullmatch(message)
        if found:
            holes = found.groupdict().items()
            return words.format_map({hole: _shown(hole, value, depth + 1) for hole, value in holes})
    return message


@functools.cache
def table() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Read the table: for each row (a pattern of the English message, the Chinese text with holes)."""
    rows = table_rows(files("poetry.web.tables") / "chinese.tsv")
    return tuple((_pattern(english), words) for english, words in rows)


@functools.cache
def traditional_pairs() -> str:
    """Pairs of characters, the simplified and the traditional form, for the words of the page.

    A character that verse mostly keeps in traditional script, such as 里 or 采, has no pair; neither has 咸,
    which is a rhyme group.
    """
    signs = (chr(code) for code in range(0x4E00, 0xA000) if chr(code) != "咸")
    pairs = (each + script.first_traditional(each) for each in signs if script.to_traditional(each) != each)
    return "".join(pair for pair in pairs if pair[0] != pair[1])


def _pattern(english: str) -> re.Pattern[str]:
    """Compile the English side of a row; each hole becomes a group with its name."""
    parts = re.split(r"\{(\w+)\}", english)
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = (_HOLES[_kind(hole)].replace("<>", f"<{hole}>") for hole in parts[1::2])
    return re.compile("".join(parts))


def _kind(hole: str) -> str:
    return hole.rstrip("0123456789")


def _shown(hole: str, value: str, depth: int) -> str:
    """Return the text for a hole in the Chinese words; a message there has the given ``depth``."""
    kind = _kind(hole)
    if kind in _NESTED:
        return chinese(value, depth)
    if kind == "places":
        return "、".join(chinese(place, depth) for place in value.split(", "))
    if kind == "names":
        return value.replace(", ", "、")
    return value


def _translated(value: Any, name: str = "") -> Any:
    """Return the field ``name`` of an answer with its messages in Chinese."""
    if isinstance(value, dict):
        return {key: _translated(each, key) for key, each in value.items()}
    if isinstance(value, list) and name in _LISTS:
        return [_translated(each, name) for each in value]
    return chinese(value) if isinstance(value, str) and name in _SAID else value


def _prefers_chinese(accepted: str) -> bool:
    """Whether a header Accept-Language ranks Chinese, of any kind, before English."""
    choices = [each.partition(";") for each in accepted.lower().split(",")]
    ranked = sorted(choices, key=lambda choice: -_weight(choice[2]))
    names = (language.strip().partition("-")[0] for language, _, weight in ranked if _weight(weight))
    return next((name for name in names if name in ("zh", "en")), None) == "zh"


def _weight(parameter: str) -> float:
    found = re.fullmatch(r"\s*q=([01](?:\.\d*)?)\s*", parameter)
    return float(found[1]) if found else 1.0

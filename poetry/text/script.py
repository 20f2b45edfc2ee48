"""Simplified and traditional script, and variant forms of characters."""

import functools
import re
from collections.abc import Callable, Collection, Mapping
from importlib.resources import files

from poetry.base.tables import table_lines

BASIC_PLANE_END = 0xFFFF
LINE_PARTS = re.compile(r"([，。？！；、\s])")  # splits a text into its lines and the marks between them
EDGE = "，" * 3  # added to both ends of a line, so that all its characters have neighbours
# Sizes of the contexts that decide a traditional form: (characters before, characters after), in the order
# in which they are tried.
CONTEXTS = [(3, 3), (2, 2), (1, 2), (2, 1), (2, 0), (0, 2), (1, 1), (1, 0), (0, 1), (0, 0)]
_IN_SIMPLIFIED_TOO = "乾吒夥徵拚捱摺於榘薹袷麴麽"  # simplifying changes them, but not in all their senses
_UNIFIED = (("一", "\u9fff"), ("\u3400", "\u4dbf"), ("\U00020000", "\U000323af"))  # basic block, extensions
_ALSO_UNIFIED = "﨎﨏﨑﨓﨔﨟﨡﨣﨤﨧﨨﨩"  # the twelve unified ideographs in the compatibility block


def is_chinese(character: str) -> bool:
    """Whether ``character`` is Chinese, as defined by Unicode's property Unified_Ideograph."""
    return any(first <= character <= last for first, last in _UNIFIED) or character in _ALSO_UNIFIED


@functools.cache
def variant_table() -> dict[int, str]:
    """Return a table for ``str.translate``: code point of a variant form to its standard traditional form.

    Source: ``poetry/text/tables/variants.txt``.
    """
    rows = map(str.split, table_lines(files("poetry.text.tables") / "variants.txt"))
    return {ord(variant): standard for standard, variants in rows for variant in variants}


def fold_variants(text: str) -> str:
    """Replace variant forms (呌, 逈, 隣 …) by their standard traditional forms, character by character."""
    return text.translate(variant_table())


def variants(text: str) -> str:
    """Return the characters of ``text`` that are variant forms."""
    table = variant_table()
    return "".join(character for character in text if ord(character) in table)


def to_simplified(text: str) -> str:
    """Convert traditional text to simplified, character for character (OpenCC ``t2s``).

    A character whose simplified form lies outside the basic plane, which common fonts lack, is kept.
    """
    return _convert("t2s", text)


def to_traditional(text: str) -> str:
    """Convert simplified verse to traditional, character for character, in the forms usual in verse.

    Where a character has several traditional forms, its neighbours in the line decide
    (``poetry/text/tables/traditional.txt``).
    """
    return convert_by(_traditional_table(), text)


def convert_by(rules: Mapping[str, Mapping[str, str]], text: str) -> str:
    """Replace each character by the form that ``rules`` give for its longest known context."""
    parts: list[str] = []
    for line in LINE_PARTS.split(text):
        edged = EDGE + line + EDGE
        parts += (_form(rules, edged, place) for place in range(len(EDGE), len(EDGE) + len(line)))
    return "".join(parts)


def _form(rules: Mapping[str, Mapping[str, str]], line: str, place: int) -> str:
    forms = rules.get(line[place], {})
    if len(forms) > 1 or forms.keys() - {"_"}:
        for before, after in CONTEXTS:
            form = forms.get(context(line, place, before, after))
            if form is not None:
                return form
    return forms.get("_") or first_traditional(line[place])


def context(line: str, place: int, before: int, after: int) -> str:
    """Return the context of a place: ``before`` characters, _ for the place itself, ``after`` characters.

    ``line`` includes its edges (see EDGE).
    """
    return f"{line[place - before : place]}_{line[place + 1 : place + 1 + after]}"


def kept_as_typed(texts: Collection[str]) -> frozenset[str]:
    """Return the characters of ``texts`` that stay as they are where verse is converted to traditional ones.

    They are all of a text that was typed in traditional characters: one of them is in traditional script
    alone (髮) and none in simplified alone (发). A text with neither kind is judged by all texts together. Of
    other texts they are those that simplifying changes.
    """
    together = _is_typed_in_traditional("".join(texts))
    kept: set[str] = set()
    for text in texts:
        own = _is_typed_in_traditional(text)
        kept |= set(text) if (together if own is None else own) else _changed(text)
    return frozenset(kept)


def _is_typed_in_traditional(text: str) -> bool | None:
    """Whether ``text`` was typed in traditional characters; None if none of them is in one script alone."""
    if any(map(_is_only_simplified, text)):
        return False
    return True if _changed(text) - set(_IN_SIMPLIFIED_TOO) else None


def _changed(text: str) -> set[str]:
    """Return the characters of ``text`` that simplifying changes."""
    return {old for old, new in zip(text, to_simplified(text), strict=True) if old != new}


def _is_only_simplified(character: str) -> bool:
    """Whether no text in traditional characters writes ``character``, not even as a variant (泪 for 淚)."""
    if first_traditional(character) == character or ord(character) in variant_table():
        return False
    if character in _traditional_table().get(character, {}).values():
        return False
    try:
        character.encode("big5")  # the usual characters of Taiwan, rare ones among them
    except UnicodeEncodeError:
        return True
    return False


@functools.cache
def first_traditional(character: str) -> str:
    """Return the most common traditional form of a character (OpenCC ``s2t``)."""
    return _convert("s2t", character)


@functools.cache
def _traditional_table() -> dict[str, dict[str, str]]:
    """Map each simplified character to its contexts and its traditional form in each."""
    rules: dict[str, dict[str, str]] = {}
    for line in table_lines(files("poetry.text.tables") / "traditional.txt"):
        (character, form), *contexts = line.split(" ")
        rules.setdefault(character, {}).update(dict.fromkeys(contexts, form))
    return rules


def _convert(direction: str, text: str) -> str:
    convert = _converter(direction)
    converted = convert(text)
    if len(converted) != len(text):  # a phrase table changed the length: convert each character alone
        converted = "".join(convert(character)[:1] for character in text)
    return "".join(
        old if ord(new) > BASIC_PLANE_END else new for old, new in zip(text, converted, strict=True)
    )


@functools.cache
def _converter(direction: str) -> Callable[[str], str]:
    from opencc import OpenCC  # imported late: loading its dictionaries takes time

    return OpenCC(direction).convert

"""Simplified and traditional script, and variant forms of characters."""

import functools
import re
from collections.abc import Callable, Mapping
from importlib.resources import files

from poetry.base.tables import table_lines

BASIC_PLANE_END = 0xFFFF
LINE_PARTS = re.compile(r"([，。？！；、\s])")  # splits a text into its lines and what stands between them
EDGE = "，" * 3  # what stands for the neighbours that a line's first and last characters lack
# How many characters before and behind a place tell its traditional form, the most telling first.
CONTEXTS = [(3, 3), (2, 2), (1, 2), (2, 1), (2, 0), (0, 2), (1, 1), (1, 0), (0, 1), (0, 0)]
_UNIFIED = (("一", "\u9fff"), ("\u3400", "\u4dbf"), ("\U00020000", "\U000323af"))  # and the extensions
_ALSO_UNIFIED = (
    "﨎﨏﨑﨓﨔﨟﨡﨣﨤﨧﨨﨩"  # twelve characters of their own among the compatibility ideographs
)


def is_chinese(character: str) -> bool:
    """Whether ``character`` is a Chinese one, as Unicode's Unified_Ideograph has it."""
    return any(first <= character <= last for first, last in _UNIFIED) or character in _ALSO_UNIFIED


@functools.cache
def variant_table() -> dict[int, str]:
    """Map from the code point of a variant form to its standard traditional form, for ``str.translate``.

    Source: ``poetry/text/tables/variants.txt``.
    """
    rows = map(str.split, table_lines(files("poetry.text.tables") / "variants.txt"))
    return {ord(variant): standard for standard, variants in rows for variant in variants}


def fold_variants(text: str) -> str:
    """Replace variant forms (呌, 逈, 隣 …) by their standard traditional forms, character by character."""
    return text.translate(variant_table())


def variants(text: str) -> str:
    """The characters of ``text`` that are variant forms."""
    table = variant_table()
    return "".join(character for character in text if ord(character) in table)


def to_simplified(text: str) -> str:
    """Convert traditional text to simplified, character for character (OpenCC ``t2s``).

    A character whose simplified form lies outside the basic plane, where common fonts end, stays as it is.
    """
    return _convert("t2s", text)


def to_traditional(text: str) -> str:
    """Convert simplified verse to traditional, character for character, as verse writes it.

    Where a character has several traditional forms, its neighbours in the line decide
    (``poetry/text/tables/traditional.txt``).
    """
    return convert_by(_traditional_table(), text)


def convert_by(rules: Mapping[str, Mapping[str, str]], text: str) -> str:
    """``text`` with each character in the form that ``rules`` give it in its longest known context."""
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
    """The ``before`` and ``after`` characters about a place of a line with its edges, _ for the place."""
    return f"{line[place - before : place]}_{line[place + 1 : place + 1 + after]}"


def is_traditional(character: str) -> bool:
    """Whether traditional verse may hold ``character``: 里 and 裏, but not 发."""
    forms = _traditional_table().get(character, {}).values()
    return to_simplified(character) != character or character in (*forms, first_traditional(character))


@functools.cache
def first_traditional(character: str) -> str:
    """The commonest traditional form of a character (OpenCC ``s2t``)."""
    return _convert("s2t", character)


@functools.cache
def _traditional_table() -> dict[str, dict[str, str]]:
    """Contexts of each simplified character and its form there."""
    rules: dict[str, dict[str, str]] = {}
    for line in table_lines(files("poetry.text.tables") / "traditional.txt"):
        (character, form), *contexts = line.split(" ")
        rules.setdefault(character, {}).update(dict.fromkeys(contexts, form))
    return rules


def _convert(direction: str, text: str) -> str:
    convert = _converter(direction)
    converted = convert(text)
    if len(converted) != len(text):  # a phrase table changed the length: go without its context
        converted = "".join(convert(character)[:1] for character in text)
    return "".join(
        old if ord(new) > BASIC_PLANE_END else new for old, new in zip(text, converted, strict=True)
    )


@functools.cache
def _converter(direction: str) -> Callable[[str], str]:
    from opencc import OpenCC  # only those who need it pay for its dictionaries

    return OpenCC(direction).convert

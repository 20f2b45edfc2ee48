"""Simplified and traditional script, and variant forms of characters."""

import functools
from collections.abc import Callable
from importlib import resources

BASIC_PLANE_END = 0xFFFF
_ALSO_UNIFIED = (
    "﨎﨏﨑﨓﨔﨟﨡﨣﨤﨧﨨﨩"  # twelve characters of their own among the compatibility ideographs
)


def is_chinese(character: str) -> bool:
    """Whether ``character`` is a Chinese one of the basic plane, as Unicode's Unified_Ideograph has it."""
    return "一" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf" or character in _ALSO_UNIFIED


@functools.cache
def variant_table() -> dict[int, str]:
    """Map from the code point of a variant form to its standard traditional form, for ``str.translate``.

    Source: ``poetry/text/tables/variants.txt``.
    """
    text = resources.files("poetry.text.tables").joinpath("variants.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if not line.startswith("#"))
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
    """Convert simplified text to traditional, character for character (OpenCC ``s2t``)."""
    return _convert("s2t", text)


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

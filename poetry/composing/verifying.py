"""Verifying cards: whether a poem is the same when it is composed again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from poetry.base.errors import PoetryError
from poetry.composing.asked import Asked, check_number


@dataclass(frozen=True)
class Verdict:
    """Whether a card's poem, composed again, is the ``same``, and the ``reason`` where it is not."""

    same: bool
    reason: str = ""


OTHER_MODEL = Verdict(False, "another model composed it")


def read_card(card: Mapping[str, Any]) -> tuple[Asked, int, int]:
    """(the options, the seed, the number) of a card. Raises PoetryError where it is no valid card."""
    kinds = {"text": str, "model": str, "asked": Mapping, "seed": int, "number": int}
    for name, kind in kinds.items():
        if not isinstance(card, Mapping) or not isinstance(card.get(name), kind):
            raise PoetryError(f"the card has no {name} as composing writes it")
    seed, number = (check_number(name, card[name]) for name in ("seed", "number"))
    return Asked.of(card["asked"]), seed, number


def verdict(card: Mapping[str, Any], again: str) -> Verdict:
    """Compare a card's poem with the text composed ``again``, white space ignored."""
    texts = ["".join(text.split()) for text in (again, card["text"])]
    if texts[0] == texts[1]:
        return Verdict(True)
    differs = (ix for ix, (new, old) in enumerate(zip(*texts, strict=False)) if new != old)
    place = next(differs, min(map(len, texts)))
    return Verdict(False, f"composed anew it differs from character {place + 1} on: {again}")

"""The schemas of requests and answers; the limits come from ``poetry.composing.asked``."""

from dataclasses import fields
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from poetry.composing.asked import LIMITS, NOT_OF_REVISIONS, Asked

MOST = {"num": 16, "candidates": 64, "max_gen_len": 512}  # lower than LIMITS, because other clients wait
LONGEST = 2000  # maximum characters of a text


class Request(BaseModel):
    """A request; unknown fields and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


def number(name: str, default: Any) -> tuple[Any, Any]:
    """Return the field of a number: (its type, its default and limits)."""
    limit = LIMITS[name]
    least = {"gt" if limit.above else "ge": limit.least}
    kind = float if isinstance(default, float) else int
    return kind, Field(default, le=MOST.get(name, limit.most), **least)


def _field(name: str, default: Any) -> tuple[Any, Any]:
    if name in LIMITS:
        return number(name, default)
    if isinstance(default, bool):
        return bool, default
    if default is None:
        return str | None, Field(None, max_length=LONGEST)
    return str, Field(default.name, max_length=LONGEST)


def _asked(name: str, *without: str) -> type[Request]:
    """Make a model with the options of composing, except those in ``without``."""
    found = {
        field.name: _field(field.name, field.default) for field in fields(Asked) if field.name not in without
    }
    return create_model(name, __base__=Request, **found)


def _seeded(name: str, base: type[Request]) -> type[Request]:
    """Make a model that adds the number of poems and the seed to ``base``."""
    seed = (int | None, Field(None, ge=LIMITS["seed"].least, le=LIMITS["seed"].most))
    return create_model(name, __base__=base, num=number("num", 1), seed=seed)


_TEXT = (str, Field(max_length=LONGEST))
_REVISED = ("revise", "keep")  # /v1/revise has text and keep instead
_NOT_OF_TEXTS = (*_REVISED, "couplet", *NOT_OF_REVISIONS)  # options without meaning for a poem that exists
Options = _asked("Options")
Poems = _seeded("Poems", _asked("NewPoems", *_REVISED))
Revise = create_model(
    "Revise",
    __base__=_seeded("Revisions", _asked("RevisedPoems", *_NOT_OF_TEXTS)),
    text=_TEXT,
    keep=(list[int] | None, Field(None, max_length=LONGEST)),
)
Why = create_model(
    "Why",
    __base__=_asked("AskedOfText", *_NOT_OF_TEXTS),
    text=_TEXT,
    line=(int, Field(ge=1)),
    position=(int, Field(ge=1)),
)
Nearest = create_model("Nearest", __base__=Request, line=_TEXT)
Check = create_model(
    "Check",
    __base__=Request,
    text=_TEXT,
    form=(str | None, Field(None, max_length=LONGEST)),
    surprise=(bool, False),
)


def given(request: BaseModel) -> dict[str, Any]:
    """Return the options of composing that a request sets, by name."""
    names = {field.name for field in fields(Asked)}
    return {name: getattr(request, name) for name in request.model_fields_set & names}


class Character(BaseModel):
    """A character of a line, and whether a ``pause`` 、 follows it.

    ``tones``: P, Z, "*" both, "?" unknown; ``wanted``: P, Z, "." either.
    """

    character: str
    pause: bool
    tones: str
    wanted: str
    rhymes: bool
    group: str | None
    given: bool
    surprise: float | None


class Line(BaseModel):
    """A line and the mark after it."""

    text: str
    mark: str
    characters: list[Character]


class Fault(BaseModel):
    """A broken rule; line and position count from 1 and are null if it concerns the whole poem or line."""

    name: str
    line: int | None
    position: int | None
    detail: str


class Part(BaseModel):
    """One part of the score by which a poem was chosen among its drafts."""

    value: float
    mean: float
    weight: float


class Judged(BaseModel):
    """The result of checking a text against the rules."""

    form: str | None
    form_name: str
    rhyme: str | None
    lines: list[Line]
    faults: list[Fault]
    stanzas: list[int]


class Checked(Judged):
    """A checked text; ``notes``: observations that are no faults.

    ``gaps``: the number of ？ that are open characters; ``traditional``: whether it was typed in traditional
    characters.
    """

    notes: list[Fault]
    regulated: bool
    gaps: int
    traditional: bool


class Card(Judged):
    """A composed poem, with everything that is needed to compose it again."""

    text: str
    title: str
    notes: list[str]
    seed: int
    number: int
    logprob: float | None
    parts: dict[str, Part]
    model: str
    asked: dict[str, Any]


_VERIFIED = {
    "text": _TEXT,
    "model": (str, Field(max_length=64)),
    "seed": number("seed", ...),
    "number": number("number", ...),
    "asked": (Options, ...),
}
# A card that is to be verified. Its other fields may be anything: the poem is not composed from them.
CardAsked = create_model(
    "CardAsked", __base__=Request, **dict.fromkeys(Card.model_fields, (Any, None)) | _VERIFIED
)


class Composed(BaseModel):
    """Poems, and notes on the request."""

    poems: list[Card]
    notes: list[str]
    seed: int


class Planned(BaseModel):
    """Notes on a request and the faults in its given text, without composing."""

    notes: list[str]
    faults: list[Fault]


class Candidate(BaseModel):
    """A possible character for a place, and the rule that strikes it out, if any."""

    character: str
    probability: float
    struck_by: str | None


class Reasons(BaseModel):
    """Why a character stands in its place; ``left``: the share of probability that the rules leave."""

    character: str
    candidates: list[Candidate]
    rank: int
    left: float


class Near(BaseModel):
    """A line of the corpus; ``distance``: the number of characters that differ."""

    line: str
    title: str
    author: str
    distance: int


class Neighbours(BaseModel):
    """The lines near to a line; ``known``: the training data contains it as a whole line.

    ``corpus``: whether this machine has the index of the corpus's lines.
    """

    known: bool
    nearest: list[Near]
    corpus: bool


class Verified(BaseModel):
    """Whether a card's poem is the same when it is composed again."""

    same: bool
    reason: str


class Refused(BaseModel):
    """Why a request is refused, in one line, and the option it is about, or null."""

    error: str
    option: str | None


REFUSALS = {code: {"model": Refused} for code in (400, 403, 408, 413, 415, 422, 500, 503)}

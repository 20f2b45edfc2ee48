"""What requests may hold and what answers do: limits are those of ``poetry.composing.asked``."""

from dataclasses import fields
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from poetry.composing.asked import LIMITS, NOT_OF_REVISIONS, Asked

MOST = {"num": 16, "candidates": 64, "max_gen_len": 512}  # lower than LIMITS: others wait too
LONGEST = 2000  # characters of a text


class Request(BaseModel):
    """A request: nothing but its own fields, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)


def number(name: str, default: Any) -> tuple[Any, Any]:
    """The field of a number: its type, its default and limits."""
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
    """The options of composing, but for some."""
    found = {
        field.name: _field(field.name, field.default) for field in fields(Asked) if field.name not in without
    }
    return create_model(name, __base__=Request, **found)


def _seeded(name: str, base: type[Request]) -> type[Request]:
    """With the number of poems and the seed."""
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
    """What a request gives of the options of composing, by name."""
    names = {field.name for field in fields(Asked)}
    return {name: getattr(request, name) for name in request.model_fields_set & names}


class Character(BaseModel):
    """A character of a line; ``tones``: P, Z, "*" both, "?" unknown; ``wanted``: P, Z, "." either."""

    character: str
    tones: str
    wanted: str
    rhymes: bool
    group: str | None
    given: bool
    surprise: float | None


class Line(BaseModel):
    """A line and the mark behind it."""

    text: str
    mark: str
    characters: list[Character]


class Fault(BaseModel):
    """What breaks a rule: line and position from 1, null where it is of all."""

    name: str
    line: int | None
    position: int | None
    detail: str


class Part(BaseModel):
    """A part of what a poem was chosen by."""

    value: float
    mean: float
    weight: float


class Judged(BaseModel):
    """What the rules say of a text."""

    form: str | None
    form_name: str
    rhyme: str | None
    lines: list[Line]
    faults: list[Fault]
    stanzas: list[int]


class Checked(Judged):
    """A checked text; ``notes`` as faults are, of what is none.

    ``gaps``: how many ？ in it are characters that are still open; ``traditional``: whether it was typed so.
    """

    notes: list[Fault]
    regulated: bool
    gaps: int
    traditional: bool


class Card(Judged):
    """A composed poem, with all that it can be composed from again."""

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
    """Poems, and what there is to know of what was asked."""

    poems: list[Card]
    notes: list[str]
    seed: int


class Planned(BaseModel):
    """What there is to know of what is asked, before it is composed."""

    notes: list[str]
    faults: list[Fault]


class Candidate(BaseModel):
    """A character that might stand in a place, and the rule that strikes it out, if one does."""

    character: str
    probability: float
    struck_by: str | None


class Reasons(BaseModel):
    """Why a character stands where it does; ``left``: the share of probability that the rules leave."""

    character: str
    candidates: list[Candidate]
    rank: int
    left: float


class Near(BaseModel):
    """A line of the corpus, and how many characters it is away."""

    line: str
    title: str
    author: str
    distance: int


class Neighbours(BaseModel):
    """What is near to a line; ``known``: it stands whole in what the model was trained on.

    ``corpus``: whether the lines of the corpus are on this machine, to compare it with.
    """

    known: bool
    nearest: list[Near]
    corpus: bool


class Verified(BaseModel):
    """Whether a card's poem comes out the same."""

    same: bool
    reason: str


class Refused(BaseModel):
    """Why a request is refused, in one line, and the option that it is about."""

    error: str
    option: str | None


REFUSALS = {code: {"model": Refused} for code in (400, 403, 408, 413, 415, 422, 500, 503)}

"""The options of a poem: names as in generate.py, defaults and limits."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from poetry.base.errors import PoetryError
from poetry.composing.names import find_rhyme_group, named_form
from poetry.composing.sampling import Sampling
from poetry.verse.form import FREE, Form
from poetry.verse.tunes import Tune

UNKNOWN_GROUP = "no group of the 平水韵; take one, as 东, 十三元 or 四纸"


class Limit(NamedTuple):
    """The range of a number, from ``least`` to ``most``; with ``above`` it must be greater than ``least``."""

    least: int
    most: int
    above: bool = False

    def __str__(self) -> str:
        return f"a number {'above' if self.above else 'from'} {self.least} {'up ' * self.above}to {self.most}"

    def holds(self, number: float) -> bool:
        """Whether a number is within the limit; NaN is not."""
        return self.least <= number <= self.most and not (self.above and number == self.least)


SEEDS = 2**32
LIMITS = {
    "mood_strength": Limit(0, 10),
    "candidates": Limit(1, 256),
    "temperature": Limit(0, 100),
    "top_k": Limit(0, 2**31 - 1),
    "top_p": Limit(0, 1, above=True),
    "max_gen_len": Limit(2, 4096),
    "seed": Limit(0, SEEDS - 1),
    "num": Limit(1, 2**31 - 1),
    "number": Limit(0, 2**31 - 1),  # of a poem under its seed
}
NOT_OF_COUPLETS = (
    "revise", "start", "theme", "acrostic", "form", "rhyme", "tones", "max_gen_len", "title"
)  # fmt: skip
NOT_OF_REVISIONS = ("start", "acrostic", "max_gen_len")


@dataclass(frozen=True)
class Asked:
    """The options of a poem.

    ``form``: a form or a tune; ``rhyme``: its rhyme group, a character; ``tones``: whether the rules of level
    and oblique tones are kept. ``start``: how the poem begins; ``prefix``: verse that sets the mood and is
    not printed; ``theme``: what it is about, one to four words (two are drawn where no start, prefix,
    acrostic or theme is given); ``mood_strength``: how much prefix and theme are strengthened; ``acrostic``:
    characters that open the lines; ``couplet``: the first line of a couplet, which few other options go with.
    ``revise``: a poem with ？ for the characters to be found again; ``keep``: the numbers of its lines that
    stay, as "1 2 4", while all others are found again. ``candidates``: how many drafts the best one is chosen
    from; ``temperature``, ``top_k``, ``top_p``: as in Sampling; ``max_gen_len``: the maximum length of free
    verse, marks counted. ``traditional``: print traditional characters; ``title``: print a title, the name of
    the form or tune and the theme.

    Raises PoetryError where a value is of the wrong kind or beyond its limit, or does not go with a couplet
    or a revision. Whether a model can fulfil the options is checked when a plan is made of them.
    """

    form: Form | Tune = FREE
    rhyme: str | None = None
    tones: bool = True
    start: str | None = None
    prefix: str | None = None
    theme: str | None = None
    mood_strength: float = 1.0
    acrostic: str | None = None
    couplet: str | None = None
    revise: str | None = None
    keep: str | None = None
    candidates: int = 12
    temperature: float = 0.4
    top_k: int = 100
    top_p: float = 0.9
    max_gen_len: int = 128
    traditional: bool = False
    title: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name), field.default)
        if self.rhyme is not None and find_rhyme_group(self.rhyme) != self.rhyme:
            raise PoetryError(f"--rhyme: {self.rhyme!r} is {UNKNOWN_GROUP}")
        changed = self.changed()
        if self.couplet is not None:
            _refuse(changed, NOT_OF_COUPLETS, "does not go with --couplet")
        if self.revise is not None:
            _refuse(changed, NOT_OF_REVISIONS, "does not go with --revise")
        else:
            _refuse(changed, ("keep",), "needs --revise")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Asked":
        """Make Asked from ``options`` by field name; form and rhyme may be given by any of their names.

        Raises PoetryError as Asked does, and where an option or a name is not known.
        """
        known = {field.name for field in fields(cls)}
        unknown = [name for name in options if name not in known]
        if unknown:
            raise PoetryError(f"there is no option {unknown[0]!r}; known are {', '.join(sorted(known))}")
        values = dict(options)
        if "form" in values:
            values["form"] = named_form(values["form"])
        if isinstance(values.get("rhyme"), str):
            values["rhyme"] = find_rhyme_group(values["rhyme"]) or values["rhyme"]
        return cls(**values)

    @property
    def sampling(self) -> Sampling:
        """The options of sampling."""
        return Sampling(self.temperature, self.top_k, self.top_p)

    @property
    def typed(self) -> tuple[str, ...]:
        """The Chinese texts that a person typed, in compatibility normal form (NFKC)."""
        texts = (self.start, self.prefix, self.theme, self.acrostic, self.couplet, self.revise)
        return tuple(unicodedata.normalize("NFKC", text) for text in texts if text is not None)

    def changed(self) -> dict[str, Any]:
        """The options that differ from the defaults, by name, as JSON can hold them (a form as its name)."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {
            name: value.name if isinstance(value, Form | Tune) else value
            for name, (value, default) in values.items()
            if value != default
        }


def check_number(name: str, number: Any) -> int:
    """Return ``number``. Raises PoetryError unless it is an int within the limit LIMITS[name]."""
    _check(name, number, 0)
    return number


def _refuse(changed: Mapping[str, Any], names: Sequence[str], reason: str) -> None:
    """Raise PoetryError where one of ``names`` is among the ``changed`` options."""
    for name in names:
        if name in changed:
            raise PoetryError(f"--{name} {reason}")


def _check(name: str, value: Any, default: Any) -> None:
    """Raise PoetryError unless ``value`` is of the kind of ``default``, a number also within its limit."""
    if isinstance(default, Form):
        right, wanted = isinstance(value, Form | Tune), "the name of a form or a tune"
    elif default is None:
        right, wanted = value is None or isinstance(value, str), "a text"
    elif isinstance(default, bool):
        right, wanted = isinstance(value, bool), "true or false"
    else:
        kinds = (int, float) if isinstance(default, float) else int
        number = isinstance(value, kinds) and not isinstance(value, bool)
        right, wanted = number and LIMITS[name].holds(value), LIMITS[name]
    if not right:
        raise PoetryError(f"--{name} {value!r}: {wanted} is wanted")

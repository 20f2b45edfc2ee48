"""The plan of a poem: what is asked for, in characters that the model knows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from poetry.composing.given import Given, as_printed, given_places
from poetry.composing.theme import Theme, drawn_theme
from poetry.text.headings import prompt
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.couplet import COUPLET, CoupletScheme
from poetry.verse.form import FREE, Form
from poetry.verse.free_scheme import FreeScheme
from poetry.verse.prosody import Fault
from poetry.verse.readings import rhyme_groups
from poetry.verse.scheme import Scheme
from poetry.verse.tune_scheme import TuneScheme
from poetry.verse.tunes import Tune

THEME_GAIN = 2.0  # factor of the mood strength for a theme, which is only a few words; 1 for a prefix
CONTEXT_GAIN = 1.5  # factor of the difference that the couplets before make to the scores
AnyScheme = Scheme | TuneScheme | CoupletScheme | FreeScheme


@dataclass(frozen=True)
class Plan:
    """What is asked for in a poem.

    ``prefix``: text that sets the mood and is not printed; ``start``: how the poem begins; ``heads``: the
    characters that open the lines of an acrostic; ``locked``: the text of a poem to revise, GAP in open
    places, empty for a new poem. All four are in the vocabulary. ``schemes``: the rules of the form, of which
    each poem follows one; none for free verse. ``name`` (of the form) and ``theme``: the heading that the
    model reads first; ``draws_theme``: each poem gets its own theme, drawn by its seed and number.
    ``mood_strength``: how much prefix and theme are strengthened, 0 for not at all. ``bare``: no rules apply,
    not even for marks, and the text is not laid out. ``max_gen_len``: the maximum length of free verse,
    marks counted; it does not limit acrostics and forms.
    ``typed``: (start, heads) as they were typed, or (what stays, nothing) for a revision. ``stand_ins``:
    characters that the model does not know, and what it reads in their place.
    """

    max_gen_len: int
    prefix: str = ""
    start: str = ""
    heads: str = ""
    schemes: tuple[AnyScheme, ...] = ()
    bare: bool = False
    mood_strength: float = 0.0
    name: str = ""
    theme: Theme = Theme()
    draws_theme: bool = False
    locked: str = ""
    typed: tuple[Given, Given] = (Given(), Given())
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    def printed(self, text: str, kept: Collection[str] | None = None) -> str:
        """``text`` of a poem with given characters that the model does not know as they were typed.

        Unless ``kept`` is None, in traditional characters; given ones in ``kept`` stay as they were typed.
        """
        return as_printed(text, *self.typed, kept)

    def given_places(self, text: str) -> frozenset[int]:
        """The places in the laid-out ``text`` of a poem whose characters were given."""
        return frozenset(place for place, _, _ in given_places(text, *self.typed))

    @property
    def form(self) -> Form | Tune:
        """The form of the poem."""
        return self.schemes[0].form if self.schemes else FREE

    @property
    def strengthened(self) -> bool:
        """Whether there is a prefix or theme whose effect is to be strengthened."""
        return self.mood_strength > 0 and bool(self.theme.read or self.draws_theme or self.prefix)

    @property
    def contrast(self) -> float:
        """The factor with which the effect of the context on the scores is added to them once more.

        The context is the couplets before, and prefix and theme where they are strengthened.
        """
        if self.bare:
            return 0.0
        if not self.strengthened:
            return CONTEXT_GAIN
        return self.mood_strength * (THEME_GAIN if self.theme.read or self.draws_theme else 1.0)

    def of_poem(self, vocabulary: PoemVocabulary, seed: int, number: int) -> "Plan":
        """The plan of poem ``number`` of a seed, with a theme of its own where themes are drawn."""
        if not self.draws_theme:
            return self
        return replace(self, theme=drawn_theme(vocabulary, seed, number), draws_theme=False)

    def prompt(self, vocabulary: PoemVocabulary) -> list[int]:
        """The ids that the model reads before the poem."""
        return prompt(vocabulary, self.name, self.theme.read, self.prefix)

    @property
    def is_couplet(self) -> bool:
        """Whether an answer to the first line of a couplet is asked for."""
        return self.form is COUPLET

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults of the given text by the rules of the form."""
        return self.schemes[0].faults if self.schemes else ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the user, one line each: characters that the model reads otherwise, and the faults."""
        notes = []
        for typed, read in self.stand_ins.items():
            free = "" if rhyme_groups(typed) else "; its readings are not known either, it may have any tone"
            notes.append(f"the model does not know {typed}; it reads {read} in its place{free}")
        notes += self.theme.notes
        for fault in self.faults:
            where = f"line {fault.line}, character {fault.position}"
            notes.append(f"what is given breaks a rule and is kept: {fault.name} in {where}: {fault.detail}")
        return tuple(notes)

"""The composer: composes poems with a model, for the scripts, the web page and other programs."""

import functools
import secrets
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from poetry.base import runtime
from poetry.base.errors import PoetryError
from poetry.base.folders import MODEL_FOLDERS
from poetry.composing.asked import SEEDS, Asked, check_number
from poetry.composing.checking import check, check_text, typed_verse
from poetry.composing.composed import Composed
from poetry.composing.generator import Generator, Poem, PreparedPlan
from poetry.composing.given import take
from poetry.composing.known import known_lines
from poetry.composing.plan import Plan
from poetry.composing.request import Request, request_class
from poetry.composing.revision import make_question
from poetry.composing.verifying import OTHER_MODEL, Verdict, read_card, verdict
from poetry.composing.why import Why, in_traditional, surprise, why
from poetry.learning import checkpoint, exported
from poetry.learning.checkpoint import Checkpoint
from poetry.text import script
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.form import MARKS, PAUSE
from poetry.verse.tunes import Tune

_PREPARED = 32  # plans in the cache


class Composer:
    """Composes verse with a model. A poem depends only on the model, the seed, its number and the options."""

    def __init__(self, model: Checkpoint):
        """Raises PoetryError where ``model`` is not a model of verse."""
        if not isinstance(model.vocabulary, PoemVocabulary):
            raise PoetryError(f"{model.path} is a model of other text; give one of verse")
        self.model = model
        # equal options share a prepared plan, so that a scheduler composes them in one job
        self._prepared = functools.lru_cache(_PREPARED)(self._make)

    @classmethod
    def load(cls, model_path: str | Path | None = None, use_gpu: bool = False) -> "Composer":
        """Load the model of a checkpoint, or of a folder that export.py wrote.

        Without a path it is the newest in work/checkpoints, else the one in work/pretrained, else the one
        that comes with this package. Raises PoetryError where there is no model, or it is not one of verse.
        """
        if not isinstance(model_path, str | Path | None):
            raise PoetryError(f"model_path {model_path!r}: the path of a model is wanted")
        if model_path and Path(model_path).is_dir():
            if use_gpu:
                raise PoetryError(f"{model_path}: an exported network runs on the processor alone")
            return cls(exported.load(Path(model_path)))
        runtime.start(use_gpu, functools.partial(warnings.warn, stacklevel=3))
        path = Path(model_path) if model_path else checkpoint.newest_model(MODEL_FOLDERS)
        return cls(checkpoint.load_model(path))

    @property
    def model_hash(self) -> str:
        """The SHA-256 of the model's file, hexadecimal."""
        return self.model.sha256

    def compose(self, seed: int | None = None, **asked: Any) -> Composed:
        """Compose the first poem of a seed; the seed is drawn where none is given.

        ``asked``: the fields of ``Asked`` (``poetry.composing.asked``); form and rhyme by any of their names.
        Raises PoetryError, with a message of one line, where what is asked cannot be met.
        """
        return next(self.poems(1, seed, **asked))

    def poems(self, num: int, seed: int | None = None, **asked: Any) -> Iterator[Composed]:
        """Compose the first ``num`` poems of a seed; each is the same whatever ``num`` is.

        For the line of a couplet they are the best ``num`` answers of all drafts, all different, the best
        first, or fewer; for a revision as in ``revise``. Arguments and errors as in ``compose``.
        """
        wanted = Asked.of(asked)
        seed = secrets.randbelow(SEEDS) if seed is None else check_number("seed", seed)
        return self.request(wanted, check_number("num", num), seed).poems()

    def revise(
        self, text: str, keep: Collection[int] = (), num: int = 1, seed: int | None = None, **asked: Any
    ) -> Iterator[Composed]:
        """Fill the gaps of ``text``: the best ``num`` poems, all different; fewer where no more are found.

        Each ？ is a gap; ``keep``: the numbers, from 1, of the lines that stay, while all others are open.
        Other arguments and errors as in ``compose``. Without a form it is found from the text.
        """
        check_text(text, "text")
        if not (isinstance(keep, Collection) and all(type(number) is int for number in keep)):
            raise PoetryError(f"--keep {keep!r}: the numbers of lines are wanted")
        lines = " ".join(map(str, keep)) if keep else None
        return self.poems(num, seed, revise=text, keep=lines, **asked)

    def why(self, text: str, line: int, position: int, **asked: Any) -> Why:
        """Explain one character of a poem by the model and the rules; ``line``, ``position``: from 1.

        The rules see the whole poem around it, as in a revision. ``asked``: the options that the poem was
        composed with, as in ``compose``; with ``traditional``, the candidates are in traditional characters.
        Raises PoetryError where there is no such place or the poem does not fit the form.
        """
        check_text(text, "text")
        for name, number in (("line", line), ("position", position)):
            if type(number) is not int:
                raise PoetryError(f"{name} {number!r}: a whole number is wanted")
        wanted = Asked.of(asked)
        plan, place, stands = make_question(self.model.vocabulary, text, line, position, wanted)
        found = why(self.generator(wanted).prepare(plan), place, stands)
        converted = wanted.traditional and not self.model.vocabulary.is_traditional
        return in_traditional(found, plan, place, stands) if converted else found

    def surprise(self, text: str, **asked: Any) -> list[list[float]]:
        """The surprise of each character of a poem, line by line: its negative log-probability, in nats.

        ``asked``: the options that the poem was composed with; of these form, prefix and theme are used: the
        model reads them first. Raises PoetryError where the text is not verse.
        """
        wanted = Asked.of(asked)
        model = self.model
        return surprise(model.model, model.vocabulary, text, wanted.form, wanted.prefix, wanted.theme)

    def knows(self, line: str) -> bool:
        """Whether a line, with its pauses 、, is a whole line of the poems that the model was trained on.

        One in about a hundred other lines is wrongly taken for one (``poetry.verse.lines``). Raises
        PoetryError where the text is not verse.
        """
        keep = PAUSE in self.model.vocabulary
        read = take(self.model.vocabulary, typed_verse(line, "line", keep), "line", keep).read
        return read.strip(MARKS + PAUSE) in known_lines(self.model)

    def plan(self, asked: Asked) -> Plan:
        """The plan of what is asked. Raises PoetryError where it cannot be met."""
        return self._prepared(asked).plan

    def request(self, asked: Asked, num: int, seed: int, number: int | None = None) -> Request:
        """The request for the poems of ``poems``, or for poem ``number`` of the seed alone.

        Raises PoetryError where what is asked cannot be met.
        """
        prepared = self._prepared(asked)
        finish = functools.partial(self._finished, asked, prepared.plan, seed)
        return request_class(asked)(prepared, asked, num, seed, finish, number)

    def generator(self, asked: Asked) -> Generator:
        """The generator with the sampling and the calibration that are asked for."""
        return Generator.of(self.model, asked.sampling)

    def verify(self, card: Mapping[str, Any]) -> Verdict:
        """Compose the poem of a card again and tell whether it is the same, character for character.

        ``card``: as ``Composed.card`` made it. Raises PoetryError where it is no card.
        """
        asked, seed, number = read_card(card)
        if card["model"] != self.model_hash:
            return OTHER_MODEL
        (poem,) = self.request(asked, 1, seed, number).poems()
        return verdict(card, poem.text)

    def _make(self, asked: Asked) -> PreparedPlan:
        """Make the plan of what is asked, and prepare it."""
        plan = request_class(asked).make_plan(self.model.vocabulary, asked)
        return self.generator(asked).prepare(plan)

    def _finished(self, asked: Asked, plan: Plan, seed: int, number: int, poem: Poem) -> Composed:
        """The composed poem, ready to print; a drawn theme is recorded in it as the one asked for."""
        kept = None
        if asked.traditional and not self.model.vocabulary.is_traditional:
            kept = script.kept_as_typed(asked.typed)
        if plan.draws_theme:
            plan = plan.of_poem(self.model.vocabulary, seed, number)
            asked = replace(asked, theme=" ".join(plan.theme.shown))
        text, title = plan.printed(poem.text, kept), _title(plan, kept) if asked.title else ""
        return Composed(text, title, seed, number, poem.logprob, poem.parts, asked, plan, self.model)

    check = staticmethod(check)


def _title(plan: Plan, kept: Collection[str] | None) -> str:
    """The title of a poem: the name of its form or tune, and the theme; ``kept`` as in ``Plan.printed``."""
    name = plan.form.name if isinstance(plan.form, Tune) else plan.form.chinese
    name = name if kept is None else script.to_traditional(name)
    return f"{name}·{plan.theme.printed(kept)}" if plan.theme.shown else name

"""Explaining a character of a poem by the model and the rules; the surprise of each character."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from poetry.base.errors import PoetryError
from poetry.composing.checking import typed_verse
from poetry.composing.choices import History
from poetry.composing.generator import PreparedPlan
from poetry.composing.given import Given, take
from poetry.composing.lexicon import lexicon
from poetry.composing.plan import Plan
from poetry.composing.planning import MAX_TYPED, told_name, typed_prefix
from poetry.composing.rules import Rules
from poetry.composing.sampling import log_probabilities, log_softmax
from poetry.composing.theme import typed_theme
from poetry.learning import paddle
from poetry.learning.network import Network
from poetry.text import script
from poetry.text.headings import prompt
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.checking import as_checked, check_verse
from poetry.verse.ci import check_ci
from poetry.verse.ci_report import CiReport
from poetry.verse.form import FREE, MARKS, PAUSE, Form, characters, verse_lines
from poetry.verse.prosody import Report
from poetry.verse.tunes import Tune

SHOWN = 10  # candidates
_HELD_BACK = 2.0  # nats; a rule is named where it lowers a score by at least this


@dataclass(frozen=True)
class Candidate:
    """A possible character for a place, with its ``probability`` by the model alone.

    ``struck_by``: the name of the first rule that forbids it or clearly lowers its score, None for none.
    """

    character: str
    probability: float
    struck_by: str | None


@dataclass(frozen=True)
class Why:
    """The likeliest ``candidates`` for a place, and the ``character`` that stands there.

    ``rank``: its rank by the model alone, 1 for the likeliest; ``left``: the share of probability that the
    rules leave; a lowered score counts in part.
    """

    character: str
    candidates: tuple[Candidate, ...]
    rank: int
    left: float


@paddle.no_grad()
def why(prepared: PreparedPlan, place: int, stands: Given) -> Why:
    """Explain the character that ``stands`` at ``place``, which is open in the plan ``prepared``."""
    plan, model, vocabulary = prepared.plan, prepared.ranking.model, prepared.ranking.vocabulary
    ids = vocabulary.encode(plan.locked[:place])
    told = plan.prompt(vocabulary)
    features, _ = model.features(paddle.to_tensor([[*told, *ids]], dtype="int64"))
    logits = model.output(features[:, -1]).numpy().astype(np.float64)
    (probabilities,) = np.exp(log_softmax(logits))
    before, scores = logits.copy(), logits.copy()
    struck: list[str | None] = [None] * len(vocabulary)
    for name in _applied(prepared.rules, History.of_one(ids), scores):
        still = before > -np.inf
        lowered = still & (scores - np.where(still, before, 0) <= -_HELD_BACK)
        for ix in np.flatnonzero(lowered):
            struck[ix] = struck[ix] or name
        before = scores.copy()
    spoken = np.flatnonzero(lexicon(vocabulary).characters)
    order = spoken[np.argsort(-probabilities[spoken], kind="stable")].tolist()
    return Why(
        stands.shown,
        tuple(Candidate(vocabulary.words[ix], float(probabilities[ix]), struck[ix]) for ix in order[:SHOWN]),
        1 + order.index(vocabulary.word2ix[stands.read]),
        float((probabilities * np.exp(np.minimum(0.0, scores - logits))).sum()),
    )


def in_traditional(found: Why, plan: Plan, place: int, stands: Given) -> Why:
    """Return ``found`` in traditional characters: each in the form that its line around ``place`` decides.

    The character that ``stands`` there is kept if it was typed in traditional characters.
    """

    def convert(character: str) -> str:
        return script.to_traditional(plan.locked[:place] + character + plan.locked[place + 1 :])[place]

    kept = script.kept_as_typed([plan.typed[0].typed + stands.typed])
    return replace(
        found,
        character=stands.typed if stands.typed in kept else convert(found.character),
        candidates=tuple(replace(each, character=convert(each.character)) for each in found.candidates),
    )


def _applied(rules: Rules, history: History, scores: np.ndarray) -> Iterator[str]:
    """As ``Rules.applied`` for one draft; a forced character is attributed to the outline."""
    (forced,) = rules.forced(history)
    if forced < 0:
        yield from rules.applied(history, scores)
    elif rules.outline:
        kept = scores[0, forced]
        scores[:] = -np.inf
        scores[0, forced] = kept
        yield rules.outline.name


def _report(verse: str, form: Form | Tune) -> Report | CiReport:
    """The report on verse, of a ci of any length."""
    if isinstance(form, Tune):
        return check_ci(verse, form)
    return check_verse(verse, None if form is FREE else form)


@paddle.no_grad()
def surprise(
    model: Network,
    vocabulary: PoemVocabulary,
    text: str,
    form: Form | Tune = FREE,
    prefix: str | None = None,
    theme: str | None = None,
) -> list[list[float]]:
    """The negative log-probability of each character of typed verse, line by line, in nats.

    Each is predicted from all the text before it, with the marks that ``check`` reads in it; ``form``,
    ``prefix`` and ``theme`` as in ``make_plan``. Raises PoetryError where the text is not verse or too long.
    """
    verse = typed_verse(text, "text", keep_pauses=True)
    if len(verse) > MAX_TYPED:
        raise PoetryError(f"text has {len(verse)} characters, at most {MAX_TYPED} are taken; shorten it")
    if PAUSE in verse or len(verse_lines(verse)) == 1:
        verse = as_checked(verse, _report(verse, form))
    lines = verse_lines(verse)
    if PAUSE not in vocabulary:  # then its own ci have none
        verse = verse.replace(PAUSE, "")
    mood, about = typed_prefix(vocabulary, prefix), typed_theme(vocabulary, theme)
    told = prompt(vocabulary, told_name(vocabulary, form), about.read, mood.read)
    ids = np.array([*told, *vocabulary.encode(take(vocabulary, verse, "text", keep_pauses=True).read)])
    features, _ = model.features(paddle.to_tensor(ids[None, :-1]))
    logits = model.output(features[0, len(told) - 1 :]).numpy()  # (characters and marks, V)
    found = iter(zip(verse, -log_probabilities(logits, ids[len(told) :]), strict=True))
    spoken = (float(nats) for character, nats in found if character not in MARKS + PAUSE)
    return [[next(spoken) for _ in characters(line)] for line in lines]

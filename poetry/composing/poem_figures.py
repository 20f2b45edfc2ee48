"""The figures of models of poems: how well they predict held-out poems; their own poems beside real ones."""

import itertools
import time
from collections.abc import Callable, Sequence

import numpy as np

from poetry.composing.asked import Asked
from poetry.composing.generator import Generator
from poetry.composing.plan import Plan
from poetry.composing.planning import make_plan
from poetry.learning.checkpoint import Checkpoint
from poetry.learning.losses import losses_by_kind
from poetry.text import poem_data
from poetry.verse import metrics
from poetry.verse.form import FORMS, Form
from poetry.verse.metrics import Figure

Figures = dict[str, int | float | Figure | None]


def held_out_figures(
    loaded: Checkpoint, training: Sequence[np.ndarray], held_out: Sequence[np.ndarray]
) -> dict[str, int | dict[str, Figure]]:
    """The perplexity of ``held_out`` poems, and of those that share no line with ``training``, by name.

    Both are poems as ids of the model. A perplexity is given for each kind of ``losses_by_kind``.
    """
    vocabulary = loaded.vocabulary
    losses = losses_by_kind(loaded.model, held_out, vocabulary.unspoken_ids())
    known = poem_data.lines(training, vocabulary)
    is_new = [known.isdisjoint(poem_data.lines([poem], vocabulary)) for poem in held_out]
    of_new = {name: list(itertools.compress(of_poems, is_new)) for name, of_poems in losses.items()}
    return {
        "held_out_poems": len(held_out),
        "perplexity": {name: metrics.perplexity(of_poems) for name, of_poems in losses.items()},
        "poems_of_new_lines": sum(is_new),
        "perplexity_of_new_lines": {name: metrics.perplexity(of_poems) for name, of_poems in of_new.items()},
    }


def form_figures(
    generator: Generator,
    training: Sequence[np.ndarray],
    held_out: Sequence[np.ndarray],
    number: int,
    seed: int,
    candidates: int,
    say: Callable[[str], None],
) -> dict[str, dict[str, Figures]]:
    """The figures of real, unconstrained and constrained poems, by form, column and name.

    Real poems are the whole ones of ``held_out``; ``number`` constrained ones of each form are composed, each
    the best of ``candidates`` drafts, and as many unconstrained ones in all. ``say`` is told what begins.
    """
    vocabulary = generator.vocabulary
    source = metrics.Source(map(vocabulary.decode, training))
    real = [vocabulary.decode(poem) for poem in held_out if poem[-1] == vocabulary.eop]
    bare = Plan(Asked.max_gen_len, bare=True)
    say(f"composing {len(FORMS) * number:,} unconstrained poems")
    loose, loose_seconds = _compose(generator, bare, len(FORMS) * number, seed, 1)
    tables = {}
    for form in FORMS:
        say(f"composing {number:,} {form}")
        poems, seconds = _compose(
            generator, make_plan(vocabulary, Asked(form=form)), number, seed, candidates
        )
        columns = {
            "real": (real, None),
            "unconstrained": (loose, loose_seconds),
            "constrained": (poems, seconds),
        }
        tables[form.name] = {
            name: _column(generator, texts, form, source) | {"seconds a poem": time_taken}
            for name, (texts, time_taken) in columns.items()
        }
        tables[form.name]["real"]["form right"] = None  # they were chosen by their form
    return tables


def _compose(
    generator: Generator, plan: Plan, number: int, seed: int, candidates: int
) -> tuple[list[str], float]:
    """Compose ``number`` poems; return (poems as plain text, seconds per poem)."""
    began = time.perf_counter()
    poems = [poem.unbroken for poem in generator.compose(plan, number, seed, candidates)]
    return poems, (time.perf_counter() - began) / number


def _column(generator: Generator, texts: Sequence[str], form: Form, source: metrics.Source) -> Figures:
    """The figures of those ``texts`` that are in ``form``."""
    right = [metrics.in_form(text, form) for text in texts]
    chosen = [text for text, is_right in zip(texts, right, strict=True) if is_right]
    return {
        "poems": len(chosen),
        "form right": metrics.mean(right),
        **metrics.figures(chosen, form, source),
        "log-probability": metrics.mean(mean_logprobs(generator, chosen)),
    }


def mean_logprobs(generator: Generator, texts: Sequence[str]) -> list[float]:
    """The mean log-probability of each poem's characters, without marks, under the unmasked model."""
    vocabulary = generator.vocabulary
    poems = [np.array([vocabulary.start, *vocabulary.encode(text)]) for text in texts]
    losses = losses_by_kind(generator.model, poems, vocabulary.unspoken_ids())
    return [-float(loss.mean()) for loss in losses["characters"]]

"""Compose poems: go on from a first line, take a mood from other verse, hide words in an acrostic.

With a model of any text: write such text, from --start on.
"""

from poetry.base import quiet  # noqa: F401

# isort: split

import json
import secrets
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

import config
from poetry.base import cli, runtime
from poetry.composing.plan import Plan, make_couplet_plan, make_plan
from poetry.composing.sampling import Sampling
from poetry.text import script
from poetry.text.tokens import TextVocabulary
from poetry.verse.form import FORMS, LONG_FORMS
from poetry.verse.readings import rhyme_groups
from poetry.verse.tunes import Tune, tunes

if TYPE_CHECKING:
    from poetry.composing.generator import Poem
    from poetry.learning.checkpoint import Checkpoint

# What imports Paddle, which takes two seconds, is imported once the options are known to be sound.


ASKED = ("start", "prefix", "theme", "mood_strength", "acrostic", "form", "rhyme", "tones")
NOT_OF_COUPLETS = ("start", "theme", "acrostic", "form", "rhyme", "tones", "max_gen_len", "title")
OF_VERSE = (*ASKED[1:], "couplet", "candidates", "explain", "max_gen_len", "traditional", "title")
OF_TEXT = ("length", "stop")
SPARE = 2  # answers composed for each that is asked for: some come twice


@click.command(cls=cli.Command, help=__doc__)
@config.options(
    "form", "rhyme", "tones", "start", "prefix", "theme", "mood_strength", "acrostic", "couplet",
    "candidates", "num", "temperature", "top_k", "top_p", "seed", "max_gen_len",
    "traditional", "title", "forms", *OF_TEXT, "json", "explain", "model_path", "use_gpu",
)  # fmt: skip
@click.pass_context
def generate(context: click.Context, **options: Any) -> None:
    """Load the model, and have it write what it has learned to write."""
    if options["forms"]:
        cli.refuse(context, set(options) - {"forms"}, "does not go with --forms, which stands alone")
        click.echo("\n".join(forms()))
        return
    from poetry.learning import checkpoint

    if options["couplet"] is not None:
        cli.refuse(context, NOT_OF_COUPLETS, "does not go with --couplet")
    runtime.start(options["use_gpu"], cli.say)
    path = options["model_path"] or checkpoint.newest_model(config.MODEL_FOLDERS)
    loaded = checkpoint.load_model(path)
    is_of_text = isinstance(loaded.vocabulary, TextVocabulary)
    if is_of_text:
        cli.refuse(context, OF_VERSE, f"is about verse; {path} is a model of other text")
    else:
        cli.refuse(context, OF_TEXT, f"is about text; {path} is a model of verse")
    cli.say(f"model: {path}")
    if is_of_text:
        everything = {"top_k": 0, "top_p": 1.0}  # may come, where the defaults, which are for verse, hold
        write(
            loaded,
            options | {name: every for name, every in everything.items() if not cli.is_given(context, name)},
        )
    else:
        compose(loaded, options)


def write(loaded: "Checkpoint", options: dict[str, Any]) -> None:
    """Write texts, each piece as it comes."""
    from poetry.composing.writer import Writer, whole_sentences

    vocabulary: TextVocabulary = loaded.vocabulary
    start = vocabulary.read(options["start"] or "", "--start")
    seed = _seed(options)
    sampling = Sampling(options["temperature"], options["top_k"], options["top_p"])
    writer = Writer(loaded.model, vocabulary, sampling)
    for number in range(options["num"]):
        pieces = writer.write(start, options["length"], seed, number)
        pieces = whole_sentences(pieces) if options["stop"] else pieces
        begun = vocabulary.decode(start)
        if options["json"]:
            text = begun + "".join(pieces)
            click.echo(json.dumps({"text": text, "start": begun, "seed": seed}, ensure_ascii=False))
            continue
        sys.stdout.write("\n" * bool(number) + begun)
        for piece in pieces:
            sys.stdout.write(piece)
            if sys.stdout.isatty():
                sys.stdout.flush()
        click.echo()


def compose(loaded: "Checkpoint", options: dict[str, Any]) -> None:
    """Wire plan and generator together."""
    from poetry.composing.generator import Generator
    from poetry.composing.known import known_lines

    plan = _plan(loaded, options)
    for typed, read in plan.stand_ins.items():
        free = "" if rhyme_groups(typed) else "; its readings are not known either, it may have any tone"
        cli.say(f"the model does not know {typed}; it reads {read} in its place{free}")
    for fault in plan.faults:
        where = f"line {fault.line}, character {fault.position}"
        cli.say(f"what is given breaks a rule and is kept: {fault.name} in {where}: {fault.detail}")
    seed = _seed(options)
    sampling = Sampling(options["temperature"], options["top_k"], options["top_p"])
    generator = Generator(loaded.model, loaded.vocabulary, sampling, known_lines(loaded))
    number = options["num"]
    poems = generator.compose(
        plan, SPARE * number if plan.is_couplet else number, seed, options["candidates"]
    )
    if plan.is_couplet:  # the answers to one line, all different, in their order
        ranked = sorted({poem.text: poem for poem in poems}.values(), key=lambda poem: -poem.value)
        poems = ranked[:number]
    to_traditional = options["traditional"] and not loaded.vocabulary.is_traditional()
    for number, poem in enumerate(poems):
        poem = replace(poem, text=plan.printed(poem.text, to_traditional))
        title = _title(plan, to_traditional) if options["title"] else ""
        if options["json"]:
            click.echo(json.dumps(_as_json(poem, seed, title), ensure_ascii=False))
        else:
            click.echo("\n" * bool(number) + (f"{title}\n" if title else "") + poem.text)
        if options["explain"]:
            cli.say("\n".join(_explained(poem)))


def _plan(loaded: "Checkpoint", options: dict[str, Any]) -> Plan:
    """What the options ask for."""
    if options["couplet"] is not None:
        mood = {name: options[name] for name in ("prefix", "mood_strength")}
        return make_couplet_plan(loaded.vocabulary, options["couplet"], **mood)
    asked = {name: options[name] for name in ASKED}
    return make_plan(loaded.vocabulary, options["max_gen_len"], **asked)


def _seed(options: dict[str, Any]) -> int:
    """The seed that is given, or one that is drawn and said."""
    seed = options["seed"]
    if seed is None:
        seed = secrets.randbelow(2**32)
        cli.say(f"seed: {seed}")
    return seed


def forms() -> Iterator[str]:
    """A line for every form and for every variant of every tune: name, characters, pattern."""
    for form in (*FORMS, *LONG_FORMS):
        yield f"{form} · {form.shape}"
    for tune in tunes().values():
        for variant in tune.variants:
            yield f"{tune} · {variant} · {variant.pattern()}"


def _title(plan: Plan, to_traditional: bool) -> str:
    """The name of a plan's form or tune, and its theme."""
    name = plan.form.name if isinstance(plan.form, Tune) else plan.form.chinese
    title = "・".join([name, *([" ".join(plan.theme)] if plan.theme else [])])
    return script.to_traditional(title) if to_traditional else title


def _as_json(poem: "Poem", seed: int, title: str) -> dict[str, Any]:
    logprob = None if poem.logprob is None else round(poem.logprob, 4)  # the rest depends on the batch
    titled = {"title": title} if title else {}
    parts = {name: _rounded(asdict(part)) for name, part in poem.parts.items()}
    found = {"text": poem.text, "lines": poem.lines, "seed": seed, "logprob": logprob, "parts": parts}
    return titled | found


def _rounded(numbers: dict[str, float]) -> dict[str, float]:
    return {name: round(number, 4) for name, number in numbers.items()}


def _explained(poem: "Poem") -> Iterator[str]:
    """What a poem was chosen by, a line a part."""
    if not poem.parts:
        yield "no choice: there were no other drafts of as few faults whose lines end in the same places"
    for name, part in poem.parts.items():
        gain = part.weight * (part.value - part.mean)
        yield f"{name}: {part.value:.2f}, mean of the drafts {part.mean:.2f}, worth {gain:+.2f}"


if __name__ == "__main__":
    generate()

"""Compose poems: go on from a first line, take a mood from other verse, hide words in an acrostic.

With a model of any text: write such text, from --start on.
"""

import quiet  # noqa: F401

# isort: split

import json
import secrets
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

import config
from poetry.base import cli, runtime
from poetry.composing.asked import NOT_OF_COUPLETS, NOT_OF_REVISIONS, SEEDS, Asked
from poetry.composing.sampling import Sampling
from poetry.text.tokens import TextVocabulary
from poetry.verse.form import FORMS, LONG_FORMS
from poetry.verse.tunes import tunes

if TYPE_CHECKING:
    from poetry.composing.composed import Composed
    from poetry.learning.checkpoint import Checkpoint

# Modules that import Paddle, which takes two seconds, are imported after the options have been checked.


OF_VERSE = (
    "prefix", "theme", "mood_strength", "acrostic", "form", "rhyme", "tones", "couplet", "revise", "keep",
    "candidates", "explain", "max_gen_len", "traditional", "title",
)  # fmt: skip
OF_TEXT = ("length", "stop")


@click.command(cls=cli.Command, help=__doc__)
@config.options(
    "form", "rhyme", "tones", "start", "prefix", "theme", "mood_strength", "acrostic", "couplet",
    "revise", "keep", "candidates", "num", "temperature", "top_k", "top_p", "seed", "max_gen_len",
    "traditional", "title", "forms", *OF_TEXT, "json", "explain", "model_path", "use_gpu",
    keep=config.KEPT_LINES,
)  # fmt: skip
@click.pass_context
def generate(context: click.Context, **options: Any) -> None:
    """Load the model and let it write verse or text, whichever it was trained on."""
    cli.check_stdout()
    if options["forms"]:
        cli.refuse(context, set(options) - {"forms"}, "does not go with --forms, which stands alone")
        click.echo("\n".join(forms()))
        return
    if options["couplet"] is not None:
        cli.refuse(context, NOT_OF_COUPLETS, "does not go with --couplet")
    if options["revise"] is not None:
        cli.refuse(context, NOT_OF_REVISIONS, "does not go with --revise")
    asked = Asked(**{field.name: options[field.name] for field in fields(Asked)})
    from poetry.learning import checkpoint

    runtime.keep_memory()
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
        everything = {"top_k": 0, "top_p": 1.0}  # no limits: the defaults are for verse
        write(
            loaded,
            options | {name: every for name, every in everything.items() if not cli.is_given(context, name)},
        )
    else:
        compose(loaded, asked, options)


def write(loaded: "Checkpoint", options: dict[str, Any]) -> None:
    """Write texts, printing each piece as soon as it is there."""
    from poetry.composing.writer import Writer, whole_sentences

    vocabulary: TextVocabulary = loaded.vocabulary
    start = vocabulary.read(options["start"] or "", "--start")
    seed = _seed(options)
    sampling = Sampling(options["temperature"], options["top_k"], options["top_p"])
    writer = Writer(loaded.model, vocabulary, sampling, loaded.provenance.by_document)
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


def compose(loaded: "Checkpoint", asked: Asked, options: dict[str, Any]) -> None:
    """Compose and print poems, with what is known of them."""
    from poetry.composing.composer import Composer

    composer = Composer(loaded)
    for note in composer.plan(asked).notes:
        cli.say(note)
    seed = _seed(options)
    number = 0
    for number, poem in enumerate(composer.request(asked, options["num"], seed).poems()):
        if options["json"]:
            about = {"title": poem.title, "theme": poem.asked.theme}
            found = {"text": poem.text, "lines": poem.lines, "seed": seed, **poem.judged()}
            told = {name: value for name, value in about.items() if value}
            click.echo(json.dumps(told | found, ensure_ascii=False))
        else:
            click.echo("\n" * bool(number) + (f"{poem.title}\n" if poem.title else "") + poem.text)
        if options["explain"]:
            cli.say("\n".join(_explained(poem)))
    if number + 1 < options["num"]:
        cli.say(f"--num {options['num']}: no more than {number + 1} different ones were found")


def _seed(options: dict[str, Any]) -> int:
    """Return the given seed, or draw one and print it on stderr."""
    seed = options["seed"]
    if seed is None:
        seed = secrets.randbelow(SEEDS)
        cli.say(f"seed: {seed}")
    return seed


def forms() -> Iterator[str]:
    """Yield a line for every form and every variant of a tune: name, number of characters, pattern."""
    for form in (*FORMS, *LONG_FORMS):
        yield f"{form} · {form.shape}"
    for tune in tunes().values():
        for variant in tune.variants:
            yield f"{tune} · {variant} · {variant.pattern()}"


def _explained(poem: "Composed") -> Iterator[str]:
    """Yield lines with the theme of a poem and each part of the ranking that chose it."""
    if poem.asked.theme:
        yield f"theme: {poem.asked.theme}"
    if not poem.parts:
        yield "no choice: there were no other drafts of as few faults whose lines end in the same places"
    for name, part in poem.parts.items():
        gain = part.weight * (part.value - part.mean)
        yield f"{name}: {part.value:.2f}, mean of the drafts {part.mean:.2f}, worth {gain:+.2f}"


if __name__ == "__main__":
    generate()

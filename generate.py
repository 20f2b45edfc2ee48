"""Compose poems: go on from a first line, take a mood from other verse, hide words in an acrostic."""

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

import config
from poetry.base import cli, runtime
from poetry.composing.plan import make_plan
from poetry.composing.sampling import Sampling
from poetry.text import script

if TYPE_CHECKING:
    from poetry.composing.generator import Poem

# What imports Paddle, which takes two seconds, is imported once the options are known to be sound.


@click.command(cls=cli.Command, help=__doc__)
@config.options(
    "form", "rhyme", "tones", "start", "prefix", "mood_strength", "acrostic", "candidates",
    "num", "temperature", "top_k", "top_p", "seed", "max_gen_len",
    "traditional", "json", "model_path", "use_gpu",
)  # fmt: skip
def generate(**options: Any) -> None:
    """Wire checkpoint, plan and generator together."""
    from poetry.composing.generator import Generator
    from poetry.composing.known import known_lines
    from poetry.learning import checkpoint

    runtime.start(options["use_gpu"], cli.say)
    path = options["model_path"] or checkpoint.newest_model(config.MODEL_FOLDERS)
    loaded = checkpoint.load_model(path)
    cli.say(f"model: {path}")
    asked = {
        name: options[name]
        for name in ("start", "prefix", "mood_strength", "acrostic", "form", "rhyme", "tones")
    }
    plan = make_plan(loaded.vocabulary, options["max_gen_len"], **asked)
    for fault in plan.faults:
        where = f"line {fault.line}, character {fault.position}"
        cli.say(f"what is given breaks a rule and is kept: {fault.name} in {where}: {fault.detail}")
    seed = options["seed"]
    if seed is None:
        seed = secrets.randbelow(2**32)
        cli.say(f"seed: {seed}")
    sampling = Sampling(options["temperature"], options["top_k"], options["top_p"])
    generator = Generator(loaded.model, loaded.vocabulary, sampling, known_lines(loaded))
    poems = generator.compose(plan, options["num"], seed, options["candidates"])
    to_traditional = options["traditional"] and not loaded.vocabulary.is_traditional()
    for number, poem in enumerate(poems):
        if to_traditional:
            poem = replace(poem, text=script.to_traditional(poem.text))
        if options["json"]:
            click.echo(json.dumps(_as_json(poem, seed), ensure_ascii=False))
        else:
            click.echo(f"\n{poem.text}" if number else poem.text)


def _as_json(poem: "Poem", seed: int) -> dict[str, Any]:
    logprob = None if poem.logprob is None else round(poem.logprob, 4)  # the rest depends on the batch
    return {"text": poem.text, "lines": poem.lines, "seed": seed, "logprob": logprob}


if __name__ == "__main__":
    generate()

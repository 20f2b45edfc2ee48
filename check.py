"""Check poems against the rules of regulated verse, ci against their tunes.

POEM is verse, a file of poems with an empty line between them, or - for stdin (the default). The stanzas of a
ci may have one too; a line above may name the form or tune. Exit code 1: with --form or --couplet, a fault.
"""

import quiet  # noqa: F401

# isort: split

import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Any

import click

import config
from poetry.base import cli
from poetry.base.errors import PoetryError
from poetry.composing.checking import is_chinese, typed_verse
from poetry.composing.verses import Verse, verses_of, whole_poems
from poetry.verse.checking import check_verse
from poetry.verse.ci_report import CiReport
from poetry.verse.couplet import COUPLET
from poetry.verse.form import MARKS, Form, characters
from poetry.verse.groups import characters_of, full_name
from poetry.verse.prosody import Fault, Line, Report
from poetry.verse.readings import readings_table, tone_of, tone_signs
from poetry.verse.tunes import Tune
from poetry.verse.typed import normalise

_MOST_BYTES = 1 << 24  # of a file, because a device may have no end
_SUFFIX = re.compile(r"\.[A-Za-z0-9]+$")
_SIGNS = {"P": "平", "Z": "仄", "*": "通", "?": "？"}


@click.command(cls=cli.Command, help=__doc__)
@click.argument("poems", metavar="[POEM]...", nargs=-1)
@config.options(
    "form",
    "couplet",
    "look",
    "rhymes",
    "nearest",
    "source",
    "json",
    form=None,
    source=config.CORPUS,
    couplet=config.CHECKED_COUPLET,
)
def check(poems: tuple[str, ...], form: Form | Tune | None, couplet: str | None, **options: Any) -> int:
    """Read, check and print; return the exit code."""
    cli.check_stdout()
    nearest, source = options.pop("nearest"), options.pop("source")
    if nearest is not None:
        if poems or form or couplet is not None or options["look"] or options["rhymes"]:
            raise PoetryError("--nearest stands alone; take out all but --source and --json")
        _show_nearest(nearest, source, options["json"])
        return 0
    if source is not None:
        raise PoetryError("--source is the corpus of --nearest; give both")
    if options["look"] is not None or options["rhymes"] is not None:
        _show_tables(poems, form, **options)
        return 0
    if couplet is None:
        verses = (poem for text in _read(poems or ("-",)) for poem in whole_poems(text, form))
    elif poems or form:
        raise PoetryError(f"--couplet stands alone; take out {'POEM' if poems else '--form'}")
    else:
        verses = iter([Verse("--couplet", typed_verse(couplet, "--couplet"), COUPLET)])
    faulty = False
    for number, verse in enumerate(verses):
        try:
            report = check_verse(verse.text, verse.form)
        except PoetryError as error:
            raise PoetryError(f"{verse.name}: {error}") from None
        faulty |= bool(report.faults)
        if options["json"]:
            _print_json(_as_json(report))
        else:
            table = _ci_table(report) if isinstance(report, CiReport) else _table(report)
            click.echo("\n" * bool(number) + "\n".join(table))
    return int(bool(couplet or form) and faulty)


def _as_json(report: Report | CiReport) -> dict[str, Any]:
    if isinstance(report, Report):
        return asdict(report) | {"form": report.form.name}
    variant = {"characters": len(report.variant), "commonest": report.is_commonest}
    found = {name: list(map(asdict, getattr(report, name))) for name in ("lines", "faults", "notes")}
    return {
        "form": report.tune.name,
        "variant": variant,
        "rhymes": report.rhymes,
        "stanzas": report.stanzas,
    } | found


def _show_tables(
    poems: tuple[str, ...], form: Form | Tune | None, look: str | None, rhymes: str | None, json: bool
) -> None:
    """Print what --look or --rhymes asks for."""
    given = {"--look": look is not None, "--rhymes": rhymes is not None, "--form": form, "POEM": poems}
    names = [name for name, value in given.items() if value]
    if len(names) > 1:
        raise PoetryError(f"{names[0]} stands alone; take out {' and '.join(names[1:])}")
    if rhymes is not None:
        found = characters_of(rhymes)
        if json:
            _print_json({"group": rhymes, "name": full_name(rhymes), "characters": found})
        else:
            click.echo(f"{full_name(rhymes)} · {len(found)} characters, the commonest rhymes first\n{found}")
        return
    for character in characters(typed_verse(look or "", "--look")):
        groups = list(readings_table().get(character, ""))
        if json:
            names = [{"group": group, "tone": tone_of(group), "name": full_name(group)} for group in groups]
            _print_json({"character": character, "tones": tone_signs(character), "readings": names})
        else:
            shown = "  ".join(f"{_SIGNS[tone_of(group)]} {full_name(group)}" for group in groups)
            click.echo(f"{character} {_SIGNS[tone_signs(character)]}  {shown or 'no reading is known'}")


def _show_nearest(line: str, source: Path | None, json: bool) -> None:
    """Print the lines of the 全唐诗 that are nearest to ``line``."""
    from poetry.text.nearest import make_index, open_index  # no other check needs it

    typed_verse(line, "--nearest")
    if source is None:
        index = open_index(config.LINE_INDEX, config.DOWNLOADS)
    else:
        index = make_index(config.LINE_INDEX, source)
    if index is None:
        raise PoetryError("the 全唐诗 is not here; run prepare.py, which downloads it, or give --source")
    found = index.nearest(line)
    if json:
        _print_json({"nearest": list(map(asdict, found))})
        return
    click.echo(
        "\n".join(f"{near.distance} {near.line}  {near.author}《{near.title}》" for near in found) or "new"
    )


def _print_json(record: dict[str, Any]) -> None:
    click.echo(dumps(record, ensure_ascii=False))


def _read(arguments: tuple[str, ...]) -> list[list[Verse]]:
    """Return the poems and stanzas of every argument, each with the form that the line above it names.

    Raises PoetryError where a text is not verse, so that nothing is checked before all is read.
    """
    if arguments.count("-") > 1:
        raise PoetryError("- is given twice; stdin can be read once")
    read = []
    for argument in arguments:
        text, name = argument, "POEM"
        if argument == "-" or _is_file(argument):
            name = "stdin" if argument == "-" else argument
            text = _read_file(argument, name)
        elif normalise(argument, name).strip(MARKS) and (
            _SUFFIX.search(argument) or not any(map(is_chinese, argument))
        ):
            raise PoetryError(f"POEM: {argument!r} is neither verse nor a file")
        verses = verses_of(text, name)
        if not verses:
            raise PoetryError(f"{name} is empty; give a poem, a file of poems or - for stdin")
        read.append(verses)
    return read


def _is_file(argument: str) -> bool:
    try:
        return bool(argument) and Path(argument).exists()
    except (OSError, ValueError):  # too long, or not valid, as a name
        return False


def _read_file(argument: str, name: str) -> str:
    if argument == "-" and sys.stdin is None:
        raise PoetryError("there is no stdin; give a poem or a file of poems")
    try:
        with sys.stdin.buffer if argument == "-" else open(argument, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise PoetryError(f"{name} is longer than {_MOST_BYTES >> 20} MiB; check it in parts")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise PoetryError(f"cannot read {name}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise PoetryError(f"cannot read {name}: byte {error.start + 1} is not UTF-8") from None


def _table(report: Report) -> Iterator[str]:
    """Yield the lines of a readable table."""
    kind = [report.form.chinese]
    if report.form is not COUPLET:
        kind.append("regulated" if report.regulated else "not regulated")
    if report.regulated:
        kind += [f"{report.opening} ({report.sequence})", f"rhyme {report.rhyme or 'unknown'}"]
    yield click.style(" · ".join(kind), bold=True)
    for number, line in enumerate(report.lines, 1):
        wrong = {fault.position for fault in report.faults if fault.line == number}
        yield f"{number:2} {line.type or ' '} {line.text}  {_tones(line, wrong)}"
    yield from _findings(report)
    if (report.regulated or report.form is COUPLET) and not report.faults:
        yield click.style("no fault", fg="green")


def _ci_table(report: CiReport) -> Iterator[str]:
    """Yield the lines of a readable table of a ci."""
    common = "" if report.is_commonest else ", not the commonest variant"
    rhymes = " ".join(str(number or "?") for number in report.rhymes)
    yield click.style(f"{report.tune} · {report.variant}{common} · rhyme groups {rhymes}", bold=True)
    for number, line in enumerate(report.lines, 1):
        if number in report.stanzas[1:]:
            yield ""
        wrong = {fault.position for fault in report.faults if fault.line == number}
        yield f"{number:2}   {line.text}  {_tones(line, wrong)}"
    yield from _findings(report)
    if not report.faults:
        yield click.style("no fault", fg="green")


def _findings(report: Report | CiReport) -> Iterator[str]:
    """Yield a line for each fault and note."""
    for colour, found in (("red", report.faults), ("yellow", report.notes)):
        for fault in found:
            yield click.style(f"{fault.name} {_place(fault)}{fault.detail}", fg=colour)


def _tones(line: Line, wrong: set[int]) -> str:
    signs = [_SIGNS[tone] for tone in line.tones]
    return "".join(click.style(sign, fg="red") if ix in wrong else sign for ix, sign in enumerate(signs, 1))


def _place(fault: Fault) -> str:
    if not fault.line:
        return ""
    return f"line {fault.line}" + (f", character {fault.position}" if fault.position else "") + ": "


if __name__ == "__main__":
    check()

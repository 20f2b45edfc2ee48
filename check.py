"""Check poems against the rules of regulated verse: form, sequence, tones, rhyme, faults.

POEM is verse, a file of poems with an empty line between them, or - for stdin (the default).
Exit code 1: with --form, a fault was found.
"""

from poetry.base import quiet  # noqa: F401

# isort: split

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

import config
from poetry.base import cli
from poetry.base.errors import PoetryError
from poetry.verse import parallelism, typed
from poetry.verse.form import MARKS, Form, characters
from poetry.verse.prosody import Fault, Line, Report, check_poem

_HAN = re.compile(r"[㐀-䶿一-鿿〇\U00020000-\U000323af]")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]+$")
_SIGNS = {"P": "平", "Z": "仄", "*": "通", "?": "？"}


@click.command(cls=cli.Command, help=__doc__)
@click.argument("poems", metavar="[POEM]...", nargs=-1)
@config.options("form", "json", form=None)
def check(poems: tuple[str, ...], form: Form | None, **options: Any) -> int:
    """Wire reading, checking and printing together; the exit code."""
    reports = [_check(text, form) for text in _read(poems or ("-",))]
    for number, report in enumerate(reports):
        if options["json"]:
            click.echo(json.dumps(_as_json(report), ensure_ascii=False))
        else:
            click.echo("\n" * bool(number) + "\n".join(_table(report)))
    return int(form is not None and any(report.faults for report in reports))


def _check(text: str, form: Form | None) -> Report:
    """The report on a poem; on a regulated one with a note of how parallel its middle couplets are."""
    report = check_poem(text, form)
    return replace(report, notes=report.notes + parallelism.notes(text)) if report.regulated else report


def _read(arguments: tuple[str, ...]) -> Iterator[str]:
    """The normalised text of every poem. Raises PoetryError on what is no verse."""
    for argument in arguments:
        text, name = argument, "POEM"
        if argument == "-" or _is_file(argument):
            name = "stdin" if argument == "-" else argument
            text = _read_file(argument, name)
        elif argument.strip() and (_SUFFIX.search(argument) or not _HAN.search(argument)):
            raise PoetryError(f"POEM: {argument!r} is neither verse nor a file")
        blocks = [block for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if block.strip()]
        if not blocks:
            raise PoetryError(f"{name} is empty; give a poem, a file of poems or - for stdin")
        for number, block in enumerate(blocks, 1):
            yield _verse(block, name if len(blocks) == 1 else f"{name}, poem {number}")


def _is_file(argument: str) -> bool:
    try:
        return bool(argument) and Path(argument).exists()
    except (OSError, ValueError):  # too long for a name, or no name at all
        return False


def _read_file(argument: str, name: str) -> str:
    if argument == "-" and sys.stdin is None:
        raise PoetryError("there is no stdin; give a poem or a file of poems")
    try:
        data = sys.stdin.buffer.read() if argument == "-" else Path(argument).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise PoetryError(f"cannot read {name}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise PoetryError(f"cannot read {name}: byte {error.start + 1} is not UTF-8") from None


def _verse(block: str, name: str) -> str:
    text = typed.normalise(block, name)
    for position, character in enumerate(text, 1):
        if character not in MARKS and not _HAN.match(character):
            raise PoetryError(f"{name}: {character} at position {position} is not a Chinese character")
    if not characters(text):
        raise PoetryError(f"{name} holds no verse, only marks")
    return text


def _as_json(report: Report) -> dict[str, Any]:
    return asdict(report) | {"form": report.form.name}


def _table(report: Report) -> Iterator[str]:
    """The lines of a readable table."""
    kind = [report.form.chinese, "regulated" if report.regulated else "not regulated"]
    if report.regulated:
        kind += [f"{report.opening} ({report.sequence})", f"rhyme {report.rhyme or 'unknown'}"]
    yield click.style(" · ".join(kind), bold=True)
    for number, line in enumerate(report.lines, 1):
        wrong = {fault.position for fault in report.faults if fault.line == number}
        yield f"{number:2} {line.type or ' '} {line.text}  {_tones(line, wrong)}"
    for colour, found in (("red", report.faults), ("yellow", report.notes)):
        for fault in found:
            yield click.style(f"{fault.name} {_place(fault)}{fault.detail}", fg=colour)
    if report.regulated and not report.faults:
        yield click.style("no fault", fg="green")


def _tones(line: Line, wrong: set[int]) -> str:
    signs = [_SIGNS[tone] for tone in line.tones]
    return "".join(click.style(sign, fg="red") if ix in wrong else sign for ix, sign in enumerate(signs, 1))


def _place(fault: Fault) -> str:
    if not fault.line:
        return ""
    return f"line {fault.line}" + (f", character {fault.position}" if fault.position else "") + ": "


if __name__ == "__main__":
    check()

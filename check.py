"""Check poems against the rules of regulated verse: form, sequence, tones, rhyme, faults.

POEM is verse, a file of poems with an empty line between them, or - for stdin (the default).
Exit code 1: with --form, a fault was found. With --look or --rhymes no poem is read.
"""

from poetry.base import quiet  # noqa: F401

# isort: split

import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from json import dumps
from pathlib import Path
from typing import Any

import click

import config
from poetry.base import cli
from poetry.base.errors import PoetryError
from poetry.verse import parallelism, typed
from poetry.verse.form import MARKS, Form, characters, with_marks
from poetry.verse.groups import characters_of, full_name
from poetry.verse.prosody import Fault, Line, Report, check_poem
from poetry.verse.readings import readings_table, tone_of, tone_sign

_HAN = re.compile(r"[㐀-䶿一-鿿〇\U00020000-\U000323af]")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]+$")
_SIGNS = {"P": "平", "Z": "仄", "*": "通", "?": "？"}


@click.command(cls=cli.Command, help=__doc__)
@click.argument("poems", metavar="[POEM]...", nargs=-1)
@config.options("form", "look", "rhymes", "json", form=None)
def check(poems: tuple[str, ...], form: Form | None, **options: Any) -> int:
    """Wire reading, checking and printing together; the exit code."""
    if options["look"] is not None or options["rhymes"] is not None:
        _show_tables(poems, form, **options)
        return 0
    reports = [_check(with_marks(text), form) for text in _read(poems or ("-",))]
    for number, report in enumerate(reports):
        if options["json"]:
            _print_json(asdict(report) | {"form": report.form.name})
        else:
            click.echo("\n" * bool(number) + "\n".join(_table(report)))
    return int(form is not None and any(report.faults for report in reports))


def _check(text: str, form: Form | None) -> Report:
    """The report on a poem; on a regulated one with a note of how parallel its middle couplets are."""
    report = check_poem(text, form)
    return replace(report, notes=report.notes + parallelism.notes(text)) if report.regulated else report


def _show_tables(
    poems: tuple[str, ...], form: Form | None, look: str | None, rhymes: str | None, json: bool
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
    for character in characters(_verse(look or "", "--look")):
        groups = list(readings_table().get(character, ""))
        if json:
            names = [{"group": group, "tone": tone_of(group), "name": full_name(group)} for group in groups]
            _print_json({"character": character, "tones": tone_sign(character), "readings": names})
        else:
            shown = "  ".join(f"{_SIGNS[tone_of(group)]} {full_name(group)}" for group in groups)
            click.echo(f"{character} {_SIGNS[tone_sign(character)]}  {shown or 'no reading is known'}")


def _print_json(record: dict[str, Any]) -> None:
    click.echo(dumps(record, ensure_ascii=False))


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

"""Make docs/options.md: every option of every script, as the scripts themselves tell it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

TARGET = ROOT / "docs" / "options.md"
SCRIPTS = ("generate", "serve", "check", "prepare", "train", "evaluate", "export")


def page() -> str:
    """The text of docs/options.md."""
    return "\n".join(["# Options", "", *(line for name in SCRIPTS for line in _section(name))])


def _section(name: str) -> Iterator[str]:
    command = getattr(__import__(name), name)
    yield from (f"## `{name}.py`", "", command.help.strip().splitlines()[0], "")
    yield from ("| option | default | meaning |", "| --- | --- | --- |")
    for option in command.params:
        if isinstance(option, click.Option):
            names = ", ".join(f"`{text}`" for text in (*option.opts, *option.secondary_opts))
            yield f"| {names} | {_default(option)} | {option.help} |"
    yield ""


def _default(option: click.Option) -> str:
    if option.is_flag:
        return "on" if option.default is True else ""
    choices = getattr(option.type, "choices", None)
    shown = "" if option.default is None or option.multiple else f"`{option.default}`"
    return f"{shown} of {', '.join(map(str, choices))}" if choices else shown


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")

"""What the scripts share."""

import sys

import click
import pytest

from poetry.base import cli
from poetry.base.errors import PoetryError

COMMAND = click.Command(
    "train",
    params=[
        click.Option(["--rate"], type=click.FloatRange(0), default=0.5),
        click.Option(["--rows"], type=int, default=None),
        click.Option(["--order"], type=click.Choice(["length", "random"])),
        click.Option(["--starts"], multiple=True),
        click.Option(["--half"], is_flag=True),
    ],
)


@pytest.fixture
def context():
    return click.Context(COMMAND)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate", 0.25),
        ("rows", 3),
        ("rows", None),
        ("order", "length"),
        ("starts", ["a", "b"]),
        ("half", True),
    ],
)
def test_a_stored_value_is_what_the_option_gives(context, name, value):
    assert cli.convert(context, name, value) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("rate", each) for each in (None, -1.0, "fast", [])],
        *[("rows", each) for each in (3.5, "x", {})],
        *[("order", each) for each in ("by size", [], 3)],
        ("starts", 3),
        ("half", "maybe"),
    ],
)
def test_a_value_that_the_option_never_gives(context, name, value):
    with pytest.raises(ValueError, match=f"is no --{name}"):
        cli.convert(context, name, value)


def test_a_closed_stdout_is_refused(monkeypatch):
    cli.check_stdout()
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(PoetryError, match="stdout is closed"):
        cli.check_stdout()

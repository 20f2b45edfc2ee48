"""Option types that click does not have: finite numbers, encodings, assignments, paths."""

import codecs
import math
from pathlib import Path
from typing import Any

import click


class Number(click.FloatRange):
    """A range of finite numbers; click's own ``FloatRange`` accepts ``nan``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or raise click's error."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class Numbers(click.ParamType):
    """Several numbers of one type, separated by spaces."""

    name = "numbers"

    def __init__(self, each: click.ParamType):
        self.each = each

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        """Return the numbers, or raise click's error."""
        parts = value.split() if isinstance(value, str) else value
        return [self.each.convert(part, param, ctx) for part in parts]


class Encoding(click.ParamType):
    """The name of a text encoding that Python knows."""

    name = "encoding"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return Python's name of the encoding, or raise click's error."""
        try:
            "".encode(value)  # also rejects codecs that are not text encodings
            return codecs.lookup(value).name
        except (LookupError, ValueError):
            self.fail(f"{value!r} is no encoding; take one as utf-8, utf-16, gb18030, big5.", param, ctx)


class Assignment(click.ParamType):
    """An assignment NAME=VALUE."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return (name, value), or raise click's error."""
        if isinstance(value, tuple):
            return value
        name, equals, value = value.partition("=")
        if not name or not equals:
            self.fail(f"{name + equals + value!r} is not COLUMN=VALUE.", param, ctx)
        return name, value


class Count(click.IntRange):
    """Whole numbers from ``least`` to ``most``, the largest that files and libraries can store.

    The help text shows only ``least``.
    """

    def __init__(self, least: int, most: int = 2**31 - 1):
        super().__init__(least)
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, or raise click's error."""
        number = super().convert(value, param, ctx)
        if number > self.most:
            self.fail(f"{value} is too large.", param, ctx)
        return number


class PathName(click.Path):
    """A path, not empty, and valid Unicode, because records and training states store it as text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path, or raise click's error."""
        if value == "":
            self.fail("it is empty; give a path.", param, ctx)
        path = super().convert(value, param, ctx)
        if any("\ud800" <= character <= "\udfff" for character in str(path)):
            self.fail("its name is not UTF-8; rename it.", param, ctx)
        return path

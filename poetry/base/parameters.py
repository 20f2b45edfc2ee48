"""What the value of an option may be, beyond what click knows: numbers, encodings, assignments, paths."""

import codecs
import math
from pathlib import Path
from typing import Any

import click


class Number(click.FloatRange):
    """A range of numbers that are numbers: ``nan`` passes through click's own."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or click's error."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class Numbers(click.ParamType):
    """Several numbers of a type, with spaces between them, as benchmarks take them."""

    name = "numbers"

    def __init__(self, each: click.ParamType):
        self.each = each

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        """The numbers, or click's error."""
        parts = value.split() if isinstance(value, str) else value
        return [self.each.convert(part, param, ctx) for part in parts]


class Encoding(click.ParamType):
    """The name of an encoding of text that Python knows."""

    name = "encoding"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, or click's error."""
        try:
            "".encode(value)  # refuses what is no encoding of text, too
            return codecs.lookup(value).name
        except (LookupError, ValueError):
            self.fail(f"{value!r} is no encoding; take one as utf-8, utf-16, gb18030, big5.", param, ctx)


class Assignment(click.ParamType):
    """NAME=VALUE."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """(name, value), or click's error."""
        if isinstance(value, tuple):
            return value
        name, equals, value = value.partition("=")
        if not name or not equals:
            self.fail(f"{name + equals + value!r} is not COLUMN=VALUE.", param, ctx)
        return name, value


class Count(click.IntRange):
    """A range of numbers up to what files and libraries can store; its help does not name that."""

    def __init__(self, least: int, most: int = 2**31 - 1):
        super().__init__(least)
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or click's error."""
        number = super().convert(value, param, ctx)
        if number > self.most:
            self.fail(f"{value} is too large.", param, ctx)
        return number


class PathName(click.Path):
    """A path that is text: records and training states name it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, or click's error."""
        path = super().convert(value, param, ctx)
        if any("\ud800" <= character <= "\udfff" for character in str(path)):
            self.fail("its name is not UTF-8; rename it.", param, ctx)
        return path

"""Text tables that are part of the package."""

from importlib.resources.abc import Traversable


def table_lines(table: Traversable) -> list[str]:
    """Return the lines of a table, without comments (#)."""
    return [line for line in table.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def table_rows(table: Traversable) -> list[list[str]]:
    """Return the fields of each line of a table, which are separated by tabs; comments (#) are left out."""
    return [line.split("\t") for line in table_lines(table)]

"""Helpers for tables of words counted in the poems of a data file."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from poetry.base.files import atomic_write
from poetry.text import poem_data


def training_poems(data: Path) -> list[str]:
    """Return the texts of the training poems of a data file."""
    loaded = poem_data.load(data)
    return list(map(loaded.vocabulary.decode, poem_data.training_side(loaded)))


def write_table(path: Path, comment: str, rows: Mapping[str, Iterable[str]]) -> None:
    """Write a row for each key: the key, a tab, its words. Print the number of rows and the size."""
    lines = (f"{key}\t{' '.join(words)}\n" for key, words in rows.items())
    with atomic_write(path) as file:
        file.write("".join([f"# {comment}\n", *lines]).encode())
    click.echo(f"{len(rows):,} rows, {path.stat().st_size:,} bytes")

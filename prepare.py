"""Make the data file: raw poems of chinese-poetry -> clean poems -> work/tang_poem.npz."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

import config
from poetry.base import cli
from poetry.base.errors import PoetryError
from poetry.text import chinese_poetry, corpus, poem_data, script
from poetry.text.npz import write_npz


@click.command(cls=cli.Command, help=__doc__)
@config.options(
    "source", "data_path", "dynasty", "ci", "headings", "min_count", "traditional", "vocabulary",
    data_path=None,
)  # fmt: skip
def prepare(source: Path | None, dynasty: str, ci: bool, traditional: bool, **options: Any) -> None:
    """Wire source, cleaning and writing together."""
    kinds = [*config.DYNASTIES[dynasty], *(["ci"] if ci else [])]
    if not kinds:
        raise PoetryError("--dynasty none leaves nothing to prepare; give --ci too")
    data_path = options["data_path"] or Path(config.data_file(dynasty, ci))
    given = poem_data.load(options["vocabulary"]) if options["vocabulary"] else None
    data, vocabulary, report = corpus.build(
        _read(source, kinds),
        config.COLUMNS,
        str if traditional else script.to_simplified,
        given and given.vocabulary,
        _left_out(given, kinds),
        options["min_count"],
        options["headings"],
        config.CI_COLUMNS,
    )
    write_npz(data_path, data, vocabulary.words)
    for line in report.lines():
        click.echo(line)
    click.echo(f"{len(vocabulary):,} words; wrote {data_path}")


def _left_out(
    given: poem_data.Dataset | None, kinds: list[str]
) -> Callable[[list[str]], Callable[[str], bool]] | None:
    """What makes of all clean poems the test of those that show a held-out line; see ``corpus.build``."""
    if given is not None:
        held_out = map(given.vocabulary.decode, poem_data.sequences(given))
        betrays = poem_data.betrays(held_out)
        return lambda _: betrays
    return poem_data.betrays if len(kinds) > 1 else None


def _read(source: Path | None, kinds: list[str]) -> Iterator[chinese_poetry.Raw]:
    for kind in kinds:
        folder = source or _downloaded(kind)
        yield from chinese_poetry.read_ci(folder) if kind == "ci" else chinese_poetry.read_poems(folder, kind)


def _downloaded(kind: str) -> Path:
    from poetry.text import download  # those who have the corpus do not pay for it

    download.fetch(config.DOWNLOADS, download.known_files(kind), download.BASE_URLS[kind])
    return config.DOWNLOADS


if __name__ == "__main__":
    prepare()

"""Make the data file: raw poems of chinese-poetry -> clean poems -> work/tang_poem.npz."""

from pathlib import Path
from typing import Any

import click

import config
from poetry.base import cli
from poetry.text import corpus, poem_data, script
from poetry.text.npz import write_npz


@click.command(cls=cli.Command, help=__doc__)
@config.options("source", "data_path", "dynasty", "traditional", "vocabulary", data_path=None)
def prepare(source: Path | None, dynasty: str, traditional: bool, **options: Any) -> None:
    """Wire source, cleaning and writing together."""
    data_path = options["data_path"] or Path(config.data_file(dynasty))
    given = poem_data.load(options["vocabulary"]) if options["vocabulary"] else None
    vocabulary, leave_out = (given.vocabulary, poem_data.betrays(given)) if given else (None, None)
    poems = corpus.read_poems(source or _downloaded(dynasty), dynasty)
    convert = str if traditional else script.to_simplified
    data, vocabulary, report = corpus.build(poems, config.COLUMNS, convert, vocabulary, leave_out)
    write_npz(data_path, data, vocabulary.words)
    for line in report.lines():
        click.echo(line)
    click.echo(f"{len(vocabulary):,} words; wrote {data_path}")


def _downloaded(dynasty: str) -> Path:
    from poetry.text import download  # those who have the corpus do not pay for it

    download.fetch(config.DOWNLOADS, download.known_files(dynasty))
    return config.DOWNLOADS


if __name__ == "__main__":
    prepare()

"""Make the data file: raw poems of chinese-poetry -> clean poems -> work/tang_poem.npz.

With --text or --csv: any text -> its tokens -> work/NAME.tokens.
"""

import quiet  # noqa: F401

# isort: split

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

import config
from poetry.base import cli
from poetry.base.errors import PoetryError
from poetry.text import bpe, chinese_poetry, corpus, kinds, plain, poem_data, script, text_data
from poetry.text.npz import write_npz
from poetry.text.plain import Choice

OF_POEMS = ("source", "dynasty", "ci", "headings", "traditional", "vocabulary")
OF_CSV = ("column", "min_words", "max_words", "cut_at", "drop_with", "drop_where")
OF_TEXT = ("encoding", "tokens", "lower")
MIN_COUNT = {"char": 1, "word": 2}


@click.command(cls=cli.Command, help=__doc__)
@config.options(
    "source", "data_path", "dynasty", "ci", "headings", "min_count", "traditional", "vocabulary",
    "text", "csv", *OF_CSV, *OF_TEXT, data_path=None,
)  # fmt: skip
@click.argument("more", nargs=-1, type=config.FILE, metavar="")
@click.pass_context
def prepare(context: click.Context, more: tuple[Path, ...], **options: Any) -> None:
    """Check which options go together, then prepare poems or text."""
    files = options["text"] + more if options["text"] else ()
    if more and not files:
        raise PoetryError(f"{more[0]} is not expected; text files are given as --text FILE [FILE …]")
    if more and len(options["text"]) > 1:  # click does not keep the order of the two groups
        raise PoetryError("give --text before every file, or all files behind one --text")
    if files and options["csv"]:
        raise PoetryError("--text and --csv are two kinds of source; give one")
    if not files and not options["csv"]:
        cli.refuse(context, (*OF_CSV, *OF_TEXT), "is about text; give --text or --csv too")
        if options["vocabulary"]:
            cli.refuse(context, ["min_count"], "does not go with --vocabulary, whose words all are known")
        prepare_poems(**options)
        return
    cli.refuse(context, OF_POEMS, "is about poems, not about any text")
    if isinstance(options["tokens"], Path):
        cli.refuse(context, ["min_count"], "is not for the tokens of a folder, which all are known")
    if files:
        cli.refuse(context, OF_CSV, "is about the documents of a --csv")
    prepare_text(files, **options)


def prepare_poems(source: Path | None, dynasty: str, ci: bool, traditional: bool, **options: Any) -> None:
    """Read and clean poems, then write the data file."""
    sources = [*config.DYNASTIES[dynasty], *(["ci"] if ci else [])]
    if not sources:
        raise PoetryError("--dynasty none leaves nothing to prepare; give --ci too")
    data_path = options["data_path"] or Path(config.data_file(dynasty, ci))
    _check_not_read(data_path, [options["vocabulary"], *(source or config.DOWNLOADS).rglob("*.json")])
    given = poem_data.load(options["vocabulary"]) if options["vocabulary"] else None
    data, vocabulary, report = corpus.build(
        _read(source, sources),
        config.COLUMNS,
        str if traditional else script.to_simplified,
        given and given.vocabulary,
        _left_out(given, sources),
        options["min_count"] or corpus.MIN_COUNT,
        options["headings"],
        config.CI_COLUMNS,
    )
    write_npz(data_path, data, vocabulary.words)
    for line in report.lines():
        cli.say(line)
    cli.say(f"{len(vocabulary):,} words; wrote {data_path}")


def prepare_text(files: tuple[Path, ...], **options: Any) -> None:
    """Split a text into tokens and write them. The source is read two or three times, never held whole."""
    sources = files or (options["csv"],)
    data_path = options["data_path"] or Path(f"work/{sources[0].stem}.tokens")
    tokens = options["tokens"]
    _check_not_read(data_path, [*sources, *(tokens.iterdir() if isinstance(tokens, Path) else ())])
    reports: list[plain.DocumentsReport] = []
    many = bool(options["csv"]) or len(files) > 1

    def documents() -> Iterable[Iterable[str]]:
        reports.append(plain.DocumentsReport())
        return _documents(files, options, reports[-1])

    given = bpe.Pieces.read_folder(tokens, options["lower"]) if isinstance(tokens, Path) else None
    kind = bpe.Pieces if given else kinds.KINDS[tokens]
    counts: Counter[str] = Counter()
    for document in documents():
        counts.update(kind.count(document))
    report = reports[0]
    if not counts:
        raise PoetryError(f"no document of {sources[0]} is kept; {'; '.join(report.lines())}")
    min_count = options["min_count"] or MIN_COUNT.get(kind.kind, 1)
    vocabulary = given or kind.of(counts, min_count, options["lower"], many)
    characters = sum(len(token) * count for token, count in counts.items())
    size = text_data.write(data_path, documents, len(files) or report.kept, characters, vocabulary)
    for line in report.lines() if options["csv"] else ():
        cli.say(line)
    cli.say(f"{size:,} tokens, {len(vocabulary):,} different ones; wrote {data_path}")


def _check_not_read(data_path: Path, read: Iterable[Path | None]) -> None:
    """Raise PoetryError where ``data_path`` is one of the files ``read``, which it would replace."""
    if os.path.exists(data_path) and any(
        path and os.path.exists(path) and data_path.samefile(path) for path in read
    ):
        raise PoetryError(f"--data_path {data_path} is a file that is read; give another place")


def _documents(
    files: tuple[Path, ...], options: dict[str, Any], report: plain.DocumentsReport
) -> Iterator[Iterable[str]]:
    """Yield the documents of files or of a CSV, each in pieces."""
    convert = str.lower if options["lower"] else str
    if files:
        for path in files:
            yield map(convert, plain.read_file(path, options["encoding"]))
        return
    if options["column"] is None:
        raise PoetryError("--csv needs --column, the name of the column that holds the documents")
    names = ("cut_at", "drop_with", "drop_where", "min_words", "max_words")
    choice = Choice(**{name: options[name] for name in names})
    for text in plain.read_csv(options["csv"], options["column"], choice, report, options["encoding"]):
        yield [convert(text)]


def _left_out(
    given: poem_data.Dataset | None, sources: list[str]
) -> Callable[[list[str]], Callable[[str], bool]] | None:
    """Return the ``leave_out`` of ``corpus.build``: from all clean poems it makes a test whether a poem shows
    a held-out line. None where no poem is to be left out.
    """
    if given is not None:
        held_out = map(given.vocabulary.decode, poem_data.sequences(given))
        betrays = poem_data.betrays(held_out)
        return lambda _: betrays
    return poem_data.betrays if len(sources) > 1 else None


def _read(source: Path | None, sources: list[str]) -> Iterator[chinese_poetry.Raw]:
    for kind in sources:
        folder, names = (source, None) if source else _downloaded(kind)
        if kind == "ci":
            yield from chinese_poetry.read_ci(folder, names)
        else:
            yield from chinese_poetry.read_poems(folder, kind, names)


def _downloaded(kind: str) -> tuple[Path, Collection[str]]:
    """Download the files of a kind; return the folder of downloads and the names of these files."""
    from poetry.text import download  # not needed with --source

    known = download.known_files(kind)
    download.fetch(config.DOWNLOADS, known, download.BASE_URLS[kind])
    return config.DOWNLOADS, known


if __name__ == "__main__":
    prepare()

"""Reading of chinese-poetry's files: poems of the Tang and the Song, ci of the Song."""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from poetry.base.errors import PoetryError
from poetry.base.files import open_plain

_SURROGATE = re.compile("[\ud800-\udfff]")


class Raw(NamedTuple):
    """A poem as in the corpus: text with its marks, title, author; for a ci also its tune and that tune's
    other name. Lone surrogates are replaced by U+FFFD.
    """

    text: str
    title: str = ""
    tune: str = ""
    alias: str = ""
    author: str = ""


def read_poems(folder: Path, dynasty: str, names: Collection[str] | None = None) -> Iterator[Raw]:
    """Yield every poem of a dynasty ("tang" or "song") from a chinese-poetry folder (or its folder 全唐诗),
    from all its files or only those in ``names``.

    Raises PoetryError when the folder holds no such file or when a file is invalid.
    """
    for entry in _entries(folder, "全唐诗", f"poet.{dynasty}.*.json", names):
        yield Raw(
            _storable("".join(entry["paragraphs"])), _text(entry, "title"), author=_text(entry, "author")
        )


def read_ci(folder: Path, names: Collection[str] | None = None) -> Iterator[Raw]:
    """Yield every ci of the Song from a chinese-poetry folder (or its folder 宋词).

    A tune given as "alias・name" is split into ``alias`` and ``tune``. Raises PoetryError as ``read_poems``
    does.
    """
    for entry in _entries(folder, "宋词", "ci.song.*.json", names):
        alias, _, tune = _text(entry, "rhythmic").rpartition("・")
        yield Raw(_storable("".join(entry["paragraphs"])), tune=tune, alias=alias)


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    return _storable(value) if isinstance(value, str) else ""


def _storable(text: str) -> str:
    """Return ``text`` with U+FFFD for each lone surrogate, which no file can store."""
    return _SURROGATE.sub("\ufffd", text)


def _entries(
    folder: Path, inner: str, pattern: str, names: Collection[str] | None
) -> Iterator[dict[str, Any]]:
    """Yield the entries of the files that match ``pattern``, in the order of their numbers."""
    paths = list(((folder / inner) if (folder / inner).is_dir() else folder).glob(pattern))
    paths = [path for path in paths if names is None or path.name in names]
    if not paths:
        raise PoetryError(
            f"{folder} holds no {pattern.replace('*', 'N')}; give the folder of chinese-poetry as --source"
        )
    for path in sorted(paths, key=_file_number):
        yield from _read_file(path)


def _file_number(path: Path) -> tuple[int, str]:
    number = path.name.split(".")[2]
    return (int(number) if number.isdecimal() else 0, path.name)


def _read_file(path: Path) -> list[dict[str, Any]]:
    try:
        with open_plain(path) as file:
            entries = json.loads(file.read().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise PoetryError(f"cannot read {path}: {error}; fetch it anew") from None
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise PoetryError(f"{path} is not a list of poems with paragraphs; fetch it anew")
    return entries


def _is_entry(entry: Any) -> bool:
    paragraphs = entry.get("paragraphs") if isinstance(entry, dict) else None
    return isinstance(paragraphs, list) and all(isinstance(line, str) for line in paragraphs)

"""The poems that tables are made from."""

from collections.abc import Iterator
from pathlib import Path

from poetry.text import chinese_poetry, cleaning
from poetry.text.chinese_poetry import Raw


def clean_poems(folder: Path, simplified: bool) -> Iterator[str]:
    """Yield every clean poem of the Tang and the Song, each text once."""
    return (raw.text for raw in clean_raws(folder, simplified))


def clean_raws(folder: Path, simplified: bool) -> Iterator[Raw]:
    """Yield every clean poem of the Tang and the Song with its title and author, each text once."""
    seen = set()
    for dynasty in ("tang", "song"):
        for raw in chinese_poetry.read_poems(folder, dynasty):
            try:
                text = cleaning.clean(raw.text) if simplified else cleaning.clean(raw.text, str)
            except cleaning.Dropped:
                continue
            if text not in seen:
                seen.add(text)
                yield raw._replace(text=text)

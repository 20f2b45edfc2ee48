"""The poems that tables are made from."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from poetry.text import chinese_poetry, cleaning
from poetry.text.chinese_poetry import Raw


def clean_poems(folder: Path, simplified: bool) -> Iterator[str]:
    """Yield every clean poem of the Tang and the Song, each text once."""
    return (raw.text for raw in clean_raws(folder, simplified))


def clean_raws(folder: Path, simplified: bool) -> Iterator[Raw]:
    """Yield every clean poem of the Tang and the Song with its title and author, each text once."""
    seen = set()
    clean = cleaning.clean if simplified else partial(cleaning.clean, convert=str)
    for dynasty in ("tang", "song"):
        for raw in cleaning.sound_poems(chinese_poetry.read_poems(folder, dynasty), clean):
            if raw.text not in seen:
                seen.add(raw.text)
                yield raw

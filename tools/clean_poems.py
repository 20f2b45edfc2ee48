"""The poems that tables are made from."""

from collections.abc import Iterator
from pathlib import Path

from poetry.text import chinese_poetry, corpus


def clean_poems(folder: Path, simplified: bool) -> Iterator[str]:
    """Yield every clean poem of the Tang and the Song, each text once."""
    seen = set()
    for dynasty in ("tang", "song"):
        for raw in chinese_poetry.read_poems(folder, dynasty):
            try:
                text = corpus.clean(raw.text) if simplified else corpus.clean(raw.text, str)
            except corpus.Dropped:
                continue
            if text not in seen:
                seen.add(text)
                yield text

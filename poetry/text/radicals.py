"""The meaning of a Chinese character, guessed from its radical."""

import functools
from bisect import bisect_right
from importlib.resources import files
from operator import itemgetter

from poetry.base.tables import table_rows


def radical_word(character: str) -> str:
    """Return the word of verse, simplified, that the Kangxi radical of a character stands for: 雨 for 雯.

    Returns an empty string where the radical stands for no word and for other than Chinese characters.
    """
    runs = _runs()
    ix = bisect_right(runs, character, key=itemgetter(0)) - 1
    if ix < 0:
        return ""
    _, last, word = runs[ix]
    return word if character <= last else ""


@functools.cache
def _runs() -> list[tuple[str, str, str]]:
    """Return (first, last, word) for runs of characters, in the order of code points.

    Source: ``poetry/text/tables/radicals.txt``.
    """
    rows = table_rows(files("poetry.text.tables") / "radicals.txt")
    return sorted((run[0], run[-1], word) for word, runs in rows for run in runs.split())

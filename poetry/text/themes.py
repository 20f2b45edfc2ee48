"""Theme words: words of verse, each with other words that often occur in the same poems."""

import functools
from importlib.resources import files

from poetry.base.tables import table_lines
from poetry.text.poem_vocabulary import PoemVocabulary


@functools.lru_cache(maxsize=4)
def themes(vocabulary: PoemVocabulary) -> list[tuple[str, list[str]]]:
    """Return (theme word, its companions) pairs in the script of ``vocabulary``.

    Words that the vocabulary cannot write are left out. The list is empty for a model that has not learned
    headings. Source: ``poetry/text/tables/themes.tsv`` (tools/make_themes.py).
    """
    if vocabulary.title is None:
        return []
    rows = map(str.split, table_lines(files("poetry.text.tables") / "themes.tsv"))
    known = ([_form(vocabulary, word) for word in row] for row in rows)
    return [(word, list(filter(None, others))) for word, *others in known if word and any(others)]


def _form(vocabulary: PoemVocabulary, word: str) -> str:
    """Return the form of ``word`` that the vocabulary contains, or an empty string."""
    if vocabulary.word2ix.keys() >= set(word):
        return word
    return "" if vocabulary.unknown(word) else vocabulary.read(word, "theme")

"""What poems are about: words of verse, each with others that often share its poems."""

import functools
from importlib.resources import files

from poetry.base.tables import table_lines
from poetry.text.poem_vocabulary import PoemVocabulary


@functools.lru_cache(maxsize=4)
def themes(vocabulary: PoemVocabulary) -> list[tuple[str, list[str]]]:
    """Words that a poem may be about, each with its companions, in the script of a vocabulary that has them.

    None for a model that has not learned headings. Source: ``poetry/text/tables/themes.tsv``
    (tools/make_themes.py).
    """
    if vocabulary.title is None:
        return []
    rows = map(str.split, table_lines(files("poetry.text.tables") / "themes.tsv"))
    known = ([_form(vocabulary, word) for word in row] for row in rows)
    return [(word, list(filter(None, others))) for word, *others in known if word and any(others)]


def _form(vocabulary: PoemVocabulary, word: str) -> str:
    """The form of a word that a vocabulary has, empty where it has none."""
    if vocabulary.word2ix.keys() >= set(word):
        return word
    return "" if vocabulary.unknown(word) else vocabulary.read(word, "theme")

"""The kinds of tokens, by the names that files use for them."""

from typing import Any

from poetry.base.errors import PoetryError
from poetry.text.bpe import Pieces
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.text.tokens import Characters, TextVocabulary, Words
from poetry.text.vocabulary import Vocabulary

KINDS: dict[str, type[TextVocabulary]] = {kind.kind: kind for kind in (Characters, Words, Pieces)}


def restore(words: list[Any], spec: dict[str, Any] | None) -> Vocabulary:
    """Restore the vocabulary that a file describes by its words and ``spec`` (see ``TextVocabulary.spec``).

    A ``spec`` of None means a vocabulary of poems. Raises PoetryError when the description is invalid.
    """
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise PoetryError("its vocabulary is not of words")
    if spec is None:
        return PoemVocabulary(words)
    kind = spec.get("kind") if isinstance(spec, dict) else None
    if kind not in KINDS:
        raise PoetryError(f"its tokens are of the unknown kind {kind!r}")
    return KINDS[kind](words, **{name: value for name, value in spec.items() if name != "kind"})

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
    spec = dict(spec) if isinstance(spec, dict) else {}
    name = spec.pop("kind", None)
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise PoetryError(f"its tokens are of the unknown kind {name!a}")
    types = kind.spec_types
    if spec.keys() != types.keys() or not all(type(spec[key]) is types[key] for key in types):
        raise PoetryError(f"its tokens are not described as those of the kind {name} are")
    return kind(words, **spec)

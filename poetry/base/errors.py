"""The error that a user can correct, and how error messages show characters."""

from collections.abc import Sequence

_NAMED_AT_MOST = 5


class PoetryError(Exception):
    """An error in the input, the files or the environment.

    Its message is one line that names the object, the limit and what to do next; the scripts print it
    on stderr and exit with code 2.
    """


def display(character: str) -> str:
    """Return ``character`` as error messages show it: the character, if printable, and its code point."""
    code = f"U+{ord(character):04X}"
    return f"{character} ({code})" if character.isprintable() else code


def display_places(found: Sequence[tuple[int, str]]) -> str:
    """Return (position, character) pairs as error messages show them: the first 5 and how many more."""
    places = ", ".join(f"{display(character)} at position {ix}" for ix, character in found[:_NAMED_AT_MOST])
    return places + (f" and {len(found) - _NAMED_AT_MOST} more" if len(found) > _NAMED_AT_MOST else "")

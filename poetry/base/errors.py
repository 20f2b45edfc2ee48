"""The one kind of error that a user can mend."""

from collections.abc import Sequence

_NAMED_AT_MOST = 5


class PoetryError(Exception):
    """A fault of input, files or surroundings.

    Its text is one line that names the thing, the limit and what to do next; the scripts print it
    on stderr and exit with code 2.
    """


def display(character: str) -> str:
    """``character`` as an error names it: itself where it can be seen, and its code point."""
    code = f"U+{ord(character):04X}"
    return f"{character} ({code})" if character.isprintable() else code


def display_places(found: Sequence[tuple[int, str]]) -> str:
    """Characters with their positions as an error names them: the first few, and how many more there are."""
    places = ", ".join(f"{display(character)} at position {ix}" for ix, character in found[:_NAMED_AT_MOST])
    return places + (f" and {len(found) - _NAMED_AT_MOST} more" if len(found) > _NAMED_AT_MOST else "")

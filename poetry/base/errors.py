"""The one kind of error that a user can mend."""


class PoetryError(Exception):
    """A fault of input, files or surroundings.

    Its text is one line that names the thing, the limit and what to do next; the scripts print it
    on stderr and exit with code 2.
    """


def display(character: str) -> str:
    """``character`` as an error names it: itself where it can be seen, and its code point."""
    code = f"U+{ord(character):04X}"
    return f"{character} ({code})" if character.isprintable() else code

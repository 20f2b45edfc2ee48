"""The one kind of error that a user can mend."""


class PoetryError(Exception):
    """A fault of input, files or surroundings.

    Its text is one line that names the thing, the limit and what to do next; the scripts print it
    on stderr and exit with code 2.
    """

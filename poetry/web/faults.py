"""Errors of requests beside PoetryError, and how answers and the log show errors."""

import re
import traceback
from pathlib import Path
from typing import Any

from poetry.base.errors import PoetryError

_OPTION = re.compile(r"--(?:no-)?(\w+)")
_FIELD = re.compile(
    r"(text|line|position|card)\b"
)  # the first word of a message about a field that is no option
_FIELDS = {"revise": "text"}  # option: its field in requests


class Busy(Exception):
    """The server is full or stopping; the client may ask again after ``seconds``."""

    def __init__(self, message: str, seconds: int):
        super().__init__(message)
        self.seconds = seconds


class Refusal(Exception):
    """A request that is not passed to a route; ``status``: the HTTP status of the answer."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class Broken(Exception):
    """A fault of this program."""

    def __init__(self) -> None:
        super().__init__("the server failed; its log says where")


def told(error: Exception) -> dict[str, Any]:
    """Return the body of an error answer: "error", one line, and "option", the option it is about or None."""
    message = " ".join(str(error).split())
    if not isinstance(error, PoetryError):
        return {"error": message, "option": None}
    option = _OPTION.search(message)
    named = option or _FIELD.match(message)
    return {
        "error": _OPTION.sub(lambda found: _field(found[1]), message),
        "option": named and _field(named[1]),
    }


def _field(option: str) -> str:
    return _FIELDS.get(option, option)


def status(error: Exception) -> int:
    """Return the HTTP status for an error."""
    if isinstance(error, Refusal):
        return error.status
    return 400 if isinstance(error, PoetryError) else 503 if isinstance(error, Busy) else 500


def retry_after(error: Exception) -> dict[str, str]:
    """Return the header that tells a client when to ask again; empty unless the error is Busy."""
    return {"Retry-After": str(error.seconds)} if isinstance(error, Busy) else {}


def where(error: BaseException) -> str:
    """Return the type and the place of an exception, without its message, which may contain typed text."""
    frames = traceback.extract_tb(error.__traceback__)
    places = (f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-6:])
    return f"{type(error).__name__} at {' < '.join(reversed(list(places)))}"

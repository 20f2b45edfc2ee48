"""What a request may be refused for, beside what the composer refuses, and how a fault is told in a log."""

import re
import traceback
from pathlib import Path
from typing import Any

from poetry.base.errors import PoetryError

_OPTION = re.compile(r"--(?:no-)?(\w+)")
_FIELD = re.compile(r"(text|line|position|card)\b")  # which begins what is said of one that is no option
_FIELDS = {"revise": "text"}  # what an option is called in requests


class Busy(Exception):
    """There is no place; it may be asked for again in ``seconds``."""

    def __init__(self, message: str, seconds: int):
        super().__init__(message)
        self.seconds = seconds


class Refusal(Exception):
    """A request that goes no further, and the HTTP ``status`` of the answer."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class Broken(Exception):
    """A fault of this program."""

    def __init__(self) -> None:
        super().__init__("the server failed; its log says where")


def told(error: Exception) -> dict[str, Any]:
    """The body of the answer that says so: "error" is one line, "option" what it is about."""
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
    """The HTTP status of a fault."""
    if isinstance(error, Refusal):
        return error.status
    return 400 if isinstance(error, PoetryError) else 503 if isinstance(error, Busy) else 500


def retry_after(error: Exception) -> dict[str, str]:
    """The header of an answer that says when to ask again, if that may help."""
    return {"Retry-After": str(error.seconds)} if isinstance(error, Busy) else {}


def where(error: BaseException) -> str:
    """The kind and the place of a fault, without its message, which may hold what a person typed."""
    frames = traceback.extract_tb(error.__traceback__)
    places = (f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-6:])
    return f"{type(error).__name__} at {' < '.join(reversed(list(places)))}"

"""What the scripts share: one-line errors with exit code 2, UTF-8 everywhere, no traceback on Ctrl-C."""

import signal
import sys
from collections.abc import Iterable
from typing import Any

import click
from click.core import ParameterSource

from poetry.base.errors import PoetryError
from poetry.base.signals import STOPPING
from poetry.base.stderr import Stderr


class Command(click.Command):
    """A command that reports an error as one line on stderr and exit code 2, never as a traceback."""

    def main(self, *args: Any, standalone_mode: bool = True, **kwargs: Any) -> Any:
        """Run the command as click does, except for the form of errors."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(
                    encoding="utf-8", errors="backslashreplace" if stream is sys.stderr else None
                )
        try:
            if hasattr(signal, "pthread_sigmask"):
                signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)  # see quiet.py
            result = super().main(*args, standalone_mode=False, **kwargs)
        except click.ClickException as error:
            _fail(error.format_message())
        except PoetryError as error:
            _fail(str(error))
        except OSError as error:  # not handled elsewhere: a name too long, a full disk behind stdout
            _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error))
        except (click.Abort, KeyboardInterrupt):
            say("stopped")
            sys.exit(130)
        except MemoryError:
            _fail("not enough memory; try a smaller --num, --batch_chars or model")
        if standalone_mode:
            sys.exit(result if isinstance(result, int) else 0)
        return result


def say(message: str) -> None:
    """Print a message for the user on stderr; a closed stderr is not an error."""
    click.echo(message, file=Stderr())


def check_stdout() -> None:
    """Raise PoetryError if stdout is closed: click prints nothing then, and says nothing."""
    if sys.stdout is None:
        raise PoetryError("stdout is closed, so the result would be lost; direct it to a file or a terminal")


def is_given(context: click.Context, name: str) -> bool:
    """Whether the option ``name`` is given on the command line."""
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def refuse(context: click.Context, names: Iterable[str], reason: str) -> None:
    """Raise PoetryError if one of the options ``names`` is given on the command line."""
    for name in names:
        if is_given(context, name):
            raise PoetryError(f"--{name} {reason}")


def convert(context: click.Context, name: str, value: Any) -> Any:
    """Return ``value`` as the option ``name`` would give it; None stays None where that is the default.

    Raises ValueError unless the option accepts exactly this value.
    """
    parameter = next(parameter for parameter in context.command.params if parameter.name == name)
    if value is None and parameter.get_default(context) is None:
        return None
    try:
        parts = value if parameter.multiple else [value]
        converted = [parameter.type.convert(part, parameter, context) for part in parts]
    except (click.BadParameter, TypeError, OverflowError, AttributeError) as error:
        raise ValueError(f"{value!r} is no --{name}") from error
    converted = converted if parameter.multiple else converted[0]
    if converted is None or str(converted) != str(value):
        raise ValueError(f"{value!r} is no --{name}")
    return converted


def _fail(message: str) -> None:
    say("Error: " + " ".join(message.split()))
    sys.exit(2)

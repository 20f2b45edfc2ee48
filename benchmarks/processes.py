"""Runs commands in separate Python processes."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import click


def python(*arguments: str, env: Mapping[str, str] = os.environ, **options: Any) -> str:
    """Return what ``python ARGUMENTS`` prints; ``env`` and ``options`` are those of subprocess.run.

    PYTHONDONTWRITEBYTECODE is removed, so that compiled modules are reused. Raises ClickException with the
    last line of stderr when the command fails.
    """
    command = [sys.executable, *arguments]
    keeping = {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.run(command, capture_output=True, encoding="utf-8", env=keeping, **options)
    if process.returncode:
        reason = process.stderr.strip().rpartition("\n")[2]
        raise click.ClickException(f"{' '.join(arguments)} failed with {process.returncode}: {reason}")
    return process.stdout

"""Commands timed in Python processes of their own."""

import subprocess
import sys
from typing import Any

import click


def python(*arguments: str, **options: Any) -> str:
    """What ``python ARGUMENTS`` prints; ``options`` are those of subprocess.run.

    Raises ClickException with its last line of complaint when it fails.
    """
    process = subprocess.run([sys.executable, *arguments], capture_output=True, encoding="utf-8", **options)
    if process.returncode:
        reason = process.stderr.strip().rpartition("\n")[2]
        raise click.ClickException(f"{' '.join(arguments)} failed with {process.returncode}: {reason}")
    return process.stdout

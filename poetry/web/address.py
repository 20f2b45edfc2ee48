"""The address at which the server listens, and the host names that requests may use."""

import errno
import re
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from poetry.base.errors import PoetryError

HERE = ("127.0.0.1", "::1", "localhost")
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")
_BACKLOG = 256  # maximum number of connections that wait to be accepted


def names(host: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """Return the host names that requests to a server at the address ``host`` may use.

    Raises PoetryError if ``host`` means every address of this machine and no name is ``allowed``, or if an
    allowed name cannot be the name of a host.
    """
    if not allowed and _is(_numeric(host), "is_unspecified"):
        raise PoetryError(
            f"--host {host} lets every machine that reaches this one use the page; "
            "say with --allow_host by which name it is called"
        )
    for name in allowed:
        if not (_NAME.fullmatch(name) or _is(name, "version")):
            raise PoetryError(f"--allow_host {name!r} is no name of a host; give one as poems.example")
    return (*HERE, host, *allowed)


def is_open(host: str) -> bool:
    """Return whether other machines may reach the address ``host``."""
    return not _is(_numeric(host), "is_loopback")


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises PoetryError, in one line, if that fails."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (socket.gaierror, UnicodeError):
        raise PoetryError(f"--host {host}: there is no such address on this machine") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PoetryError(f"--port {port} is in use; stop what listens there, or give another") from None
        if error.errno == errno.EADDRNOTAVAIL:
            raise PoetryError(f"--host {host} is no address of this machine") from None
        raise PoetryError(f"cannot listen on {host}, port {port}: {error.strerror}") from None


def _numeric(host: str) -> str:
    """Resolve ``host``, a name or an address such as 0 or 0x7f.1; return it unchanged if that fails."""
    try:
        return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]
    except (socket.gaierror, UnicodeError):  # ``listen`` reports it
        return host


def _is(host: str, kind: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:  # a name
        return False
    return getattr(getattr(address, "ipv4_mapped", None) or address, kind)

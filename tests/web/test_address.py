"""What an address means that the server listens at."""

import socket

import pytest

from poetry.base.errors import PoetryError
from poetry.web.address import is_open, names


@pytest.fixture
def named(monkeypatch):
    """A machine that knows a name, all.invalid, for all its addresses."""
    find = socket.getaddrinfo
    known = {"all.invalid": "0.0.0.0"}
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: find(known.get(host, host), *rest, **more)
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "0x7f000001", "::1", "::ffff:127.0.0.1"])
def test_an_address_of_this_machine_alone_is_not_open(host):
    assert not is_open(host) and {"localhost", host} <= set(names(host, ()))


@pytest.mark.parametrize("host", ["0.0.0.0", "0", "0x0", "0.0", "::", "::ffff:0.0.0.0", "all.invalid"])
def test_all_addresses_need_a_name_however_they_are_written(named, host):
    assert is_open(host)
    with pytest.raises(PoetryError, match="--allow_host"):
        names(host, ())
    assert names(host, ["poems.example"])[-1] == "poems.example"


def test_an_address_of_another_network_is_open():
    assert is_open("203.0.113.7")

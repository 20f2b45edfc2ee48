"""What is of the wrong kind is refused in one line."""

import pytest

from poetry import Composer
from poetry.base.errors import PoetryError
from poetry.composing.checking import check
from poetry.web.address import is_open, names

POEM = "月落乌啼霜满天，江枫渔火对愁眠。"


@pytest.mark.parametrize(
    "call",
    [
        lambda composer: composer.check(None),
        lambda composer: composer.check(POEM, 5),
        lambda composer: composer.revise(None),
        lambda composer: composer.revise(POEM, keep=1),
        lambda composer: composer.revise(POEM, keep=["x"]),
        lambda composer: composer.why(POEM, "1", "1"),
        lambda composer: composer.why(None, 1, 1),
        lambda composer: composer.surprise(None),
        lambda composer: composer.knows(5),
        lambda composer: composer.load(5),
    ],
)
def test_python_is_told_in_one_line(small_model, call):
    with pytest.raises(PoetryError, match="wanted") as error:
        call(Composer.load(small_model))
    assert "\n" not in str(error.value)


def test_a_name_of_no_form_is_that_of_the_option():
    with pytest.raises(PoetryError, match="^--form: '七八' is no form"):
        check(POEM, "七八")


@pytest.mark.parametrize("name", ["http://x/", "a b", "", "x:80", "-x"])
def test_what_is_no_name_of_a_host_is_refused(name):
    with pytest.raises(PoetryError, match="--allow_host"):
        names("127.0.0.1", [name])


@pytest.mark.parametrize("host", ["0.0.0.0", "0", "0x0", "0.0", "::", "::ffff:0.0.0.0"])
def test_every_way_to_write_all_addresses_needs_a_name(host):
    assert is_open(host)
    with pytest.raises(PoetryError, match="--allow_host"):
        names(host, [])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "::1", "::ffff:127.0.0.1", "localhost"])
def test_this_machine_alone(host):
    assert not is_open(host) and host in names(host, [])


def test_names_of_hosts():
    assert names("0.0.0.0", ["poems.example", "::1", "10.0.0.7"])[-3:] == ("poems.example", "::1", "10.0.0.7")

"""What may be asked of a poem."""

import math

import click
import pytest

import config
from poetry.base.errors import PoetryError
from poetry.composing.asked import LIMITS, NOT_OF_COUPLETS, Asked, check_number
from poetry.verse.form import FREE, find_form
from poetry.verse.tunes import find_tune


def test_the_options_of_the_scripts_are_those_that_may_be_asked():
    for name, option in (config.OPTIONS | {"keep": config.KEPT_LINES}).items():
        if name in Asked.__dataclass_fields__ and name != "form":
            assert option.default == getattr(Asked, name), name
    assert find_form(config.OPTIONS["form"].default) is Asked.form is FREE
    for name in LIMITS.keys() & config.OPTIONS.keys() - {"num"}:
        kind = config.OPTIONS[name].type
        for number in (LIMITS[name].least, LIMITS[name].most):
            if LIMITS[name].holds(number):
                assert kind.convert(number, None, None) == number
            else:
                with pytest.raises(click.BadParameter):
                    kind.convert(number, None, None)
        for number in (LIMITS[name].least - 1, LIMITS[name].most + 1):
            with pytest.raises(click.BadParameter):
                kind.convert(number, None, None)


@pytest.mark.parametrize("name", ["七绝", "七絕", "qijue", find_form("qijue")])
def test_a_form_by_any_of_its_names(name):
    assert Asked.of({"form": name}) == Asked(form=find_form("qijue"))


def test_tunes_and_rhymes_by_traditional_names():
    assert Asked.of({"form": "憶江南", "rhyme": "一東"}) == Asked(form=find_tune("忆江南"), rhyme="东")


def test_what_differs_from_the_defaults_can_be_asked_again():
    usual = Asked().candidates
    asked = Asked.of({"form": "浣溪沙", "rhyme": "东", "temperature": 1, "candidates": usual, "start": "春"})
    assert asked.changed() == {"form": "浣溪沙", "rhyme": "东", "start": "春", "temperature": 1}
    assert Asked.of(asked.changed()) == asked
    assert Asked().changed() == {}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"temperature": 101}, "--temperature 101: a number from 0 to 100 is wanted"),
        ({"temperature": 10**400}, "--temperature 10+: a number from 0 to 100"),
        ({"temperature": math.nan}, "--temperature nan: a number from 0 to 100 is wanted"),
        ({"temperature": True}, "--temperature True: a number"),
        ({"temperature": "hot"}, "--temperature 'hot': a number"),
        ({"top_p": 0}, "--top_p 0: a number above 0 up to 1 is wanted"),
        ({"candidates": 1.5}, "--candidates 1.5: a number from 1 to 256 is wanted"),
        ({"candidates": 0}, "--candidates 0: a number"),
        ({"top_k": 2**31}, "--top_k 2147483648: a number"),
        ({"tones": 1}, "--tones 1: true or false is wanted"),
        ({"start": 3}, "--start 3: a text is wanted"),
        ({"form": 3}, "--form 3: the name of a form or a tune is wanted"),
        ({"form": "haiku"}, "--form: 'haiku' is no form or tune; take one of: wujue 五绝"),
        ({"rhyme": "九东"}, "--rhyme: '九东' is no group of the 平水韵"),
        ({"tone": False}, "there is no option 'tone'; known are acrostic, candidates"),
    ],
)
def test_what_cannot_be_asked(options, says):
    with pytest.raises(PoetryError, match="^" + says.replace("?", r"\?")):
        Asked.of(options)


@pytest.mark.parametrize("name", NOT_OF_COUPLETS)
def test_what_does_not_go_with_a_couplet(name):
    values = {"form": find_form("qijue"), "tones": False, "title": True, "max_gen_len": 9, "rhyme": "东"}
    with pytest.raises(PoetryError, match=f"--{name} does not go with --couplet"):
        Asked(couplet="春风又绿江南岸", **{name: values.get(name, "春")})


def test_numbers_of_poems():
    assert check_number("seed", 2**32 - 1) == 2**32 - 1
    for name, number in (("seed", 2**32), ("seed", -1), ("num", 0), ("seed", 1.0), ("number", True)):
        with pytest.raises(PoetryError, match=f"--{name} "):
            check_number(name, number)

"""What is added to the scores of characters that a model takes too often."""

import numpy as np
import pytest
from plain import plan_of
from test_decoding import VOCABULARY, model  # noqa: F401

from poetry.composing import calibration
from poetry.composing.asked import Asked
from poetry.composing.calibration import Calibration
from poetry.composing.choices import AllowedWords, Choices, History
from poetry.composing.generator import Generator
from poetry.composing.plan import Plan
from poetry.composing.planning import make_couplet_plan, make_plan
from poetry.composing.sampling import Sampling
from poetry.verse.form import FORMS
from poetry.verse.tunes import find_tune

AMOUNTS = {"江": -0.5, "春": 0.25, "鲈": 1.0, "江水": -1.0, "江鲈": 1.0, "春江": -0.25, "春水": 0.5}


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(calibration, "_table", lambda: ("hash", AMOUNTS))
    calibration.calibration.cache_clear()
    yield
    calibration.calibration.cache_clear()


def test_amounts_are_of_a_character_and_of_what_it_follows():
    ids, left = VOCABULARY.word2ix, AllowedWords(~np.isin(VOCABULARY.words, ["水"]))
    histories = History(VOCABULARY.encode("江春山")[:, None], np.zeros(3, dtype=int), np.zeros(3, dtype=int))
    for words in (AllowedWords(np.ones(len(VOCABULARY), bool)), left):
        choices = Choices(words, np.zeros((3, len(words.ids)), dtype=np.float32))
        Calibration(VOCABULARY, AMOUNTS, 1.0, 2.0)(histories, choices)
        expected = np.zeros((3, len(VOCABULARY)))
        expected[:, ids["江"]], expected[:, ids["春"]] = -0.5, 0.25
        expected[0, ids["水"]] = -2.0
        expected[1, [ids["江"], ids["水"]]] = -1.0, 1.0
        assert (choices.scores == expected[:, words.ids]).all()


def test_it_is_of_one_model_and_the_more_the_cooler(table):
    def amount(*asked):
        choices = Choices(
            AllowedWords(np.ones(len(VOCABULARY), bool)), np.zeros((1, len(VOCABULARY)), np.float32)
        )
        found = calibration.calibration(VOCABULARY, *asked, "wujue")
        found(History.of_one(np.zeros(0, int)), choices)
        return choices.scores[0, VOCABULARY.word2ix["江"]] / calibration.STRENGTH.characters

    assert calibration.calibration(VOCABULARY, "another", 0.45, "wujue") is None
    assert amount("hash", 0.45) == amount("hash", 0.0) == pytest.approx(-0.5)
    assert amount("hash", 0.725) == pytest.approx(-0.25)
    assert amount("hash", 1.0) == amount("hash", 2.0) == 0


def test_each_form_cuts_and_weighs_the_amounts_in_its_way(table, monkeypatch):
    monkeypatch.setitem(AMOUNTS, "山", -2.5)
    monkeypatch.setitem(AMOUNTS, "春", 0.5)
    for form, strength in (("wulu", calibration.STRENGTH), ("qijue", calibration.STRENGTHS["qijue"])):
        choices = Choices(
            AllowedWords(np.ones(len(VOCABULARY), bool)), np.zeros((1, len(VOCABULARY)), np.float32)
        )
        found = calibration.calibration(VOCABULARY, "hash", 0.4, form)
        found(History.of_one(VOCABULARY.encode("江")), choices)
        added = dict(zip(VOCABULARY.words, choices.scores[0], strict=True))
        assert added["山"] == pytest.approx(strength.characters * max(-2.5, strength.least))
        assert added["春"] == pytest.approx(strength.characters * 0.3)
        assert added["水"] == pytest.approx(-strength.pairs)
    assert calibration.STRENGTHS["qijue"].least < -2.5 < calibration.STRENGTH.least


def test_it_changes_what_is_chosen_but_not_how_likely_that_is_called(model):  # noqa: F811
    plan = plan_of(VOCABULARY, 30, form=FORMS[0])
    amounts = {"江": -50.0, "春": -50.0}
    usual = Generator(model, VOCABULARY, Sampling(1.0))
    without = Generator(
        model, VOCABULARY, Sampling(1.0), calibration=lambda form: Calibration(VOCABULARY, amounts, 1, 1)
    )
    texts = ["".join(poem.text for poem in one.compose(plan, 40, 1)) for one in (usual, without)]
    assert [bool(set("江春") & set(text)) for text in texts] == [True, False]
    for one in (usual, without):
        for poem in one.compose(plan, 4, 1):
            assert poem.logprob > -8  # by the model, not by the scores
    bare = Plan(20, bare=True)
    assert [*usual.compose(bare, 5, 1)] == [*without.compose(bare, 5, 1)]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"form": FORMS[0]}, "wujue"),
        ({"form": FORMS[1]}, "qijue"),
        ({}, "free"),
        ({"acrostic": "江"}, "free"),
        ({"form": find_tune("水调歌头")}, None),
        ({"couplet": "江水春山江"}, None),
    ],
)
def test_it_is_for_poems_and_of_their_form(model, asked, name):  # noqa: F811
    found = {name: Calibration(VOCABULARY, AMOUNTS, 1, 1) for name in ("wujue", "qijue", "free")}
    generator = Generator(model, VOCABULARY, calibration=found.__getitem__)
    make = make_couplet_plan if "couplet" in asked else make_plan
    plan = make(VOCABULARY, Asked(**asked))
    assert generator.prepare(plan).rules.calibration is found.get(name)

"""How tools/make_calibration.py finds what is taken too often."""

from collections import Counter

import pytest
from test_tools import tool

import config
from poetry.base.folders import BUNDLED
from poetry.composing.generator import Generator
from poetry.composing.sampling import Sampling
from poetry.learning import checkpoint
from poetry.verse.form import find_form, recognise


@pytest.fixture(scope="module")
def made():
    return tool("make_calibration")


def test_what_would_come_by_the_shares_of_real_poems(made):
    composed, real = made.counted(["江南江南，江水。"]), made.counted(["江南水水，南江南水。"])
    assert composed == {"江": 3, "南": 2, "水": 1, "江南": 2, "南江": 1, "江水": 1}
    wanted = made.expected(composed, real)
    assert wanted["水"] == 6 * 3 / 8 and wanted["江南"] == 3 * 2 / 2 and wanted["南江"] == 2 * 1 / 3


def test_amounts_move_against_what_comes_too_often(made):
    composed = Counter({"江": 2000, "水": 500, "鲈": 1, "江水": 400, "江鲈": 5, "水江": 100})
    wanted = Counter({"江": 1000, "水": 500, "鲈": 90, "江水": 100, "江鲈": 1, "水江": 100})
    amounts = made.corrected({}, composed, wanted)
    assert amounts["江"] == pytest.approx(-made.STEP * 0.69, abs=0.01) and amounts["水"] == 0
    assert made.LIMITS[0] <= amounts["鲈"] <= made.LIMITS[1]
    assert amounts["江水"] == pytest.approx(-made.STEP * 1.35, abs=0.01)  # beyond what 水 comes too often
    assert "江鲈" not in amounts and "水江" not in amounts
    again = made.corrected(amounts, wanted, wanted)
    assert again == pytest.approx(amounts)  # what comes as it should keeps its amount


def test_a_row_has_what_its_character_and_its_pairs_are_held_back_by(made):
    amounts = {"江": -0.314, "水": 0.0, "鲈": 0.0, "江水": -0.5, "水江": -0.25, "鲈江": -0.001}
    assert made.rows(amounts) == {"江": ["-0.31", "水-0.50"], "水": ["0.00", "江-0.25"]}


def test_all_drafts_of_some_poems_are_counted(made):
    model = checkpoint.newest_model([BUNDLED])
    generator = Generator.of(checkpoint.load_model(model), Sampling())
    texts = made.drafts(generator, "wujue", 2, seed=1)
    assert len(texts) == 2 * config.OPTIONS["candidates"].default
    assert {recognise(text) for text in texts} == {find_form("wujue")}

"""How tools/make_pairs.py weighs pairs of characters, and the areas of benchmarks/parallelism.py."""

import json

import numpy as np
import pytest
from test_tools import tool

from poetry.verse.parallelism import pairs


@pytest.fixture(scope="module")
def make_pairs():
    return tool("make_pairs")


def test_odds_are_against_chance_and_shrunk(make_pairs):
    counts = np.array([[0.0, 60.0], [60.0, 0.0]])  # by chance each would be 30
    assert make_pairs.log_odds(counts) == pytest.approx(np.log([[5 / 35, 65 / 35], [65 / 35, 5 / 35]]))
    assert np.abs(make_pairs.log_odds(counts / 100)).max() < 0.1


def test_the_largest_parts_are_kept_with_their_signs(make_pairs):
    basis, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((6, 6)))
    matrix = basis * [0.01, -5, 3, 0.01, -2, 0.01] @ basis.T
    vectors, signs = make_pairs.reduce(matrix, 3)
    assert vectors.dtype == np.float16 and signs.tolist() == [-1, 1, -1]
    wide = vectors.astype(np.float64)
    assert wide * signs @ wide.T == pytest.approx(matrix, abs=0.02)
    again, _ = make_pairs.reduce(matrix.copy(), 3)
    assert again.tobytes() == vectors.tobytes()


def test_forms_of_a_character(make_pairs):
    assert make_pairs.all_forms(["个", "之"]) == ["个個箇", "之"]


def test_the_table_has_no_form_twice():
    table = pairs()
    assert len(table.rows) > len(table.vectors) == max(table.rows.values()) + 1 > 5000
    assert table.rows["风"] == table.rows["風"] != table.rows["云"]
    assert np.isfinite(table.vectors).all() and set(table.signs) == {-1, 1}


def test_one_poem_of_a_side_of_the_split(make_pairs, tmp_path):
    lines = [f"{head}春花秋月" for head in "天地山水风云雨雪江"]
    text = "，".join(lines[:8]) + "。"
    for name, each in (("tang", [text, text, "，".join(lines) + "。", text.replace("春", "")]), ("song", [])):
        poems = [{"paragraphs": [each_text]} for each_text in each]
        (tmp_path / f"poet.{name}.0.json").write_text(json.dumps(poems), encoding="utf-8")
    sides = [list(make_pairs.read_poems(tmp_path, side)) for side in (False, True)]
    assert sorted(map(len, sides)) == [0, 1] and [lines[:8]] in sides


def test_the_area_is_the_share_of_pairs_in_order():
    area = tool("parallelism", "benchmarks").area
    assert area([3, 4], [1, 2]) == 1 and area([1, 2], [3]) == 0
    assert area([1, 2, 3], [2]) == 0.5

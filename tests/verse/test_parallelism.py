import numpy as np
import pytest

from poetry.verse import parallelism
from poetry.verse.parallelism import notes, pairs, score

FIRST, SECOND = "两个黄鹂鸣翠柳", "一行白鹭上青天"
# 杜甫, 春望: the middle couplets are parallel
POEM = "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"


def test_what_answers_scores_more_than_what_does_not():
    assert score(FIRST, SECOND) > 0.8 > -0.2 > score(FIRST, "春风不度玉门关")
    assert score(FIRST, SECOND) == pytest.approx(score(SECOND, FIRST), abs=1e-5)


def test_scores_in_both_scripts_and_unknown_characters():
    assert score("兩個黃鸝鳴翠柳", SECOND) == score(FIRST, SECOND)
    assert score("☃", "春") == 0
    assert score("☃黄", "春白") == pytest.approx(score("黄", "白") / 2, abs=1e-6)


def test_many_pairs_at_once_are_the_same_as_one():
    table = pairs()
    above, below = table.of("黄天☃"), table.of("白地月")
    each = table.log_odds(above[:, None], below)
    assert each.shape == (3, 3) and not each[2].any()
    assert np.diag(each).mean() == pytest.approx(score("黄天☃", "白地月"), abs=1e-6)
    assert each[0].argmax() == 0 and each[1].argmax() == 1


def test_middle_couplets_are_noted_in_the_shape_of_a_lushi_alone():
    found = notes(POEM)
    assert [(note.name, note.line) for note in found] == [("对仗", 4), ("对仗", 6)]
    assert [note.detail for note in found] == [f"{each:.2f}" for each in parallelism.middle_scores(POEM)]
    assert notes("，".join([FIRST, SECOND] * 2) + "。") == []


def test_a_weak_couplet_is_named():
    weak = POEM.replace("恨别鸟惊心", "不是故人来")
    assert [", weak" in note.detail for note in notes(weak)] == [True, False]

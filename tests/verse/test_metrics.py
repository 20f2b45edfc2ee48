import numpy as np
import pytest

from poetry.verse import metrics
from poetry.verse.form import FORMS
from poetry.verse.metrics import Source
from poetry.verse.parallelism import middle_scores

WUJUE, QIJUE = FORMS[:2]
SOUND = "月水花云雨，山春海月风。雪中云海夜，月雨水山空。"  # 仄起, rhymes in 东; 月 海 水 雨 山 云 twice
OFF_RHYME = "月水花云雨，山春海月风。雪中云海夜，月雨水山春。"
WRONG_TONE = "月水花云雨，山水海月风。雪中云海夜，月雨水山空。"


def test_the_mean_and_its_interval():
    figure = metrics.mean([0, 1] * 200)
    assert figure.value == 0.5
    assert figure.low == pytest.approx(0.45, abs=0.01) and figure.high == pytest.approx(0.55, abs=0.01)
    assert metrics.mean([]) is None
    assert metrics.mean([3.0] * 9) == metrics.Figure(3, 3, 3)


def test_the_perplexity_and_its_interval():
    losses = [np.full(4, np.log(2.0)), np.full(1, np.log(64.0))]
    figure = metrics.perplexity(losses)  # over characters, not over poems
    assert figure.value == pytest.approx(4) and (figure.low, figure.high) == pytest.approx((2, 64))
    many = metrics.perplexity([np.log(random) for random in np.random.default_rng(1).uniform(2, 8, (400, 3))])
    assert many.low < many.value < many.high < 1.05 * many.value


def test_rules_of_a_poem():
    assert metrics.in_form(SOUND, WUJUE) and not metrics.in_form(SOUND, QIJUE)
    assert not metrics.in_form(SOUND[:-1], WUJUE)  # not ended
    kept = {text: metrics.keeps(text, WUJUE) for text in (SOUND, OFF_RHYME, WRONG_TONE)}
    assert kept == {SOUND: (True, True), OFF_RHYME: (False, True), WRONG_TONE: (True, False)}
    assert not metrics.keeps(SOUND.replace("空", "风"), WUJUE)[0]  # the same character
    assert not metrics.keeps(SOUND.replace("空", "雪"), WUJUE)[0]  # no level rhyme


def test_line_one_may_rhyme_but_not_otherwise():
    rest = "月水雨花风。月水花云雨，山春海月空。"
    poems = {end: f"山春云月{end}，{rest}" for end in "红冬春风"}  # in 东, 冬 its neighbour, 真, again 风
    assert {end: metrics.keeps(text, WUJUE)[0] for end, text in poems.items()} == {
        "红": True,
        "冬": True,
        "春": False,
        "风": False,
    }


def test_repetition():
    assert metrics.repeats("春风，花春。") and not metrics.repeats("春风，花月。")


def test_distinct_characters_of_fifty_poems():
    same, different = ["春风，花月。"] * 50, [f"{chr(0x4E00 + ix)}" * 4 + "。" for ix in range(50)]
    assert metrics.distinct(same, 1).value == pytest.approx(4 / 200)
    assert metrics.distinct(same, 2).value == pytest.approx(2 / 100)
    assert metrics.distinct(different, 1).value == pytest.approx(50 / 200)
    assert metrics.distinct(same[:49], 1) is None


def test_lines_copied_whole():
    source = Source(["春风花月，山水云雨。"])
    assert source.copied_share("山水云雨，春风花雪。") == 0.5
    assert source.copied_share("风花月山，水云雨春。") == 0


def test_the_longest_shared_run():
    source = Source(["春风花月，山水云雨。", "江河湖海。"])
    texts = [
        "月山水云，春春春春。",
        "雨江河湖。",
        "海春风花。",
        "雪雪。",
        "春风花月山水云雨。",
        "江河湖海，江。",
    ]
    assert source.longest_runs(texts) == [4, 3, 3, 0, 8, 4]
    assert source.longest_runs([]) == [] and source.longest_runs(["湖海江河。"]) == [2]


def test_the_longest_run_of_many_texts_is_that_of_each_alone():
    choose = np.random.default_rng(0)
    texts = ["".join(choose.choice(list("春夏秋冬风花"), 12)) for _ in range(60)]
    source = Source(texts[:30])
    together = source.longest_runs(texts)
    assert together == [source.longest_runs([text])[0] for text in texts]
    assert together[:30] == [12] * 30 and max(together[30:]) < 12
    for text, longest in zip(texts[30:], together[30:], strict=True):
        known = [size for size in range(13) if any(text[:size] in other for other in texts[:30])]
        assert longest >= max(known)


def test_figures_of_poems_in_a_form():
    source = Source(["雪中云海夜，云云云。"])
    figures = metrics.figures([SOUND, OFF_RHYME, WRONG_TONE, SOUND], WUJUE, source)
    means = {name: figure and figure.value for name, figure in figures.items()}
    assert means["rhyme right"] == means["tones right"] == 0.75 and means["rhyme and tones right"] == 0.5
    assert means["a character repeated"] == 1 and means["three in a row"] == 0
    assert means["lines copied whole"] == 0.25 and means["longest shared run"] == 5
    assert means["distinct-1 of 50 poems"] is None


def test_the_parallelism_of_middle_couplets_is_that_of_lushi():
    poem = "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"
    source = Source([])
    found = metrics.figures([poem, poem], FORMS[2], source)["parallelism of middle couplets"]
    assert found.value == pytest.approx(np.mean(middle_scores(poem))) and found.value > 0.5
    assert metrics.figures([SOUND], WUJUE, source)["parallelism of middle couplets"] is None

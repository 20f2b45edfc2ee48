"""How tools/make_ratings.py predicts what readers say."""

import numpy as np
import paddle
import pytest
from test_tools import tool

from poetry.base.folders import BUNDLED
from poetry.base.tables import table_rows
from poetry.composing.asked import Asked
from poetry.composing.generator import Generator
from poetry.composing.planning import make_plan
from poetry.composing.ratings import NAMES, ratings
from poetry.learning import checkpoint, exported
from poetry.text.headings import prompt
from poetry.verse.form import FREE, find_form, recognise


@pytest.fixture(scope="module")
def made():
    return tool("make_ratings")


@pytest.fixture(scope="module")
def loaded():
    found = checkpoint.load_model(checkpoint.newest_model([BUNDLED]))
    found.model.eval()
    return found


def known(draws, rows, scale=1.0):
    """(descriptions, ratings that follow from them but for noise, their weights)."""
    x = draws.normal(loc=3, scale=2, size=(rows, 6))
    weights = scale * draws.normal(size=(6, 3))
    y = (x - 3) @ weights + 0.1 * draws.normal(size=(rows, 3))
    return x, y - y.mean(axis=0), weights


def test_the_weights_are_found(made, monkeypatch):
    monkeypatch.setattr(made, "PENALTY", 1e-6)
    x, y, weights = known(np.random.default_rng(3), 4000)
    found, usual = made.fitted(x, y)
    assert found == pytest.approx(weights, abs=0.02) and usual == pytest.approx(x.mean(axis=0))
    monkeypatch.setattr(made, "PENALTY", 1e9)
    assert np.abs(made.fitted(x, y)[0]).max() < 1e-3
    monkeypatch.setattr(made, "PENALTY", 4000.0)  # as much as the data: of all halved, but for the last
    halved = made.fitted(x, y)[0]
    assert halved[:5] == pytest.approx(weights[:5] / 2, abs=0.06)
    assert halved[5] == pytest.approx(weights[5] * 25 / 26, abs=0.06)


def test_no_sheet_is_predicted_from_itself_or_from_its_poems(made, monkeypatch):
    monkeypatch.setattr(made, "PENALTY", 1e-3)
    draws = np.random.default_rng(4)
    x, y, _ = known(draws, 300)
    sheets, texts = np.repeat(["1", "2", "3"], 100), np.array([str(ix) for ix in range(300)])
    assert min(made.correlations(x, y, sheets, texts)) > 0.9
    x, noise = draws.normal(size=(300, 40)), draws.normal(size=(300, 3))
    x[200:], noise[200:] = x[100:200], noise[100:200]  # the same poems on two sheets
    noise[:100] /= 10
    same = np.concatenate([texts[:200], texts[100:200]])
    known_poems, new = (sum(made.correlations(x, noise, sheets, each)) for each in (texts, same))
    assert known_poems > 0.7 and new < 0.3


def test_a_poem_is_described_by_what_it_is_predicted_from(made, loaded):
    texts = ["春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。"]
    texts.append("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。")
    found = made.descriptions(loaded, texts)
    told = prompt(loaded.vocabulary, "五绝")
    for text, row in zip(texts, found, strict=True):
        ids = loaded.vocabulary.encode(text).tolist()
        features = loaded.model.features(paddle.to_tensor([[*told, *ids]]))[0][0, len(told) - 1 :]
        logits = loaded.model.output(features[:-1]).numpy().astype(np.float64)
        logprobs = logits[np.arange(24), ids] - np.log(np.exp(logits).sum(axis=1))
        spoken = [ix for ix in range(24) if ix % 6 != 5]
        assert row[:-1] == pytest.approx(features[:-1].numpy().mean(axis=0), abs=1e-4)
        assert row[-1] == pytest.approx(logprobs[spoken].mean(), abs=1e-3)


def test_the_table_predicts_what_the_readers_said(made, loaded):
    rated = Generator.of(loaded, Asked().sampling).ratings
    assert rated is ratings(loaded.sha256) is not None
    rows = table_rows(made.RATED)
    assert all(recognise(text) is not FREE for _, text, *_ in rows) and len({row[0] for row in rows}) > 10
    said = np.array([row[2:] for row in rows], dtype=float)
    assert said.min() >= 1 and said.max() <= 10
    some = rows[::40]
    x = made.descriptions(loaded, [row[1] for row in some])
    predicted = rated.predicted(rated.of(x[:, :-1]), x[:, -1])
    for name, wanted in zip(NAMES, said[::40].T, strict=True):
        assert np.corrcoef(predicted[name], wanted)[0, 1] > 0.4


def test_an_exported_model_rates_and_composes_alike(loaded, tmp_path):
    exported.save(tmp_path, loaded)
    found = []
    for one in (loaded, exported.load(tmp_path)):
        generator = Generator.of(one, Asked().sampling)
        plan = make_plan(one.vocabulary, Asked(form=find_form("wujue")))
        found.append(next(generator.compose(plan, 1, 3, 4)))
    assert found[0].text == found[1].text
    for name in NAMES:
        assert found[0].parts[name].value == pytest.approx(found[1].parts[name].value, abs=1e-3)


def test_drafts_of_every_form_are_rated(loaded):
    generator = Generator.of(loaded, Asked().sampling)
    for form in ("wujue", "qilu", "free"):
        plan = make_plan(loaded.vocabulary, Asked(form=find_form(form)))
        (poem,) = generator.compose(plan, 1, 3, 3)
        assert poem.parts.keys() > set(NAMES) and poem.parts["likelihood"].weight == 0

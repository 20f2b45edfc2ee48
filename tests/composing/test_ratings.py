"""Predicted ratings: how they are counted, what they choose, and which drafts they drop."""

import dataclasses

import numpy as np
import paddle
import pytest
from plain import plan_of
from test_decoding import VOCABULARY, model  # noqa: F401

from poetry.composing import jobs, ratings
from poetry.composing.asked import Asked
from poetry.composing.drafts import DraftBatch
from poetry.composing.generator import Generator
from poetry.composing.jobs import RunningJob
from poetry.composing.planning import make_couplet_plan
from poetry.composing.ranking import Ranking
from poetry.composing.ratings import NAMES, WEIGHTS, Ratings
from poetry.composing.revision import make_revision
from poetry.composing.sampling import Sampling
from poetry.text.headings import prompt
from poetry.verse.form import FORMS, MARKS
from poetry.verse.tunes import find_tune

DRAWS = np.random.default_rng(5)
RATINGS = Ratings(DRAWS.normal(size=3), DRAWS.normal(size=3), DRAWS.normal(size=(12, 3)).astype(np.float32))


@pytest.fixture
def rated(model):  # noqa: F811
    return Generator(model, VOCABULARY, Sampling(1.0), ratings=RATINGS)


def drafts_of(generator, plan, poems=3, candidates=8, seed=4):
    return list(generator.prepare(plan).drafts(range(poems), seed, candidates))


@pytest.mark.parametrize(
    "asked",
    [{"form": FORMS[0]}, {"form": FORMS[1], "start": "春风", "prefix": "山水。"}, {}, {"acrostic": "春江花"}],
)
def test_they_are_predicted_from_the_mean_features_and_the_likelihood(rated, asked):
    plan = plan_of(VOCABULARY, 30, **asked)
    (drafts,) = drafts_of(rated, plan, 1)
    ranking = rated.prepare(plan).ranking
    alike, parts = ranking.compared(drafts)
    told, given = prompt(VOCABULARY, plan.name, (), plan.prefix), len(plan.start)
    for ix, draft in enumerate(alike):
        read = paddle.to_tensor([[*told, *draft.history[:-1]]])
        features = rated.model.features(read)[0][0, len(told) - 1 + given :].numpy()
        found = features.mean(axis=0) @ RATINGS.features + draft.mean_logprob * RATINGS.likelihood
        for name, wanted in zip(NAMES, found - RATINGS.usual, strict=True):
            assert parts[name][ix] == pytest.approx(wanted, abs=1e-4)
    (best,) = rated.compose(plan, 1, 4, 8)
    highest = np.argmax(sum(part.weight * parts[name] for name, part in best.parts.items()))
    assert all(part.value == parts[name][highest] for name, part in best.parts.items())
    assert {name: best.parts[name].weight for name in NAMES} == WEIGHTS


def test_the_worst_drafts_go_on_as_copies_of_the_best(rated, monkeypatch):
    monkeypatch.setattr(jobs, "KEPT", 1.0)
    plan = plan_of(VOCABULARY, 30, form=FORMS[0], start="春云山海夜，秋月水花风。")
    before = drafts_of(rated, plan)
    monkeypatch.setattr(jobs, "KEPT", 0.25)
    after = drafts_of(rated, plan)
    for loose, kept in zip(before, after, strict=True):
        begun = {tuple(draft.history[:18]): draft for draft in loose}
        worth = {}
        for text, draft in begun.items():
            half = dataclasses.replace(draft, logprobs=draft.logprobs[:18])
            features = rated.model.features(paddle.to_tensor([[VOCABULARY.start, *text[:-1]]]))[0][0].numpy()
            shares = (features[12:] @ RATINGS.features).mean(axis=0)[None]
            worth[text] = float(RATINGS.worth(shares, np.array([half.mean_logprob]))[0])
        best = sorted(worth, key=worth.get, reverse=True)[:2]
        found = [tuple(draft.history[:18]) for draft in kept]
        assert found == best * 4  # in turn
        assert len({tuple(draft.history) for draft in kept}) > 2
        assert [draft.number for draft in kept] == [draft.number for draft in loose]


@pytest.mark.parametrize("form", [FORMS[0], FORMS[2]])
@pytest.mark.parametrize("candidates", [2, 3, 5, 8, 12])
def test_a_copy_has_all_that_its_source_had_but_the_other_context(rated, monkeypatch, form, candidates):
    """It takes over that of the next draft, or the one after where it is a copy of that."""
    go_on, chosen, seen = RunningJob.go_on, RunningJob._sources, []
    monkeypatch.setattr(
        RunningJob, "_sources", lambda job, marks: seen.append(chosen(job, marks)) or seen[-1]
    )

    def looked_at(running, marks):
        rows, batch, count = running.rows, running.batch, len(running.batch)
        go_on(running, marks)
        sources, ended = seen[-1], marks[:, -1] == 2
        assert (running.rows[0] == rows[0][sources]).all()
        assert (running.batch.places == batch.places).all()
        for name in ("fit", "need", "opening", "ratings", "logprobs"):
            old, new = getattr(batch, name), getattr(running.batch, name)
            np.testing.assert_array_equal(new, old[sources])
        if not ended.any():
            np.testing.assert_array_equal(running.rows[1:], rows[1:][:, sources])
            return
        first = np.arange(count) // candidates * candidates
        after = first + (np.arange(count) + 1) % candidates
        later = first + (np.arange(count) + 2) % candidates
        taken = np.where(sources == after, later, after)
        np.testing.assert_array_equal(running.rows[1], rows[-1][taken])
        assert (taken != sources).all()

    monkeypatch.setattr(RunningJob, "go_on", looked_at)
    drafts_of(rated, plan_of(VOCABULARY, 128, form=form), candidates=candidates)
    dropped = [found for found in seen if (found != np.arange(len(found))).any()]
    assert len(dropped) >= 3 or candidates == 2
    assert min(len(set(found[:candidates].tolist())) for found in seen) > 1


def test_drafts_with_faults_are_dropped_first(rated, monkeypatch):
    plan = plan_of(VOCABULARY, 30, form=FORMS[0])
    monkeypatch.setattr(jobs, "KEPT", 1.0)
    lines = [draft.history[:6] for draft in drafts_of(rated, plan, 1)[0]]
    monkeypatch.setattr(jobs, "KEPT", 0.25)
    best = [tuple(draft.history[:6]) for draft in drafts_of(rated, plan, 1)[0]][:2]
    bad = set(best)
    monkeypatch.setattr(Ranking, "slips", lambda self, ids: tuple(ids[:6]) in bad)
    left = {tuple(draft.history[:6]) for draft in drafts_of(rated, plan, 1)[0]}
    assert len(set(map(tuple, lines))) > 3
    assert left and not left & bad


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ({"form": FORMS[1]}, {1, 2, 3}),
        ({"form": FORMS[2]}, {2, 4, 6}),
        ({"acrostic": "春江花月"}, {1, 2, 3}),
        ({"acrostic": "春江花月夜雨"}, {1, 2, 3, 4, 5}),
        ({"acrostic": "春江花月夜雨山水"}, {2, 4, 6}),
        ({"start": "春江花月夜，"}, {2, 4, 6, 8, 10, 12, 14, 16, 18, 20}),
        ({"form": find_tune("渔歌子")}, {1, 2, 3, 4}),  # of 5 lines
        ({"form": find_tune("水调歌头")}, {4, 8, 12, 16}),  # of 18 or 19
    ],
)
def test_drafts_are_dropped_after_each_quarter(rated, monkeypatch, asked, lines):
    """Of eight lines in free verse; only in favour of drafts whose lines have ended in the same places."""
    found, chosen = [], RunningJob._sources

    def told(running, marks):
        sources = chosen(running, marks)
        gone = np.setdiff1d(np.arange(len(sources)), sources)
        found.extend((marks[gone] > 0).sum(axis=1).tolist())
        assert marks[gone, -1].all()
        assert (marks == marks[sources]).all()
        assert (running.poems == running.poems[sources]).all()
        return sources

    monkeypatch.setattr(RunningJob, "_sources", told)
    drafts_of(rated, plan_of(VOCABULARY, 60, **asked), candidates=12)
    assert set(found) <= lines
    assert len(set(found)) >= min(3, len(lines))


def test_which_of_equal_drafts_goes_on_does_not_depend_on_rounding(rated, monkeypatch):
    monkeypatch.setattr(Ratings, "worth", lambda self, shares, likelihood: 1e-9 * np.arange(len(shares)))
    prepared = rated.prepare(plan_of(VOCABULARY, 30, form=FORMS[0], start="春风花月夜，"))
    job = prepared.job(np.array([4, 4]), np.array([0, 1]), 3)
    batch = DraftBatch.of(job.schemes, job.poems, VOCABULARY.encode("春风花月夜，"))
    sources = RunningJob(job, batch)._sources(
        np.isin(batch.history.ids, VOCABULARY.encode(MARKS)).astype(int)
    )
    assert sources.tolist() == [0, 0, 0, 3, 3, 3]


@pytest.mark.parametrize("candidates", [2, 3, 5, 8])
@pytest.mark.parametrize(
    "asked",
    [
        {"form": FORMS[1]},
        {"form": FORMS[0], "start": "春风", "mood_strength": 0.0},
        {"form": FORMS[3], "start": "春风"},
        {"form": find_tune("水调歌头")},
        {"acrostic": "春江花月"},
        {"start": "春风"},
    ],
)
def test_a_poem_is_the_same_in_every_batch(rated, monkeypatch, asked, candidates):
    plan = plan_of(VOCABULARY, 30, **asked)
    texts = [poem.text for poem in rated.compose(plan, 6, 4, candidates)]
    alone = [next(rated.compose(plan, 1, 4, candidates, first)).text for first in range(6)]
    assert alone == texts
    monkeypatch.setattr("poetry.composing.generator.ROWS", 2 * candidates + 1)
    assert [poem.text for poem in rated.compose(plan, 6, 4, candidates)] == texts


def test_couplets_are_not_rated_and_ci_are_without_regard_to_need(rated):
    couplet = make_couplet_plan(VOCABULARY, Asked(couplet="春江花月雨"))
    assert rated.prepare(couplet).ranking.ratings is None
    for asked, need in (({}, 1.0), ({"form": FORMS[3]}, 1.0), ({"form": find_tune("渔歌子")}, 0.0)):
        plan = plan_of(VOCABULARY, 128, **asked)
        assert rated.prepare(plan).ranking.ratings is RATINGS
        best = rated.prepare(plan).ranking.best(drafts_of(rated, plan, 1)[0])
        weights = {name: best.parts[name].weight for name in ("need", "likelihood", *NAMES)}
        assert weights == WEIGHTS | {"need": need, "likelihood": 0.0}


def test_single_drafts_and_revisions_are_left_as_they_are(rated, model, monkeypatch):  # noqa: F811
    unrated = Generator(model, VOCABULARY, Sampling(1.0))
    plan = plan_of(VOCABULARY, 30, form=FORMS[1])
    texts = [[poem.text for poem in one.compose(plan, 4, 4, 1)] for one in (rated, unrated)]
    assert texts[0] == texts[1]
    revised = make_revision(
        VOCABULARY, Asked(revise="春风花月夜，？？？？？。山水云江雨，？？？？？。", form=FORMS[0])
    )
    texts = [[draft.history for draft in drafts_of(one, revised, 1)[0]] for one in (rated, unrated)]
    assert texts[0] == texts[1]
    assert set(rated.prepare(revised).ranking.best(drafts_of(rated, revised, 1)[0]).parts) > {
        "future",
        *NAMES,
    }


def test_the_table_is_of_one_model(monkeypatch, tmp_path):
    rows = ["model\thash", "usual\t1 2 3", "likelihood\t4 5 6", "0\t1 0 0", "1\t0 1 2"]
    (tmp_path / "tables").mkdir()
    (tmp_path / "ratings.tsv").write_text("# made\n" + "\n".join(rows), encoding="utf-8")
    monkeypatch.setattr(ratings, "files", lambda package: tmp_path)
    ratings.ratings.cache_clear()
    try:
        found = ratings.ratings("hash")
        assert ratings.ratings("another") is None
    finally:
        ratings.ratings.cache_clear()
    shares = found.of(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert shares.tolist() == [[1, 2, 4], [3, 4, 8]]
    predicted = found.predicted(shares, np.array([-1.0, 0.0]))
    assert {name: value.tolist() for name, value in predicted.items()} == {
        "sense": [-4, 2],
        "coherence": [-5, 2],
        "freshness": [-5, 5],
    }
    worth = 2 * WEIGHTS["sense"] + 2 * WEIGHTS["coherence"] + 5 * WEIGHTS["freshness"]
    assert found.worth(shares, np.array([-1.0, 0.0]))[1] == pytest.approx(worth)

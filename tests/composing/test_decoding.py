import math

import numpy as np
import paddle
import plain
import pytest
from plain import plan_of
from test_generator import random_model

from poetry.composing import decoding, ranking
from poetry.composing.contrast import contrasted
from poetry.composing.decoding import Decoder
from poetry.composing.drafts import Draft
from poetry.composing.generator import Generator, _chances
from poetry.composing.plan import CONTEXT_GAIN, Plan
from poetry.composing.sampling import Sampling, log_probabilities
from poetry.learning.network import Architecture
from poetry.text.poem_vocabulary import EOP, PAD, START, PoemVocabulary
from poetry.verse.form import FORMS, MARKS
from poetry.verse.lines import LineSet

WORDS = "东风空红中同公通工功宫穷春人新身尘神真天年烟仙前边山云花秋江月水雨雪海夜路柳鸟酒日落玉竹石木"
VOCABULARY = PoemVocabulary([*MARKS, *WORDS, EOP, START, PAD])
COUNT, SEED = 6, 9
SAMPLINGS = (Sampling(0.9, 12, 0.9), Sampling(1.2, 0, 1.0), Sampling(0))


@pytest.fixture(scope="module")
def model():
    return random_model(Architecture(len(VOCABULARY), 8, 12, 2), VOCABULARY, 3, 1.5)


def scheme_of(plan, number):
    """The scheme of the poem of a number."""
    if not plan.schemes:
        return None
    shares = np.cumsum([scheme.share for scheme in plan.schemes])
    return plan.schemes[int((shares < shares[-1] * _chances(np.array([SEED]), np.array([number]))[0]).sum())]


@pytest.mark.parametrize(
    ("sampling", "asked"),
    [
        *((sampling, {}) for sampling in SAMPLINGS),
        *((sampling, {"form": FORMS[1], "acrostic": "春江花月"}) for sampling in SAMPLINGS),
        *((SAMPLINGS[0], {"form": form}) for form in FORMS),
        (SAMPLINGS[0], {"start": "春风花，", "prefix": "山水。", "mood_strength": 0.0}),
        (SAMPLINGS[0], {"acrostic": "春江花月"}),
        (SAMPLINGS[0], {"acrostic": "春江花", "start": "春风花月，江"}),
        (SAMPLINGS[0], {"form": FORMS[2], "rhyme": "东", "start": "月水花云"}),
        (SAMPLINGS[0], {"form": FORMS[0], "tones": False}),
    ],
)
def test_a_batch_composes_what_is_composed_one_by_one(sampling, asked, model):
    plan = plan_of(VOCABULARY, 30, **asked)
    first = Generator(model, VOCABULARY, sampling)
    copied = [line for poem in first.compose(plan, 4, SEED) for line in poem.lines]
    for generator in (first, Generator(model, VOCABULARY, sampling, LineSet.of(copied))):
        for number, poem in enumerate(generator.compose(plan, COUNT, SEED)):
            text, ended = plain.compose(generator, plan, scheme_of(plan, number), number, SEED)
            draft = Draft(number, VOCABULARY.encode(text).tolist(), [math.nan] * len(text), ended=ended)
            assert poem.text == generator.prepare(plan).laid_out(draft).text


@pytest.mark.parametrize(
    ("strength", "theirs"),
    [(1.5, [VOCABULARY.start]), (0.0, [VOCABULARY.start, *VOCABULARY.encode("山水。")])],
)
def test_a_draft_goes_on_against_the_couplets_of_the_next_one(model, monkeypatch, strength, theirs):
    """What it is read after: all its own; and the next draft's couplets before, then its own line."""
    read, composed = [], []

    def kept(logits, totals, gain, spared):
        read.append((*logits, gain))
        return contrasted(logits, totals, gain, spared)

    monkeypatch.setattr(decoding, "contrasted", kept)
    first = lambda _, drafts: composed.append(drafts) or ranking.JudgedDraft(drafts[0], {})  # noqa: E731
    monkeypatch.setattr(ranking.Ranking, "best", first)
    schemes = plan_of(VOCABULARY, 9, form=FORMS[1]).schemes
    plan = Plan(0, "山水。", schemes=schemes, mood_strength=strength)
    generator = Generator(model, VOCABULARY, Sampling(1.0))
    list(generator.compose(plan, 2, 4, candidates=3))
    assert {gain for _, _, gain in read} == {strength or CONTEXT_GAIN}
    own = [VOCABULARY.start, *VOCABULARY.encode("山水。")]
    places = [*range(16, 23), *range(24, 32)]  # of the second couplet, where the comma is not chosen
    for poem, drafts in enumerate(composed):
        for ix, draft in enumerate(drafts):
            other = drafts[(ix + 1) % 3].history[:16] + draft.history[16:]
            need = 0.0
            for place, (ours, others, _) in zip(places, read[-len(places) :], strict=True):
                for logits, ids in ((ours, [*own, *draft.history]), (others, [*theirs, *other])):
                    end = len(ids) - len(draft.history) + place
                    wanted = model(paddle.to_tensor([ids[:end]]))[0][0, -1].numpy()
                    np.testing.assert_allclose(logits[3 * poem + ix], wanted, rtol=1e-4, atol=1e-5)
                    if place < 23:  # the line that opens the couplet
                        logprob = log_probabilities(wanted[None], np.array([draft.history[place]]))[0]
                        need += logprob if logits is ours else -logprob
            assert draft.need == pytest.approx(need, abs=1e-4) and draft.opening == 7


def test_a_draft_that_is_alone_or_bare_has_no_other(model, monkeypatch):
    monkeypatch.setattr(decoding, "contrasted", None)
    schemes = plan_of(VOCABULARY, 9, form=FORMS[1]).schemes
    generator = Generator(model, VOCABULARY, Sampling(1.0))
    assert len(list(generator.compose(Plan(0, schemes=schemes), 3, 0))) == 3
    assert len(list(generator.compose(Plan(9, bare=True), 3, 0, candidates=4))) == 3


@pytest.mark.parametrize("asked", [{}, {"acrostic": "春江花月"}])
def test_longer_drafts_after_a_sound_one_are_left_and_change_nothing(model, monkeypatch, asked):
    generator, plan = Generator(model, VOCABULARY, SAMPLINGS[0]), plan_of(VOCABULARY, 60, **asked)
    step, made = Decoder.step, []
    monkeypatch.setattr(Decoder, "step", lambda self: made.append(len(self)) or step(self))
    poems = [next(generator.compose(plan, 1, seed, 6)) for seed in range(12)]
    few = sum(made)
    made.clear()
    monkeypatch.setattr(ranking.Ranking, "is_sound", lambda self, draft: False)  # all are needed
    assert poems == [next(generator.compose(plan, 1, seed, 6)) for seed in range(12)]
    assert few < sum(made)


def test_the_need_is_that_of_a_poem_whatever_is_composed_beside_it(model):
    """Of free verse too, whose drafts may end a sentence alone while those of another poem do not."""
    prepared = Generator(model, VOCABULARY, SAMPLINGS[0]).prepare(plan_of(VOCABULARY, 40))
    for seed in range(4):
        together, *alone = (
            Decoder(model, VOCABULARY).decode(prepared.job(np.full(len(poems), seed), np.array(poems), 2))
            for poems in ([0, 1, 2], [0], [1], [2])
        )
        for beside, draft in zip(sum(together, []), sum(sum(alone, []), []), strict=True):
            assert (beside.history, beside.opening) == (draft.history, draft.opening)
            assert beside.need == pytest.approx(draft.need, abs=1e-4)

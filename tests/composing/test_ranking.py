import dataclasses
import math

import numpy as np
import paddle
import plain
import pytest
from plain import plan_of
from test_decoding import SEED, VOCABULARY, model, scheme_of  # noqa: F401

from poetry.composing import ranking
from poetry.composing.asked import Asked
from poetry.composing.decoding import Decoder
from poetry.composing.drafts import Draft
from poetry.composing.generator import Generator
from poetry.composing.planning import make_couplet_plan
from poetry.composing.ranking import WEIGHTS, Ranking
from poetry.composing.sampling import Sampling
from poetry.composing.theme import Theme
from poetry.text.poem_vocabulary import EOP, PAD, START, PoemVocabulary
from poetry.verse.couplet import check_couplet
from poetry.verse.form import FORMS
from poetry.verse.lines import LineSet
from poetry.verse.parallelism import middle_scores, score

POEMS = ("东风花月，江水秋云。雨雪山路，夜海新春。", "秋江雨雪，日落空山。柳鸟人路，云水花天。")
POEMS += ("山水云花，酒玉东风。竹石新木，日路天空。", "春花江月，山水人同。鸟雪柳夜，石竹东风。")

UNTHEMED = {name: weight for name, weight in WEIGHTS.items() if name != "theme"}


def draft(text, fit=0.0):
    ids = VOCABULARY.encode(text).tolist()
    return Draft(0, ids, ([-2.0] * 10 + [math.nan] * len(ids))[: len(ids)], fit)  # ten were chosen


@pytest.fixture
def judge(model):  # noqa: F811
    plan = plan_of(VOCABULARY, 128, prefix="山水。")
    return Ranking(model, VOCABULARY, LineSet.of(["雨雪山月"]), plan)


def test_words_of_a_traditional_vocabulary_are_whole():
    sound, broken = "鳳凰乾於風，逍遙見紛紛。", "鳳飛乾於風，逍間見紛紛。"
    vocabulary = PoemVocabulary([*dict.fromkeys(sound + broken), EOP, START, PAD])
    drafts = [Draft(0, vocabulary.encode(text).tolist(), [-2.0] * len(text)) for text in (broken, sound)]
    judge = Ranking(None, vocabulary, LineSet.of([]), plan_of(vocabulary, 128))
    assert [judge._faults(draft) for draft in drafts] == [1, 0]


def test_sound_drafts_come_first_then_the_sum_of_the_parts_decides(judge, monkeypatch):
    fitting, doubled = draft(POEMS[0], -1), draft(POEMS[0].replace("江水", "江江"), -2)
    loose, repeated = draft(POEMS[0], -3), draft(POEMS[0].replace("夜海", "夜东"), 0)
    copied, uneven = draft(POEMS[0].replace("山路", "山月"), 0), draft(POEMS[0].replace("夜海", "夜"), 0)
    broken, false = draft(POEMS[0].replace("夜海", "酒海"), 0), draft(POEMS[0].replace("雨雪", "雨雨"), 0)
    monkeypatch.setattr(ranking, "broken_words", lambda lines: "".join(lines).count("酒海"))
    edged = draft(POEMS[0].replace("花月", "花日"), 0)
    monkeypatch.setattr(ranking, "misplaced", lambda lines: sum(line.endswith("日") for line in lines))
    longer = draft(POEMS[0] * 2, -1)
    drafts = [copied, uneven, broken, false, edged, repeated, loose, doubled, fitting]
    for best in (fitting, doubled, loose, repeated):
        assert judge.best(drafts).draft is best
        drafts.remove(best)
    opened = draft(POEMS[0] + "春", 0)
    for drafts, best in (
        ([longer, uneven, fitting], longer),  # the first sound one decides on the length
        ([fitting, uneven, longer], fitting),
        ([opened, copied], opened),
        ([copied, opened], copied),
    ):
        lone = judge.best(drafts)
        assert lone.draft is best and lone.parts == {}
    parts = judge.best([repeated, draft(POEMS[0], -5)]).parts
    assert (parts["repetition"].value, parts["repetition"].mean) == (1, 0.5)
    assert (parts["fit"].value, parts["fit"].mean) == (0, -0.25)
    assert {name: part.weight for name, part in parts.items()} == UNTHEMED


def test_the_need_is_of_the_characters_that_open_couplets(judge):
    texts = POEMS[0], POEMS[0].replace("山路", "路山"), POEMS[0].replace("新春", "春新")
    needs = ({"need": 6.0, "opening": 4}, {"need": 6.0, "opening": 8}, {})
    drafts = [dataclasses.replace(draft(text), **need) for text, need in zip(texts, needs, strict=True)]
    assert judge.compared(drafts)[1]["need"].tolist() == [1.5, 0.75, 0.0]


def test_the_ending_is_of_the_freely_chosen_characters_before_the_end_of_a_sentence(judge):
    likely, unlikely, given = draft(POEMS[0]), draft(POEMS[0]), draft(POEMS[0])
    for one, logprobs in ((likely, (-0.5, -1.5)), (unlikely, (-0.5, -4.5)), (given, (math.nan, -3.0))):
        assert POEMS[0][8] + POEMS[0][18] == "云春"
        one.logprobs[8], one.logprobs[18] = logprobs
    drafts = [unlikely, given, likely]
    assert judge.compared(drafts)[1]["ending"].tolist() == [-2.5, -3.0, -1.0]
    assert judge.best(drafts).draft is likely
    assert judge.compared([draft(POEMS[0][:7])])[1]["ending"].tolist() == [0.0]


def of_plan(model, **asked):  # noqa: F811
    return Ranking(model, VOCABULARY, LineSet.of([]), plan_of(VOCABULARY, **asked))


def themed(model, theme):  # noqa: F811
    judge = of_plan(model)
    return dataclasses.replace(judge, plan=dataclasses.replace(judge.plan, theme=Theme((theme,), (theme,))))


def test_a_draft_that_bears_its_theme_wins_over_one_that_does_not(model):  # noqa: F811
    without, bearing = draft(POEMS[0]), draft(POEMS[0].replace("夜海", "竹玉"))
    for theme, best in (("竹", bearing), ("海", without)):
        judged = themed(model, theme).best([without, bearing])
        assert judged.draft is best and judged.parts["theme"].value > judged.parts["theme"].mean
    assert "theme" not in of_plan(model).best([without, bearing]).parts


def test_a_draft_of_another_register_loses_unless_it_is_asked_for(model, monkeypatch):  # noqa: F811
    monkeypatch.setattr(ranking, "doctrine", lambda text: text.count("玉") / max(1, len(text)))
    hymn, plain_one = draft(POEMS[0].replace("夜海", "玉海")), draft(POEMS[0])
    for asked, best in (
        ({}, plain_one),
        ({"prefix": "玉。"}, hymn),
        ({"start": "玉"}, hymn),
        ({"acrostic": "玉山"}, hymn),
    ):
        judged = of_plan(model, **asked).best([hymn, plain_one])
        assert judged.draft is best and ("register" in judged.parts) == (not asked)
    assert "register" not in themed(model, "玉").best([hymn, plain_one]).parts


def test_a_draft_of_two_seasons_loses_unless_they_are_asked_for(model, monkeypatch):  # noqa: F811
    monkeypatch.setattr(ranking, "clash", lambda text: float({"玉", "海"} <= set(text)))
    mixed, one = draft(POEMS[0].replace("夜海", "玉海")), draft(POEMS[0])
    for asked, best in (({}, one), ({"start": "玉"}, one), ({"start": "玉", "prefix": "海。"}, mixed)):
        judged = of_plan(model, **asked).best([mixed, one])
        assert judged.draft is best and ("scene" in judged.parts) == ("prefix" not in asked)


def test_the_fit_is_the_share_that_the_form_leaves(model):  # noqa: F811
    generator = Generator(model, VOCABULARY, Sampling(0.9, 12, 0.9))
    plan = plan_of(VOCABULARY, 128, form=FORMS[0])
    job = generator.prepare(plan).job(np.array([SEED]), np.array([2]), 1)
    ((composed,),) = Decoder(model, VOCABULARY).decode(dataclasses.replace(job, schemes=np.array([0])))
    text, rules = VOCABULARY.decode(composed.history), plain.Plain(VOCABULARY, plan, plan.schemes[0], ())
    shares = []
    for place in range(len(text)):
        if rules.forced(text[:place]) is None:
            ids = [VOCABULARY.start, *VOCABULARY.encode(text[:place])]
            logits = model(paddle.to_tensor([ids]))[0][0, -1].numpy()
            scores = dict(zip(VOCABULARY.words, np.exp(logits), strict=True))
            shares.append(sum(rules.masked(text[:place], scores).values()) / sum(scores.values()))
    assert composed.fit == pytest.approx(np.log(shares).sum(), abs=1e-3) and composed.chosen == len(shares)


def test_the_best_of_the_candidates_is_taken(model, monkeypatch):  # noqa: F811
    generator = Generator(model, VOCABULARY, Sampling(1.0, 0, 1.0))
    plan = plan_of(VOCABULARY, 128, form=FORMS[2], start="月水花云雨")  # one scheme for all
    job = generator.prepare(plan).job(np.full(3, SEED), np.arange(3), 4)
    drafts = Decoder(model, VOCABULARY).decode(job)
    texts = [[generator.prepare(plan).laid_out(draft).text for draft in of_poem] for of_poem in drafts]
    best = list(generator.compose(plan, 3, SEED, candidates=4))
    assert all(poem.text in among for poem, among in zip(best, texts, strict=True))
    found = best[0].parts["parallelism"].value
    assert found == pytest.approx(np.mean(middle_scores(best[0].unbroken)))
    assert next(generator.compose(plan, 1, SEED)).parts == {}
    monkeypatch.setattr("poetry.composing.generator.ROWS", 7)  # one poem of four drafts at a time
    assert [poem.text for poem in generator.compose(plan, 2, SEED, 4)] == [poem.text for poem in best[:2]]
    for name in UNTHEMED:  # each part alone
        monkeypatch.setattr(ranking, "WEIGHTS", dict.fromkeys(WEIGHTS, 0.0) | {name: 1.0})
        for poem in generator.compose(plan, 3, SEED, 4):
            assert poem.parts[name].value > poem.parts[name].mean - 1e-9


@pytest.mark.parametrize("first", ["春水江花雪", "月月花秋路", "东风雨雪江花柳夜日"])
def test_an_answer_keeps_the_rules_of_couplets(model, first, monkeypatch):  # noqa: F811
    monkeypatch.setattr(ranking, "false_doublings", lambda lines: 0)  # which the model has in most answers
    generator = Generator(model, VOCABULARY, Sampling(1.0, 0, 1.0))
    plan = make_couplet_plan(VOCABULARY, Asked(couplet=first))
    poems = list(generator.compose(plan, 8, SEED, candidates=4))
    for poem in poems:
        assert poem.lines[0] == first and poem.text.endswith("。")
        given = {"收尾"} if first[-1] in "江花" else set()
        assert {fault.name for fault in check_couplet(poem.unbroken).faults} <= given
        assert set(poem.parts) == {"likelihood", "parallelism"}
    assert len({poem.text for poem in poems}) > 4


def test_answers_are_drawn_to_what_is_parallel(model, monkeypatch):  # noqa: F811
    generator = Generator(model, VOCABULARY, Sampling(1.0, 0, 1.0))
    plan = make_couplet_plan(VOCABULARY, Asked(couplet="山水花云路"))
    means = []
    for gain in (0.0, 2.0):
        monkeypatch.setattr("poetry.composing.generator.COUPLET_GAIN", gain)
        found = [score(*poem.lines) for poem in generator.compose(plan, 20, SEED)]
        means.append(np.mean(found))
    assert means[1] > means[0] + 0.3

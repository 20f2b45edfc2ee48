"""Poems that are revised: what stays, what the rules look ahead to, how drafts are judged."""

import numpy as np
import paddle
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plain import plan_of
from test_generator import LEVEL_WORDS, OBLIQUE_WORDS, RHYMES, VERSE, poet  # noqa: F401

from poetry.base.errors import PoetryError
from poetry.composing import ranking
from poetry.composing.asked import Asked
from poetry.composing.choices import AllowedWords, Choices, History
from poetry.composing.constraints import REPETITION_COST, Repetition
from poetry.composing.generator import Generator
from poetry.composing.lexicon import Lexicon
from poetry.composing.metre import Parallel, Rhyme
from poetry.composing.ranking import WEIGHTS, Ranking
from poetry.composing.request import RevisionRequest
from poetry.composing.revision import _shape, make_question, make_revision
from poetry.composing.sampling import log_probabilities
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.couplet import COUPLET
from poetry.verse.form import FORMS, GAP, LONG_FORMS, MARKS, find_form, verse_lines
from poetry.verse.gaps import find_shape
from poetry.verse.parallelism import pairs
from poetry.verse.prosody import check_poem
from poetry.verse.tune_scheme import tune_schemes
from poetry.verse.tunes import find_tune

WUJUE = "月水花云雨，山春海月风。竹花江落木，山海玉江空。"
YIQINE = "山水风。山云秋月江花空。江花空。山花水月，水月云红。"
YIQINE += "山花秋月江云中。山云秋月江花同。江花同。山花水月，水月云东。"
SEED = 4


def revised(text, keep=(), **options):
    return make_revision(VERSE, Asked(revise=text, keep=" ".join(map(str, keep)) or None, **options))


def revisions(generator, plan, num, seed, candidates):
    """The poems of a request for revisions, as (number, poem)."""
    asked = Asked(candidates=candidates)
    return list(RevisionRequest(generator.prepare(plan), asked, num, seed, lambda *found: found).poems())


def worth(poem):
    """The weighted sum of the parts of a poem's judgement."""
    return sum(part.weight * part.value for part in poem.parts.values())


def gaps(text):
    return text.replace("？", GAP)


def test_a_word_of_two_characters_is_read_for_no_gap():
    vocabulary = PoemVocabulary(["春江", *VERSE.words])
    plan = make_revision(vocabulary, Asked(revise=f"？{WUJUE[1:]}"))
    assert plan.locked == gaps(f"？{WUJUE[1:]}")


@settings(max_examples=30)
@example(FORMS[0], 0, "东" * 56, {0, 1, 2, 3, 4, 8, 9, 11, 14, 18})  # line 3 breaks 粘 by all but its gap
@given(
    form=st.sampled_from(FORMS),
    seed=st.integers(0, 2**32 - 1),
    text=st.text(alphabet=RHYMES + OBLIQUE_WORDS, min_size=56, max_size=56),
    open_places=st.sets(st.integers(0, 55), min_size=1),
)
def test_what_stays_is_kept_and_only_that_breaks_rules(poet, form, seed, text, open_places):  # noqa: F811
    size = form.size * form.count
    open_places = {place % size for place in open_places}
    shown = "".join("?" if ix in open_places else text[ix] for ix in range(size))
    lines = [shown[at : at + form.size] for at in range(0, size, form.size)]
    plan = revised("".join(line + "，。"[ix % 2] for ix, line in enumerate(lines)), form=form)
    ((_, poem),) = revisions(poet, plan, 1, seed, 2)
    composed = "".join(poem.lines)
    assert len(composed) == size and [len(line) for line in poem.lines] == [form.size] * form.count
    assert all(composed[ix] == text[ix] for ix in range(size) if ix not in open_places)
    assert "？" not in poem.text.replace("？\n", "").removesuffix("？") and GAP not in poem.text
    found = check_poem(poem.unbroken, form).faults
    assert bool(found) == bool(plan.faults)


@pytest.mark.parametrize("keep", [(1, 2, 4), (2, 4), (3,), (1,)])
def test_the_other_lines_are_new(poet, keep):  # noqa: F811
    plan = revised(WUJUE, keep)
    assert plan.form is FORMS[0]
    poems = [poem for _, poem in revisions(poet, plan, 5, SEED, 4)]
    assert len({poem.text for poem in poems}) == 5
    values = list(map(worth, poems))
    assert values == sorted(values, reverse=True)
    old = verse_lines(WUJUE)
    for poem in poems:
        assert [ix for ix, line in enumerate(poem.lines, 1) if line == old[ix - 1]] == list(keep)
        assert check_poem(poem.unbroken, FORMS[0]).faults == []
        assert set(poem.parts) == {*WEIGHTS, "future"} - {"theme"}
        rhymes = [poem.lines[ix][-1] for ix in (1, 3)]
        assert rhymes[0] != rhymes[1]
    assert [poem.text for _, poem in revisions(poet, plan, 5, SEED, 4)] == [poem.text for poem in poems]


def test_fewer_come_where_no_more_are_found(poet):  # noqa: F811
    plan = revised(WUJUE.replace("海玉", "海？"))
    poems = [poem for _, poem in revisions(poet, plan, 60, SEED, 2)]
    assert 1 < len({poem.text for poem in poems}) == len(poems) < 60


def test_the_best_of_many_drafts_come_first(poet, monkeypatch):  # noqa: F811
    """Of those that are not judged side by side too."""
    plan = revised(WUJUE, keep=(1, 3, 4))
    drafts = [draft for (draft,) in poet.prepare(plan).drafts(range(20), SEED, 1)]
    monkeypatch.setattr("poetry.composing.generator.ROWS", 4)
    values = [worth(poem) for _, poem in poet.prepare(plan).different(drafts, 20) if poem.parts]
    assert len(values) > 3 and values == sorted(values, reverse=True)


def test_no_faulty_draft_comes_before_a_sound_one_that_is_like_another(poet, monkeypatch):  # noqa: F811
    plan = revised(WUJUE, keep=(1, 3, 4))
    drafts = [draft for (draft,) in poet.prepare(plan).drafts(range(4), SEED, 1)]
    faulty = [id(draft) for draft in drafts[:2]]
    monkeypatch.setattr(Ranking, "_faults", lambda _, draft: int(id(draft) in faulty))
    alike = "poetry.composing.generator._various"  # all like the first: the others only from the end
    monkeypatch.setattr(alike, lambda texts, count: [0, *range(len(texts) - 1, 0, -1)][:count])
    places = [place for place, _ in poet.prepare(plan).different(drafts, 3)]
    assert set(places[:2]) == {2, 3} and len(places) == 3


def test_a_tune_and_what_it_repeats(poet):  # noqa: F811
    tune = find_tune("忆秦娥")
    plan = revised(YIQINE.replace("。江花空。", "。？？？。"), form=tune)
    ((_, poem),) = revisions(poet, plan, 1, SEED, 2)
    assert poem.unbroken.replace("\n", "") == YIQINE and poem.logprob is None
    plan = revised(YIQINE.replace("江花空。江", "？？？。江"))
    assert plan.form is tune and plan.locked == YIQINE
    assert [poem.unbroken.replace("\n", "") for _, poem in revisions(poet, plan, 1, SEED, 2)] == [YIQINE]
    plan = revised(YIQINE.replace("江花同。江花同", "江？同。江？？"), form=tune)
    ((_, poem),) = revisions(poet, plan, 1, SEED, 2)
    assert poem.lines[6][-3:] == poem.lines[7] and poem.lines[6][-3] + poem.lines[6][-1] == "江同"


def test_a_tune_is_read_by_the_variant_that_the_text_fits():
    text = "？？当事官人少。今？见？还到。长安江上客？？，？梦？？相吊。万里秦？，一声吹？，回首？年草。"
    text += "？云秋尽思谁觉。倚？望山花笑。月？南陌夜光中，暗在衡？看照。无边？恨，金粉绣燕，？灯向西？。"
    tune = find_tune("御街行")
    _, read = _shape(gaps(text), (), tune)
    assert read == find_shape(gaps(text))[1]
    assert {len(scheme.variant) for scheme in tune_schemes(tune, read, whole=True)} == {78}


def test_free_verse_has_the_lines_that_are_given(poet):  # noqa: F811
    plan = revised("山水，人风。月落乌？，？？。")
    assert plan.form.name == "free" and plan.locked == gaps("山水，人风。月落东？，？？？")
    assert plan.stand_ins.keys() == {"乌"}
    for _, poem in revisions(poet, plan, 4, SEED, 2):
        printed = plan.printed(poem.unbroken)
        assert printed.replace("\n", "").startswith("山水，人风。月落乌") and list(map(len, poem.lines)) == [
            2,
            2,
            4,
            2,
        ]
        assert poem.lines[3][-1] in set("东空红中同公通工功宫穷")


@pytest.mark.parametrize(
    ("text", "form"),
    [("山水日春风，月花云雨？。", COUPLET), (WUJUE[:-2] + "？。" + 2 * WUJUE, LONG_FORMS[0])],
)
def test_what_is_checked_only_is_revised_as_free_verse(text, form):
    plan = revised(text, form=form)
    assert plan.form.name == "free" and plan.locked == gaps(text)


def test_heads_are_characters_that_stay(poet):  # noqa: F811
    plan = revised("春？？？？江？？？？花？？？？月？？？？")
    ((_, poem),) = revisions(poet, plan, 1, SEED, 4)
    assert [line[0] for line in poem.lines] == list("春江花月")
    assert check_poem(poem.unbroken, FORMS[0]).faults == []


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("", {}, "--revise is empty"),
        ("，", {}, "--revise is empty"),
        (WUJUE, {}, "every character stays"),
        (WUJUE, {"keep": (1, 2, 3, 4)}, "every character stays"),
        (WUJUE, {"keep": (1, 5)}, "there is no line 5; the poem has 4 lines"),
        (WUJUE, {"keep": (0,)}, "there is no line 0"),
        ("？" * 23, {"form": FORMS[1]}, "has 23 characters in lines of 23; qijue 七绝 has 4 lines of 7"),
        ("？" * 9 + "。", {"form": find_tune("如梦令")}, "in lines of 9; 如梦令 has .*33 characters"),
        ("山水，，人？", {}, "the mark ， at position 4"),
        ("山水？人", {"rhyme": "东"}, "--rhyme needs a form"),
        (WUJUE.replace("月水", "？x"), {}, "x .*at position 2"),
        ("山" * 1001, {}, "at most 1000"),
        (WUJUE, {"keep": "1 x"}, "--keep '1 . x' names no lines"),
        (WUJUE, {"keep": (1,), "rhyme": "月"}, "no level rhyme group"),
    ],
)
def test_what_cannot_be_met_is_said_in_one_line(text, options, says):
    with pytest.raises(PoetryError, match=says) as error:
        revised(text, **options)
    assert "\n" not in str(error.value) and "--start" not in str(error.value)


def after(rule, locked, written, schemes):
    """The scores of all words that ``rule`` leaves behind what is ``written``, from 0."""
    choices = Choices(AllowedWords(np.ones(len(VERSE), dtype=bool)), np.zeros((1, len(VERSE))))
    rule(History.of_one(VERSE.encode(written)), choices)
    return dict(zip(VERSE.words, choices.scores[0], strict=True))


def test_rules_look_ahead_to_what_stays():
    plan = revised(WUJUE.replace("山春海月风", "？？？？？").replace("竹花", "？？"), form=FORMS[0])
    lexicon, written = Lexicon(VERSE), "月水花云雨，玉玉玉玉"
    scores = after(Rhyme(lexicon, plan.schemes, plan.locked), plan.locked, written, plan.schemes)
    assert scores["空"] == scores["雨"] == -np.inf and scores["风"] == 0
    scores = after(Repetition(lexicon, lambda h: np.ones(1, bool), plan.locked), plan.locked, written, None)
    assert scores["落"] == scores["月"] == scores["玉"] == -REPETITION_COST and scores["风"] == 0
    assert {scores[mark] for mark in MARKS} == {0}
    first = after(Repetition(lexicon, lambda h: np.ones(1, bool), plan.locked), plan.locked, "", None)
    assert first["落"] == first["月"] == -REPETITION_COST and first["竹"] == 0


def test_a_line_answers_what_stays_below_it():
    lines = ["？" * 5] * 8
    lines[3] = "山水日春风"
    text = "".join(line + "，。"[ix % 2] for ix, line in enumerate(lines))
    plan = revised(text, form=FORMS[2])
    rule = Parallel(Lexicon(VERSE), plan.schemes, 0.5, plan.locked)
    scores = after(rule, plan.locked, "玉" * 12, plan.schemes)
    table = pairs()
    wanted = table.log_odds(table.of(["山"]), table.of(VERSE.words))
    assert np.array(list(scores.values())) == pytest.approx(0.5 * wanted, abs=1e-4)
    assert not any(after(rule, plan.locked, "玉" * 6, plan.schemes).values())


def test_the_future_is_that_of_the_definition(poet):  # noqa: F811
    plan = revised(WUJUE.replace("山春海月风", "山？海？风"), prefix="山水。")
    judge = Ranking(poet.model, VERSE, poet.known, plan)
    text = WUJUE.replace("山春海月风", "山玉海竹风")
    ids = np.array([VERSE.start, *VERSE.encode("山水。" + text)])
    logits = poet.model(paddle.to_tensor(ids[None]))[0][0].numpy()
    logprobs = log_probabilities(logits[:-1], ids[1:])[3:]
    stays = [ix for ix in range(8, len(text)) if text[ix] not in MARKS and plan.locked[ix] != GAP]
    (found,) = judge._future(VERSE.encode(text)[None])
    assert found == pytest.approx(logprobs[stays].sum(), rel=1e-4)


def test_the_future_decides(poet, monkeypatch):  # noqa: F811
    plan = revised(WUJUE, (1, 3, 4))
    monkeypatch.setattr(ranking, "WEIGHTS", dict.fromkeys(WEIGHTS, 0.0))
    poems = revisions(poet, plan, 8, SEED, 4)
    values = [poem.parts["future"].value for _, poem in poems]
    assert values == sorted(values, reverse=True) and values[0] > values[-1]
    assert "future" not in next(poet.compose(make_plain(), 1, SEED, 4)).parts


def make_plain():
    return plan_of(VERSE, form=FORMS[0])


def test_faults_in_what_stays_are_told(poet):  # noqa: F811
    plan = revised(WUJUE.replace("月水花云雨", "月山花云雨"), (1, 2))
    assert [(fault.name, fault.line, fault.position) for fault in plan.faults] == [("失律", 1, 2)]
    ((_, poem),) = revisions(poet, plan, 1, SEED, 4)
    assert [(fault.name, fault.line) for fault in check_poem(poem.unbroken, FORMS[0]).faults] == [("失律", 1)]


def test_what_was_typed_is_printed():
    plan = revised("東？？？？，山？？？？。月？？？？，風？？？？。")
    assert plan.printed("东水花云雨，山春海月空。\n月水花云雨，风春海月红。", set("東風")) == (
        "東水花雲雨，山春海月空。\n月水花雲雨，風春海月紅。"
    )
    assert plan.printed("东水花云雨，山春海月空。") == "东水花云雨，山春海月空。"
    assert set(LEVEL_WORDS) > set("东")


def test_no_other_rules_without_what_stays(poet):  # noqa: F811
    """What composes new poems is as it was: no character is looked ahead to."""
    assert isinstance(poet, Generator)
    (poem,) = poet.compose(make_plain(), 1, SEED)
    assert check_poem(poem.unbroken, FORMS[0]).faults == []


def test_a_break_that_what_stays_forces_is_told():
    (fault,) = revised("？？？？？，东东东？？。东？东东？，东东东？东。", form=FORMS[0]).faults
    assert (fault.name, fault.line, fault.position) == ("失粘", 3, 2)
    assert fault.detail.startswith("the second character in line 3 is oblique 仄, 东 in line 2 is level 平")


def test_revisions_are_composed_against_each_other(poet):  # noqa: F811
    plan = revised(WUJUE, keep=(1,))
    (poem,) = [poem for _, poem in revisions(poet, plan, 1, SEED, 4)]
    assert poem.parts["need"].mean != 0


def test_a_revision_is_found_again_by_its_number(poet):  # noqa: F811
    plan, asked = revised(WUJUE, keep=(1, 4)), Asked(candidates=3)
    for number, poem in revisions(poet, plan, 4, SEED, 3):
        again = RevisionRequest(poet.prepare(plan), asked, 1, SEED, lambda *found: found, number)
        ((found, same),) = again.poems()
        assert (found, same.text) == (number, poem.text) and again.numbers == range(
            number // 3, number // 3 + 1
        )


def test_words_of_what_stays_are_not_joined_across_gaps(poet, monkeypatch):  # noqa: F811
    given = []
    monkeypatch.setattr("poetry.composing.ranking.clash", lambda text: given.append(text) or 0.0)
    plan = revised("？江花月夜，江海玉山风。江海山月东，江山月夜同。", form=FORMS[0])
    revisions(poet, plan, 1, SEED, 2)
    assert any(text.startswith("。江花") for text in given)


def test_drafts_with_faults_come_where_there_are_not_enough_others(poet, monkeypatch):  # noqa: F811
    plan = revised(WUJUE, keep=(1, 3, 4))
    texts = [poem.text for _, poem in revisions(poet, plan, 6, SEED, 3)]
    monkeypatch.setattr("poetry.composing.ranking.triples", lambda text: text != texts[2].replace("\n", ""))
    again = [poem.text for _, poem in revisions(poet, plan, 6, SEED, 3)]
    assert again[0] == texts[2] and sorted(again) == sorted(texts)


@pytest.mark.parametrize("title", ["五绝", "五絕·春 江", "五言绝句"])
def test_a_form_named_above_the_poem_is_its_form_and_no_line(title):
    gapped = WUJUE.replace("花云雨", "花？雨")
    assert revised(f"{title}\n{gapped}").locked == revised(gapped, form=find_form("五绝")).locked
    titled, plain = revised(f"{title}\n{WUJUE}", [1, 2]), revised(WUJUE, [1, 2], form=find_form("五绝"))
    assert titled.locked == plain.locked and titled.name == plain.name
    question, _, stands = make_question(VERSE, f"{title}\n{WUJUE}", 1, 2, Asked())
    assert stands.typed == WUJUE[1] and question.schemes


def test_a_tune_named_above_the_poem_is_its_tune():
    gapped = YIQINE.replace("秋月江花空", "秋？江花空", 1)
    assert revised(f"忆秦娥\n{gapped}").schemes == revised(gapped, form=find_tune("忆秦娥")).schemes


def test_a_form_asked_for_goes_before_one_named_above():
    gapped = WUJUE.replace("花云雨", "花？雨")
    assert (
        revised(f"七绝\n{gapped}", form=find_form("五绝")).locked
        == revised(gapped, form=find_form("五绝")).locked
    )
    with pytest.raises(PoetryError, match="^--revise has 20 characters in lines of 5 5 5 5; "):
        revised(f"七绝\n{gapped}")

import contextlib
import dataclasses
import functools
import itertools
import re
from collections import Counter

import numpy as np
import paddle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain import plan_of

from poetry.base.errors import PoetryError
from poetry.composing.choices import AllowedWords, Choices, History
from poetry.composing.constraints import (
    DOUBLING_COST,
    REPETITION_COST,
    RHYME_GAIN,
    FreeRhyme,
    LineLength,
    Punctuation,
    Repetition,
    Triples,
)
from poetry.composing.contrast import contrasted
from poetry.composing.generator import Generator, _various
from poetry.composing.lexicon import Lexicon
from poetry.composing.metre import Feet, Rhyme
from poetry.composing.plan import Plan as AnyPlan
from poetry.composing.sampling import Sampling, log_probabilities, log_total
from poetry.learning.model import make_model
from poetry.learning.network import Architecture
from poetry.text.poem_vocabulary import EOP, PAD, START, PoemVocabulary
from poetry.verse import metrics, readings
from poetry.verse.form import FORMS, LONG_FORMS, MARKS, find_form, is_well_formed, triples, verse_lines
from poetry.verse.lines import LineSet
from poetry.verse.prosody import check_poem

CHARACTERS = "春夏秋冬风花雪月山水云雨江河湖海"
Plan = functools.partial(AnyPlan, max_gen_len=128)
VOCABULARY = PoemVocabulary([*MARKS, *CHARACTERS, EOP, START, PAD])


def random_model(architecture, vocabulary, seed, gain):
    """A model of random weights; marks, the first words, gain so much that they are likely enough to come."""
    paddle.seed(seed)
    model = make_model(architecture)
    model.initialise(seed)
    if architecture.kind != "gpt":  # which has no bias
        bias = model.output.bias.numpy()
        bias[: len(MARKS)] += gain
        bias[vocabulary.eop] += 1.0
        model.output.bias.set_value(bias)
    return model


@pytest.fixture(scope="module")
def model():
    return random_model(Architecture(len(VOCABULARY), 8, 12, 2), VOCABULARY, 11, 1.0)


@pytest.fixture(scope="module")
def generator(model):
    return Generator(model, VOCABULARY, Sampling(1.0, 0, 1.0))


def texts(generator, plan=None, count=1, seed=1):
    return [poem.text for poem in generator.compose(plan or Plan(max_gen_len=40), count, seed)]


def test_same_seed_same_poem_other_seed_another(generator):
    assert texts(generator, count=5) == texts(generator, count=5)
    assert texts(generator, count=5) != texts(generator, count=5, seed=2)
    assert len(set(texts(generator, count=20))) > 10


@pytest.mark.parametrize("plan", [Plan(), Plan(heads="春夏秋冬"), Plan(prefix="江山。", start="春风")])
def test_poem_k_does_not_depend_on_the_number_of_poems(generator, plan, monkeypatch):
    many = texts(generator, plan, 12)
    assert texts(generator, plan, 5) == many[:5]
    monkeypatch.setattr("poetry.composing.generator.ROWS", 3)
    assert texts(generator, plan, 12) == many


def test_temperature_zero_is_the_likeliest_character(model):
    plan = Plan(start="春", max_gen_len=12)
    generator = Generator(model, VOCABULARY, Sampling(temperature=0))
    (poem,) = generator.compose(plan, 1, 0)
    assert texts(generator, plan, seed=5) == [poem.text]

    def scores(history):
        return model(paddle.to_tensor([[VOCABULARY.start, *history]]))[0][0, -1].numpy()

    assert_is_all_but_an_open_line(verse(poem), likeliest("春", 12, scores))


def likeliest(start, length, scores):
    """Free verse that takes the best of ``scores`` within the rules, step by step."""
    history = VOCABULARY.encode(start).tolist()
    lexicon = Lexicon(VOCABULARY)
    rules = [
        Punctuation(lexicon, len(start)),
        *(Triples(lexicon), Repetition(lexicon), FreeRhyme(lexicon)),
    ]
    line_length = LineLength(lexicon)
    while len(history) < length:
        found = scores(history)
        so_far = History.of_one(np.array(history))
        found[~line_length.sets[line_length.keys(so_far)[0]]] = -np.inf
        for rule in rules:
            found = ruled(rule, history, found)
        if found.argmax() == VOCABULARY.eop:
            break
        history.append(int(found.argmax()))
    return VOCABULARY.decode(history)


def ruled(rule, history, scores):
    """``scores`` (V,) as a constraint leaves them after ``history``, the ids of one draft."""
    choices = Choices(AllowedWords(np.ones(len(scores), dtype=bool)), np.array(scores)[None])
    rule(History.of_one(np.array(history, dtype=np.int64)), choices)
    return choices.scores[0]


def assert_is_all_but_an_open_line(text, written):
    """``text`` is what was ``written``, but for a last line that the length may have cut."""
    assert written.startswith(text.rstrip(MARKS))
    assert not set(written[len(text) :]) & set(MARKS)


@pytest.mark.parametrize("start", ["春江花月雨，", "春风秋月，花云水山。春", "春江花月雨花月，春"])
def test_lines_of_free_verse_are_as_long_as_the_first(generator, start):
    for poem in generator.compose(Plan(start=start, max_gen_len=60), 5, 0):
        sizes = [len(line) for line in poem.lines]
        assert set(sizes) == {len(verse_lines(start)[0])} and len(sizes) > 2, poem.text


@pytest.mark.parametrize("start", ["春风，秋月", "春江花月雨，花云。", "春江花月，春江花月雨"])
def test_verse_of_other_lines_goes_on_as_the_model_would(generator, start):
    poems = [poem.lines for poem in generator.compose(Plan(start=start, max_gen_len=60), 5, 0)]
    assert any(len({len(line) for line in lines[2:]}) > 1 for lines in poems)


def test_logprob_is_that_of_the_bare_model(model):
    """A start is given, not chosen; marks and constraints do not change the measure."""
    generator = Generator(model, VOCABULARY, Sampling(0.5, 5, 0.9))
    (poem,) = generator.compose(Plan(prefix="月。", start="山水", max_gen_len=12), 1, 4)
    text = poem.unbroken
    ids = [VOCABULARY.start, *VOCABULARY.encode("月。" + text)]
    logits = model(paddle.to_tensor([ids]))[0][0].numpy()
    first = 1 + len("月。山水")
    scores = log_probabilities(logits[first - 1 : -1], np.array(ids[first:]))
    assert poem.logprob == pytest.approx(scores.mean(), rel=1e-4)


def test_nothing_chosen_has_no_logprob(generator):
    (poem,) = generator.compose(Plan(heads="春"), 1, 0)
    assert poem.logprob is not None
    start = "春风花雪月，" + "夏风花雪月"
    (poem,) = generator.compose(Plan(start=start, heads="春夏"), 1, 0)
    assert poem.text == start + "。" and poem.logprob is None


def test_the_start_begins_the_poem_and_the_prefix_is_not_printed(generator):
    with_prefix = texts(generator, Plan(start="春风花", prefix="雪月。"), 8)
    assert all(text.startswith("春风花") for text in with_prefix)
    assert with_prefix != texts(generator, Plan(start="春风花", prefix="江河。"), 8)


def test_something_follows_a_start_that_is_a_whole_couplet(generator):
    for poem in generator.compose(Plan(start="春风，花雪。"), 40, 0):
        assert len(poem.lines) > 2


def test_free_verse_does_not_end_before_two_couplets(generator):
    poems = list(generator.compose(Plan(prefix="春风，花雪。"), 60, 0))
    assert min(len(poem.lines) for poem in poems) == 4


def test_a_poem_is_never_longer_than_asked(generator):
    for most in (2, 4, 9):
        for text in texts(generator, Plan(max_gen_len=most), 30):
            assert 2 <= len(text.replace("\n", "")) <= most


@settings(max_examples=25)
@given(
    heads=st.text(alphabet=CHARACTERS, min_size=1, max_size=32),
    seed=st.integers(0, 2**32 - 1),
    prefix=st.sampled_from(["", "江河湖海。"]),
)
def test_every_head_opens_its_line_and_all_lines_are_equal(generator, heads, seed, prefix):
    (poem,) = generator.compose(Plan(prefix=prefix, heads=heads), 1, seed)
    assert "".join(line[0] for line in poem.lines) == heads
    assert {len(line) for line in poem.lines} <= {5, 7} and len({len(line) for line in poem.lines}) == 1
    assert poem.text[-1] == "。" and (len(heads) % 2 or is_well_formed(poem.unbroken))


@pytest.mark.parametrize("between", ["，", "、", ",", " ", "　", "·", "・", "/", "|", "-", "。\n", "…", "；"])
def test_heads_may_be_typed_with_marks_between(between):
    assert plan_of(VOCABULARY, 128, acrostic=between.join("春夏秋冬")).heads == "春夏秋冬"
    assert plan_of(VOCABULARY, 128, acrostic=f"「{between.join('春夏秋冬')}」。").heads == "春夏秋冬"


def test_an_acrostic_may_begin_with_a_start(generator):
    plan = plan_of(VOCABULARY, 128, "春风花雪，夏云", None, "春夏秋冬")
    (poem,) = generator.compose(plan, 1, 3)
    assert poem.text.startswith("春风花雪，夏云")
    assert [line[0] for line in poem.lines] == list("春夏秋冬") and {len(line) for line in poem.lines} == {4}


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1), length=st.integers(2, 60), start=st.text(alphabet=CHARACTERS, max_size=9)
)
def test_whatever_is_composed_is_printed_in_order(generator, seed, length, start):
    (poem,) = generator.compose(Plan(start=start, max_gen_len=max(length, len(start) + 1)), 1, seed)
    lines = poem.text.split("\n")
    assert poem.unbroken.startswith(start) or "".join(poem.lines).startswith(start)
    for line in lines:
        assert line[-1] in "。？！；" and line[0] not in MARKS
        assert not any(a in MARKS and b in MARKS for a, b in itertools.pairwise(line))
    assert not any(token in poem.text for token in (EOP, START, PAD))


def test_a_start_that_ends_within_a_line_is_whole_where_the_length_cuts_that_line(generator):
    start = "山水春月，雪"
    for poem in generator.compose(Plan(start=start, max_gen_len=7), 8, 1):
        assert poem.unbroken.startswith(start)


def test_an_acrostic_takes_a_start_of_any_length():
    start = "，".join(["春风花雪夏云月"] * 20)
    assert plan_of(VOCABULARY, 2, start, acrostic="春" * 20).start == start


def test_a_prefix_without_an_end_needs_no_period_in_the_vocabulary():
    without = PoemVocabulary([word for word in VOCABULARY.words if word != "。"])
    assert plan_of(without, 128, prefix="春风").prefix == "春风"


def test_constraints_that_leave_nothing_are_named(generator, monkeypatch):
    def nothing(self, history, choices):
        choices.scores[:] = -np.inf

    monkeypatch.setattr(Punctuation, "__call__", nothing)
    with pytest.raises(PoetryError, match="punctuation"):
        list(generator.compose(Plan(), 1, 0))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"start": ""}, "--start is empty"),
        ({"start": " \n "}, "--start is empty"),
        ({"start": "春" * 128}, "--start has 128 characters, at most 127"),
        ({"start": "，春"}, "the mark ， at position 1"),
        ({"start": "春，。风"}, "the mark 。 at position 3"),
        ({"start": "春a"}, "a .* at position 2"),
        ({"prefix": ""}, "--prefix is empty"),
        ({"prefix": "“？”"}, "--prefix is empty"),
        ({"prefix": "春" * 1001}, "--prefix has 1001 characters"),
        ({"start": "，。"}, "--start is empty"),
        ({"acrostic": "春" * 33}, "--acrostic has 33 characters; give 1 to 32"),
        ({"acrostic": ""}, "--acrostic is empty; give it characters of verse or leave it out"),
        ({"acrostic": "，、 "}, "--acrostic is empty"),
        ({"form": LONG_FORMS[0]}, "--form: a wupai 五排 is checked, not composed"),
        ({"acrostic": "春风", "start": "月山"}, "line 1 begins with 月, the acrostic asks for 春"),
        ({"acrostic": "春风", "start": "春山，花雪"}, "line 2 begins with 花, the acrostic asks for 风"),
        ({"acrostic": "春", "start": "春山，花雪"}, "--start has 2 lines, the acrostic 1 heads"),
        ({"start": "<EOP>"}, "does not know <"),
    ],
)
def test_what_cannot_be_met_is_said_in_one_line(options, says):
    with pytest.raises(PoetryError, match=says) as error:
        plan_of(VOCABULARY, 128, **options)
    assert "\n" not in str(error.value)


def test_a_bare_plan_gives_what_the_model_wrote(generator):
    """Marks where they should not be are what its figures are to show: nothing mends them."""
    written = "\n".join(texts(generator, Plan(bare=True), 200))
    assert re.search(f"^[{MARKS}]", written, re.MULTILINE) and re.search(f"[{MARKS}]{{2}}", written)
    assert len(written.split("\n")) == 200


def test_typed_text_is_normalised():
    plan = plan_of(VOCABULARY, 128, "春 風,", "雲月", "春\n山")
    assert plan == Plan(prefix="云月。", start="春风，", heads="春山", typed=plan.typed)
    assert [given.typed for given in plan.typed] == ["春風，", "春山"]


def test_lines_of_a_poem(generator):
    (poem,) = generator.compose(Plan(heads="春夏秋"), 1, 0)
    assert poem.lines == verse_lines(poem.unbroken) and len(poem.lines) == 3


# Forms


RHYMES = "东风空红中同公通工功宫穷" + "春人新身尘神真" + "天年烟仙前边"  # of three groups
LEVEL_WORDS = RHYMES + "山云花秋江"
OBLIQUE_WORDS = "月水雨雪海夜路柳鸟酒日落玉竹石木"
VERSE = PoemVocabulary([*MARKS, *LEVEL_WORDS, *OBLIQUE_WORDS, EOP, START, PAD])


@pytest.fixture(scope="module")
def poet():
    """A model of random weights with enough words for every form."""
    paddle.seed(5)
    model = make_model(Architecture(len(VERSE), 8, 12, 2))
    model.initialise(5)
    return Generator(model, VERSE, Sampling(1.0, 0, 1.0))


def planned(**options):
    return plan_of(VERSE, 128, **options)


def verse(poem):
    return poem.unbroken


@settings(max_examples=60)
@given(
    form=st.sampled_from(FORMS),
    seed=st.integers(0, 2**32 - 1),
    rhyme=st.sampled_from([None, "东", "真", "先"]),
    heads=st.none() | st.text(alphabet=LEVEL_WORDS + OBLIQUE_WORDS, min_size=8, max_size=8),
    prefix=st.sampled_from([None, "山水。"]),
    start=st.sampled_from(["", "月水", "山云春"]),
)
def test_whatever_is_asked_of_a_form_is_kept(poet, form, seed, rhyme, heads, prefix, start):
    heads = heads and (start[:1] + heads)[: form.count]
    plan = planned(form=form, rhyme=rhyme, acrostic=heads, prefix=prefix, start=start or None)
    (poem,) = poet.compose(plan, 1, seed)
    report = check_poem(verse(poem), form)
    assert report.form is form and report.regulated and report.faults == [], (poem.text, report.faults)
    assert is_well_formed(verse(poem)) and verse(poem).startswith(start)
    assert rhyme is None or report.rhyme == rhyme
    assert heads is None or "".join(line[0] for line in poem.lines) == heads
    rhymes = [line[-1] for line, kind in zip(poem.lines, report.lines, strict=True) if kind.type in "BD"]
    assert len(set(rhymes)) == len(rhymes)


def test_all_sequences_are_taken_as_often_as_poets_do(poet):
    poems = poet.compose(planned(form=FORMS[0]), 600, 1)
    counts = Counter(check_poem(verse(poem), FORMS[0]).sequence for poem in poems)
    shares = {scheme.sequence: scheme.share for scheme in planned(form=FORMS[0]).schemes}
    for sequence, share in shares.items():
        assert counts[sequence] / 600 == pytest.approx(share, abs=0.06)


def test_the_drafts_of_a_poem_are_of_one_sequence(poet):
    def sequences(count, candidates):
        poems = poet.compose(planned(form=FORMS[0]), count, 1, candidates)
        return [check_poem(verse(poem), FORMS[0]).sequence for poem in poems]

    assert sequences(30, 3) == sequences(40, 1)[:30] and len(set(sequences(30, 1))) > 1


@pytest.mark.parametrize("tones", [True, False])
def test_a_group_of_too_few_characters_is_not_begun(poet, tones):
    """看 is of 寒 and of 翰: as a rhyme it would need another one of 寒, where 干 is all that is left."""
    words = PoemVocabulary([*MARKS, *"东空红", *"看干", *"花云山春", *OBLIQUE_WORDS, EOP, START, PAD])
    model = make_model(Architecture(len(words), 8, 12, 1))
    model.initialise(5)
    plan = plan_of(words, 128, form=FORMS[0], start="月水雨花看", tones=tones)
    assert {scheme.group for scheme in plan.schemes} == {""}
    for poem in Generator(model, words, poet.sampling).compose(plan, 40, 1):
        assert {line[-1] for line in poem.lines[1::2]} <= set("东空红")


def test_a_start_that_breaks_a_rule_is_kept_and_told(poet):
    plan = planned(form=FORMS[1], start="山水云雪花月雪")
    assert [(fault.name, fault.line, fault.position) for fault in plan.faults] == [("失律", 1, 4)]
    for poem in poet.compose(plan, 10, 1):
        faults = check_poem(verse(poem), FORMS[1]).faults
        assert [(fault.name, fault.line, fault.position) for fault in faults] == [("失律", 1, 4)]
        assert poem.lines[0] == "山水云雪花月雪"


@settings(max_examples=60)
@given(
    form=st.sampled_from(FORMS),
    seed=st.integers(0, 2**32 - 1),
    text=st.text(alphabet=RHYMES + OBLIQUE_WORDS, min_size=1, max_size=9),
    heads=st.none() | st.text(alphabet=RHYMES + OBLIQUE_WORDS, min_size=8, max_size=8),
)
def test_whatever_is_given_only_its_own_places_break_rules(poet, form, seed, text, heads):
    lines = [text[at : at + form.size] for at in range(0, len(text), form.size)]
    heads = heads and "".join([line[0] for line in lines] + [*heads[len(lines) :]])[: form.count]
    plan = planned(form=form, start="，".join(lines), acrostic=heads)
    (poem,) = poet.compose(plan, 1, seed)
    found = check_poem(verse(poem), form).faults
    given_places = [1] * form.count if heads else [0] * form.count
    given_places[: len(lines)] = map(len, lines)
    assert all(fault.position <= given_places[fault.line - 1] for fault in found), (found, plan.faults)
    assert bool(found) == bool(plan.faults)


def test_a_given_poem_is_given_back(poet):
    text = "月水花云雨，山春海月风。月水花云雨，山春海月空。"
    (poem,) = poet.compose(planned(form=FORMS[0], start=text), 1, 1)
    assert poem.logprob is None and verse(poem) == text


def test_without_tones_only_the_rhyme_is_kept(poet):
    poems = list(poet.compose(planned(form=FORMS[0], tones=False, rhyme="东"), 40, 3))
    assert all({line[-1] for line in poem.lines[1::2]} <= set("东风空红中同公通工功宫穷") for poem in poems)
    assert all(metrics.keeps(verse(poem), FORMS[0])[0] for poem in poems)
    assert sum(check_poem(verse(poem)).regulated for poem in poems) < 10


def test_no_known_line_is_copied(poet):
    poems = list(poet.compose(planned(form=FORMS[0]), 40, 2))
    known = LineSet.of([line for poem in poems for line in poem.lines])
    careful = Generator(poet.model, VERSE, poet.sampling, known)
    lines = [line for poem in careful.compose(planned(form=FORMS[0]), 40, 2) for line in poem.lines]
    assert lines and not any(line in known for line in lines)


def test_a_line_is_copied_before_none_is_left(poet):
    every = LineSet(np.arange(1 << 20))
    every.__dict__["_bitmap"] = np.full(1 << 25, 255, dtype=np.uint8)
    poems = list(Generator(poet.model, VERSE, poet.sampling, every).compose(planned(form=FORMS[0]), 4, 2))
    assert all(check_poem(verse(poem), FORMS[0]).faults == [] for poem in poems)


def test_a_vocabulary_without_a_mark_is_told_in_one_line(poet):
    for mark in "，。":
        words = [word for word in VERSE.words if word != mark]
        lacking = Generator(poet.model, PoemVocabulary(words), poet.sampling)
        for plan in (Plan(heads="山水"), planned(form=FORMS[0])):
            with pytest.raises(PoetryError, match=f"does not know the mark {mark}"):
                list(lacking.compose(plan, 1, 1))


def test_a_rhyme_is_not_the_last_character_of_line_one(poet):
    rhyme = Rhyme(Lexicon(VERSE), planned(form=FORMS[0], start="月水花云雨", rhyme="东").schemes)
    history = VERSE.encode("月水花云风，山春海月").tolist()  # as if 风 were an oblique end
    scores = ruled(rhyme, history, np.zeros(len(VERSE)))
    assert scores[VERSE.word2ix["风"]] == -np.inf and scores[VERSE.word2ix["空"]] == 0


def test_repetition_is_rare_but_for_doublings(poet, monkeypatch):
    def repeated():
        lines = [poem.lines for poem in poet.compose(planned(form=FORMS[0]), 100, 4)]
        doubled = sum(a == b for poem in lines for line in poem for a, b in itertools.pairwise(line))
        return np.mean([len(set("".join(poem))) < 20 for poem in lines]), doubled

    rarely, doubled = repeated()
    monkeypatch.setattr("poetry.composing.constraints.REPETITION_COST", 0.0)
    often, _ = repeated()
    assert rarely < 0.8 * often and doubled > 1


@pytest.mark.parametrize(
    ("form", "text", "character", "cost"),
    [
        ("free", "山", "山", DOUBLING_COST),
        ("free", "山", "春", 0),
        ("free", "山春", "山", REPETITION_COST),
        ("free", "山春", "春", REPETITION_COST),  # the third of a line begins a foot
        ("free", "山春花", "花", DOUBLING_COST),
        ("free", "山春酒", "酒", REPETITION_COST),  # verse has no 酒酒
        ("free", "山春花月", "月", DOUBLING_COST),
        ("free", "山春花月雨，江水云夜", "夜", DOUBLING_COST),
        ("free", "山春花月雨江水，东风云夜", "夜", REPETITION_COST),  # so does the fifth of seven
        ("free", "山春花月雨江水，东风云", "云", DOUBLING_COST),
        ("qijue", "山春花月", "月", REPETITION_COST),
        ("wujue", "山春花月", "月", DOUBLING_COST),
        ("free", "山，", "山", REPETITION_COST),
        ("free", "山，", "，", 0),
    ],
)
def test_repetition_costs_more_than_a_doubling_within_a_foot(form, text, character, cost):
    feet = None if form == "free" else Feet(planned(form=find_form(form)).schemes)
    scores = ruled(Repetition(Lexicon(VERSE), feet), VERSE.encode(text), np.zeros(len(VERSE)))
    assert scores[VERSE.word2ix[character]] == -cost


@pytest.mark.parametrize(
    ("text", "gained", "lost"),
    [
        ("月水花", "", ""),
        ("月水花云雨，山春海月", LEVEL_WORDS, ""),
        ("月水花云雨，山春海", "", ""),
        ("月水花云雨，山春海月风", "", ""),
        ("月水花云雨，山春海月风。月水花云", "", ""),
        ("月水花云雨，山春海月风。月水花云雨，山春海月", "东空红中同公通工功宫穷", ""),
        ("月水花云雨，山春海月夜。月水花云雨，山春海月", "", "夜"),  # no other word of its group is known
    ],
)
def test_even_lines_of_free_verse_are_drawn_to_the_rhyme_of_the_second(text, gained, lost):
    scores = ruled(FreeRhyme(Lexicon(VERSE)), VERSE.encode(text), np.zeros(len(VERSE)))
    assert {VERSE.words[ix] for ix in np.nonzero(scores == RHYME_GAIN)[0]} == set(gained)
    assert {VERSE.words[ix] for ix in np.nonzero(scores < 0)[0]} <= set(lost)


def test_an_acrostic_rhymes(poet, monkeypatch):
    def rhymed():
        poems = list(poet.compose(planned(acrostic="山月花雨春水"), 100, 2))
        ends = [[line[-1] for line in poem.lines[1::2]] for poem in poems]
        groups = [set(map(readings.dominant_group, end)) for end in ends]
        return np.mean([len(found) == 1 for found in groups])

    with_gain = rhymed()
    monkeypatch.setattr("poetry.composing.constraints.RHYME_GAIN", 0.0)
    assert with_gain > 0.5 > 0.3 > rhymed()


def test_never_three_in_a_row():
    forbidden = Triples(Lexicon(VERSE))
    for history, third in (
        ("山山", True),
        ("山，山。", True),
        ("山", False),
        ("山春", False),
        ("山春山", False),
    ):
        scores = ruled(forbidden, VERSE.encode(history), np.zeros(len(VERSE)))
        assert (scores[VERSE.word2ix["山"]] == -np.inf) == third, history
        assert (scores == -np.inf).sum() == third


@contextlib.contextmanager
def fond_of(poet, character, logit):
    """The poet with a higher logit for a character."""
    bias = poet.model.output.bias
    before = bias.numpy()
    fond = before.copy()
    fond[VERSE.word2ix[character]] += logit
    bias.set_value(fond)
    try:
        yield poet
    finally:
        bias.set_value(before)


@pytest.mark.parametrize("asked", [{}, {"form": FORMS[0]}, {"acrostic": "春江"}])
def test_all_verse_is_without_three_in_a_row(poet, asked):
    with fond_of(poet, "山", 5.0):
        texts = [poem.unbroken for poem in poet.compose(planned(**asked), 20, 1)]
    assert not any(map(triples, texts)) and any("山山" in text for text in texts)


def test_drafts_with_three_in_a_row_about_a_head_come_last(poet):
    plan = planned(acrostic="山山山山")
    with fond_of(poet, "山", 4.0):
        found = [
            sum(triples(poem.unbroken) for poem in poet.compose(plan, 20, 1, candidates))
            for candidates in (1, 8)
        ]
    assert found[0] > 0 == found[1]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rhyme": "东"}, "--rhyme needs a form"),
        ({"tones": False}, "--no-tones needs a form"),
        ({"form": FORMS[0], "start": "月水雨花江"}, "--start: the model knows 1 characters that rhyme in 江"),
        (
            {"form": FORMS[0], "rhyme": "江"},
            "--rhyme 江: the model knows 1 characters that rhyme in 江, a wujue 五绝 needs 3",
        ),
        ({"form": FORMS[0], "acrostic": "春风花"}, "--acrostic has 3 characters, a wujue 五绝 has 4 lines"),
        ({"form": FORMS[2], "acrostic": "春风花山"}, "--acrostic has 4 .* wulu 五律 has 8 lines"),
        (
            {"form": FORMS[0], "start": "春风花月云雨"},
            "line 1 has 6 characters, those of a wujue 五绝 have 5",
        ),
        ({"form": FORMS[1], "start": "春风花月云，山"}, "line 1 has 5 characters, .* qijue 七绝 have 7"),
        ({"form": FORMS[0], "start": "山。" * 5}, "--start has 5 lines, a wujue 五绝 has 4"),
        ({"form": FORMS[0], "start": "山" * 25}, "--start has 25 characters, at most 24"),
    ],
)
def test_what_no_form_can_keep_is_said_in_one_line(options, says):
    with pytest.raises(PoetryError, match=says) as error:
        planned(**options)
    assert "\n" not in str(error.value)


# Mood


def test_mood_strength_strengthens_a_prefix_and_nothing_else(generator):
    plan = Plan(prefix="江河。", max_gen_len=30)
    assert texts(generator, plan, 6) != texts(generator, dataclasses.replace(plan, mood_strength=2.0), 6)
    no_prefix = Plan(max_gen_len=30)
    assert texts(generator, no_prefix, 6) == texts(
        generator, dataclasses.replace(no_prefix, mood_strength=2.0), 6
    )


def test_a_strong_mood_is_that_of_both_prompts_alone(model):
    """At temperature 0, step by step: the model after the prefix against the model without it."""
    plan = Plan(start="春", prefix="江湖。", mood_strength=1.5, max_gen_len=10)
    generator = Generator(model, VOCABULARY, Sampling(temperature=0))
    (poem,) = generator.compose(plan, 1, 0)

    def scores(history):
        prompts = [[VOCABULARY.start, *VOCABULARY.encode("江湖。")], [VOCABULARY.start]]
        read = [model(paddle.to_tensor([[*prompt, *history]]))[0][0, -1:].numpy() for prompt in prompts]
        moods, totals = np.array(read), np.array([log_total(logits) for logits in read])
        return contrasted(moods, totals, 1.5, VOCABULARY.unspoken_ids())[0]

    assert_is_all_but_an_open_line(verse(poem), likeliest("春", 10, scores))


def test_poem_k_is_the_same_whatever_leaves_the_batch(generator, monkeypatch):
    plan = Plan(prefix="江湖。", mood_strength=1.0, max_gen_len=40)
    together = texts(generator, plan, 30)
    assert len({len(text) for text in together}) > 3
    monkeypatch.setattr("poetry.composing.generator.ROWS", 1)
    assert texts(generator, plan, 30) == together


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (
            ["山水，花月开。", "山水，花月来。", "山水，风雨开。", "山水，江海深。"],
            [[0], [0, 2], [0, 2, 3], [0, 1, 2, 3]],
        ),
        (["山水，花开。", "山水，花来。", "山水，花去。"], [[0], [0, 1], [0, 1, 2]]),  # of one open place
        (["山水。"], [[0], [0]]),
        ([], [[]]),
    ],
)
def test_answers_that_are_much_like_a_better_one_are_taken_only_where_others_lack(texts, kept):
    assert [_various(texts, count) for count in range(1, len(kept) + 1)] == kept

import functools
import itertools

import numpy as np
import paddle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poetry import generator as composing
from poetry.constraints import Acrostic, Punctuation
from poetry.errors import PoetryError
from poetry.form import MARKS, is_well_formed, verse_lines
from poetry.generator import Generator, make_plan
from poetry.model import Architecture, PoetryModel
from poetry.sampling import Sampling, log_probabilities
from poetry.vocab import EOP, PAD, START, Vocabulary

CHARACTERS = "春夏秋冬风花雪月山水云雨江河湖海"
Plan = functools.partial(composing.Plan, max_gen_len=128)
VOCABULARY = Vocabulary([*MARKS, *CHARACTERS, EOP, START, PAD])


@pytest.fixture(scope="module")
def model():
    """A model of random weights, whose marks and ends are likely enough to come."""
    paddle.seed(11)
    model = PoetryModel(Architecture(len(VOCABULARY), 8, 12, 2))
    model.initialise(11)
    bias = model.output.bias.numpy()
    bias[: len(MARKS)] += 1.0
    bias[VOCABULARY.eop] += 1.0
    model.output.bias.set_value(bias)
    return model


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
    monkeypatch.setattr("poetry.generator._ROWS", 3)
    assert texts(generator, plan, 12) == many


def test_temperature_zero_is_the_likeliest_character(model):
    plan = Plan(start="春", max_gen_len=12)
    generator = Generator(model, VOCABULARY, Sampling(temperature=0))
    (poem,) = generator.compose(plan, 1, 0)
    assert texts(generator, plan, seed=5) == [poem.text]
    history = [VOCABULARY.word2ix["春"]]
    punctuation = Punctuation(VOCABULARY)
    while len(history) < 12:
        logits = model(paddle.to_tensor([[VOCABULARY.start, *history]]))[0][0, -1].numpy()
        best = int(punctuation(history, logits.copy()).argmax())
        if best == VOCABULARY.eop:
            break
        history.append(best)
    written = VOCABULARY.decode(history)
    assert written.startswith(poem.text.replace("\n", "").rstrip(MARKS))


def test_logprob_is_that_of_the_bare_model(model):
    """A start is given, not chosen; marks and constraints do not change the measure."""
    generator = Generator(model, VOCABULARY, Sampling(0.5, 5, 0.9))
    (poem,) = generator.compose(Plan(prefix="月。", start="山水", max_gen_len=12), 1, 4)
    text = poem.text.replace("\n", "")
    ids = [VOCABULARY.start, *VOCABULARY.encode("月。" + text)]
    logits = model(paddle.to_tensor([ids]))[0][0].numpy()
    first = 1 + len("月。山水")
    scores = log_probabilities(logits[first - 1 : -1], np.array(ids[first:]))
    assert poem.logprob == pytest.approx(scores.mean(), rel=1e-4)


def test_nothing_chosen_has_no_logprob(generator):
    class Forced(Acrostic):
        def forced(self, history):
            return self._heads[0] if not history else self._period

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


def test_a_poem_is_never_longer_than_asked(generator):
    for text in texts(generator, Plan(max_gen_len=9), 30):
        assert len(text.replace("\n", "")) <= 10  # a mark may be added to end the last line


@settings(max_examples=25, deadline=None)
@given(
    heads=st.text(alphabet=CHARACTERS, min_size=1, max_size=32),
    seed=st.integers(0, 2**32 - 1),
    prefix=st.sampled_from(["", "江河湖海。"]),
)
def test_every_head_opens_its_line_and_all_lines_are_equal(generator, heads, seed, prefix):
    (poem,) = generator.compose(Plan(prefix=prefix, heads=heads), 1, seed)
    assert "".join(line[0] for line in poem.lines) == heads
    assert {len(line) for line in poem.lines} <= {5, 7} and len({len(line) for line in poem.lines}) == 1
    assert poem.text[-1] == "。" and (len(heads) % 2 or is_well_formed(poem.text.replace("\n", "")))


def test_an_acrostic_may_begin_with_a_start(generator):
    plan = make_plan(VOCABULARY, 128, "春风花雪，夏云", None, "春夏秋冬")
    (poem,) = generator.compose(plan, 1, 3)
    assert poem.text.startswith("春风花雪，夏云")
    assert [line[0] for line in poem.lines] == list("春夏秋冬") and {len(line) for line in poem.lines} == {4}


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), length=st.integers(2, 60), start=st.text(alphabet=CHARACTERS, max_size=9)
)
def test_whatever_is_composed_is_printed_in_order(generator, seed, length, start):
    (poem,) = generator.compose(Plan(start=start, max_gen_len=max(length, len(start) + 1)), 1, seed)
    lines = poem.text.split("\n")
    assert poem.text.replace("\n", "").startswith(start) or "".join(poem.lines).startswith(start)
    for line in lines:
        assert line[-1] in "。？！；" and line[0] not in MARKS
        assert not any(a in MARKS and b in MARKS for a, b in itertools.pairwise(line))
    assert not any(token in poem.text for token in (EOP, START, PAD))


def test_constraints_that_leave_nothing_are_named(generator, monkeypatch):
    monkeypatch.setattr(Punctuation, "__call__", lambda self, history, scores: np.copyto(scores, -np.inf))
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
        ({"start": "春天"}, "天 .* at position 2"),
        ({"prefix": ""}, "--prefix is empty"),
        ({"prefix": "春" * 1001}, "--prefix has 1001 characters"),
        ({"acrostic": ""}, "--acrostic has 0 characters"),
        ({"acrostic": "春" * 33}, "--acrostic has 33 characters; give 1 to 32"),
        ({"acrostic": "春，风"}, "， at position 2 is a mark"),
        ({"acrostic": "春风", "start": "月山"}, "line 1 begins with 月, the acrostic asks for 春"),
        ({"acrostic": "春风", "start": "春山，花雪"}, "line 2 begins with 花, the acrostic asks for 风"),
        ({"acrostic": "春", "start": "春山，花雪"}, "--start has 2 lines, the acrostic 1 heads"),
        ({"start": "<EOP>"}, "does not know <"),
    ],
)
def test_what_cannot_be_met_is_said_in_one_line(options, says):
    with pytest.raises(PoetryError, match=says) as error:
        make_plan(VOCABULARY, 128, **options)
    assert "\n" not in str(error.value)


def test_typed_text_is_normalised():
    plan = make_plan(VOCABULARY, 128, "春 風,", "雲月", "春\n山")
    assert plan == Plan(prefix="云月。", start="春风，", heads="春山")


def test_lines_of_a_poem(generator):
    (poem,) = generator.compose(Plan(heads="春夏秋"), 1, 0)
    assert poem.lines == verse_lines(poem.text.replace("\n", "")) and len(poem.lines) == 3

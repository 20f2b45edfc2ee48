"""Ci are composed as poems are: by places, tones and rhymes of a scheme, whatever the network says."""

import numpy as np
import paddle
import pytest
from plain import plan_of

from poetry.base.errors import PoetryError
from poetry.composing.generator import Generator
from poetry.composing.metre import _rhymes
from poetry.composing.sampling import Sampling
from poetry.learning.model import make_model
from poetry.learning.network import Architecture
from poetry.text.poem_vocabulary import EOP, PAD, START, PoemVocabulary
from poetry.verse.ci import check_ci
from poetry.verse.form import FORMS, MARKS, PAUSE
from poetry.verse.readings import readings_table
from poetry.verse.tunes import find_tune

COMMON = [character for character in readings_table() if "一" <= character <= "鿿"][::9]
GIVEN = "一曲新词酒一杯明月几时有把酒问青天春江花月夜山水风人"
WORDS = list(dict.fromkeys([*GIVEN, *COMMON]))


def vocabulary(*marks):
    return PoemVocabulary([*marks, *WORDS, EOP, START, PAD])


PLAIN, PAUSED = vocabulary(*MARKS), vocabulary(*MARKS, PAUSE)


def generator(words):
    paddle.seed(3)
    model = make_model(Architecture(len(words), 6, 8, 1))
    model.initialise(3)
    return Generator(model, words, Sampling(1.0, 0, 1.0))


def composed(words, name, count=3, **asked):
    plan = plan_of(words, 128, form=find_tune(name), **asked)
    return [poem.text for poem in generator(words).compose(plan, count, 7)]


@pytest.mark.parametrize("words", [PLAIN, PAUSED], ids=["plain", "with pauses"])
@pytest.mark.parametrize(
    "name", ["浣溪沙", "菩萨蛮", "西江月", "如梦令", "忆秦娥", "满江红", "水调歌头", "洞仙歌"]
)
def test_every_ci_keeps_lines_tones_rhymes_and_repetitions(words, name):
    for text in composed(words, name):
        report = check_ci(text.replace("\n", ""), find_tune(name))
        assert not report.faults and {note.name for note in report.notes} <= {"变体"}
        assert (PAUSE in text) <= (words is PAUSED)


def test_stanzas_stand_apart():
    (text,) = composed(PLAIN, "浣溪沙", 1, start="一曲新词酒一杯")
    first, second = text.split("\n\n")
    assert [len(line) for line in first.split("\n")] == [8, 8, 8] and len(second.split("\n")) == 2


def test_a_start_takes_the_marks_of_the_tune():
    plan = plan_of(PLAIN, 128, form=find_tune("水调歌头"), start="明月几时有。把酒问青天，")
    assert plan.start == "明月几时有，把酒问青天。"
    (text,) = composed(PLAIN, "水调歌头", 1, start="明月几时有 把酒问青天")
    assert text.startswith("明月几时有，把酒问青天。\n")


def test_an_acrostic():
    (text,) = composed(PLAIN, "浣溪沙", 1, acrostic="春江花月夜山")
    lines = text.replace("\n", "").replace("。", "，").split("，")
    assert "".join(line[:1] for line in lines) == "春江花月夜山"


def test_the_rhyme_that_is_asked_for():
    for text in composed(PLAIN, "浣溪沙", 2, rhyme="东"):
        assert check_ci(text.replace("\n", ""), find_tune("浣溪沙")).rhymes == [1]
    for text in composed(PLAIN, "忆秦娥", 2, rhyme="月"):
        assert check_ci(text.replace("\n", ""), find_tune("忆秦娥")).rhymes == [18]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"start": "一曲新词，酒一杯"}, "--start: line 1 has 4 characters; the lines of 浣溪沙 have 7 7"),
        ({"acrostic": "春江"}, "--acrostic has 2 characters, 浣溪沙 has 6/8 lines"),
        (
            {"acrostic": "春江花月夜山", "start": "一曲"},
            "--start: line 1 begins with 一, the acrostic asks for 春",
        ),
        ({"rhyme": "屋"}, "--rhyme 屋: 浣溪沙 has level rhymes"),
        ({"start": "一" * 100}, "--start has 100 characters, at most 96 are taken"),
    ],
)
def test_what_no_variant_allows_is_refused_in_a_line(asked, says):
    with pytest.raises(PoetryError) as caught:
        plan_of(PLAIN, 128, form=find_tune("浣溪沙"), **asked)
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_a_model_of_few_rhymes_is_refused():
    few = PoemVocabulary([*MARKS, *dict.fromkeys(GIVEN), EOP, START, PAD])
    with pytest.raises(
        PoetryError, match="characters that rhyme in group 14 of the 词林正韵, 浣溪沙 needs 5"
    ):
        plan_of(few, 128, form=find_tune("浣溪沙"), rhyme="咸")


def test_a_form_has_level_rhymes():
    with pytest.raises(PoetryError, match="'纸' is no level rhyme group"):
        plan_of(PLAIN, 128, form=FORMS[0], rhyme="纸")


@pytest.mark.parametrize("group", ["质", "屋", "觉"])
def test_an_entering_group_is_refused_by_a_tune_of_level_rhymes(group):
    with pytest.raises(
        PoetryError, match=f"^--rhyme {group}: 浣溪沙 has level rhymes, {group} is an entering group"
    ):
        plan_of(PLAIN, 128, form=find_tune("浣溪沙"), rhyme=group)


def test_the_first_line_of_a_tune_does_not_end_at_its_pause():
    """The end of the first line is not repeated by a rhyme: in 八声甘州 it is the eighth character."""
    schemes = plan_of(PAUSED, 128, form=find_tune("八声甘州")).schemes
    first = next(ix for ix, place in enumerate(schemes[0].places) if place.rhyme)
    rhymes = _rhymes(schemes[0], np.array([], int))
    end = max(ix for ix, place in enumerate(schemes[0].places) if place.line == 0 and not place.marks)
    assert schemes[0].places[3].marks == PAUSE and first > end
    assert end in rhymes[first].others and 2 not in rhymes[first].others

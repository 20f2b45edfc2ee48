"""The composer, as other programs use it."""

import hashlib
import json
from dataclasses import replace

import pytest
from conftest import run
from plain import scheduled

from generate import generate
from poetry import Composer
from poetry.base.errors import PoetryError
from poetry.composing.asked import Asked
from poetry.text.tokens import Characters

FEW = {"candidates": 2}


@pytest.fixture(scope="module")
def composer(small_model):
    return Composer.load(small_model)


@pytest.mark.parametrize(
    "asked",
    [
        {"form": "七绝", "start": "春江"},
        {"form": "qijue", "acrostic": "春江花月", "traditional": True, "title": True},
        {"form": "浣溪沙", "title": True},
        {"start": "春", "prefix": "江湖", "temperature": 0.3, "max_gen_len": 40},
        {"couplet": "春风又绿江南岸"},
    ],
)
def test_the_script_and_the_library_compose_the_same(composer, small_model, asked):
    options = [
        part for name, value in asked.items() for part in ([f"--{name}"] + [value] * (value is not True))
    ]
    result = run(
        generate, "--model_path", small_model, "--candidates", 2, "--seed", 5, "--num", 2, "--json", *options
    )
    assert result.exit_code == 0, result.output
    for line, poem in zip(result.stdout.splitlines(), composer.poems(2, 5, **FEW, **asked), strict=True):
        told = json.loads(line)
        assert (told["text"], told["lines"], told["seed"]) == (poem.text, poem.lines, poem.seed)
        assert {"logprob": told["logprob"], "parts": told["parts"]} == poem.judged()
        assert told.get("title", "") == poem.title and bool(poem.title) == ("title" in asked)


def test_one_poem_is_the_first_of_its_seed(composer):
    first, second = composer.poems(2, 7, form="五绝", **FEW)
    alone = composer.compose(7, form="wujue", **FEW)
    assert alone.text == first.text and alone.logprob == pytest.approx(first.logprob)
    assert (first.number, second.number) == (0, 1) and first.text != second.text


def test_a_seed_that_is_drawn_is_told(composer):
    poem = composer.compose(form="五绝", **FEW)
    assert composer.compose(poem.seed, form="五绝", **FEW).text == poem.text


def test_notes_and_faults_are_told(composer):
    poem = composer.compose(1, form="五绝", start="嘅春春春春", **FEW)
    assert any(note.startswith("the model does not know 嘅; it reads") for note in poem.notes)
    assert any("breaks a rule and is kept: 失律" in note for note in poem.notes)
    assert any(fault.line == 1 for fault in poem.faults)


def test_the_card_holds_what_there_is_to_know(composer, small_model):
    poem = composer.compose(3, form="七绝", acrostic="春江花月", traditional=True, **FEW)
    card = json.loads(json.dumps(poem.card()))
    assert card["model"] == composer.model_hash == hashlib.sha256(small_model.read_bytes()).hexdigest()
    assert card["asked"] == {"form": "qijue", "acrostic": "春江花月", "traditional": True, "candidates": 2}
    assert (card["text"], card["seed"], card["number"], card["title"]) == (poem.text, 3, 0, "")
    assert (card["form"], card["form_name"], card["stanzas"], card["faults"]) == ("qijue", "七绝", [4], [])
    given = [[character["given"] for character in line["characters"]] for line in card["lines"]]
    assert given == [[True] + [False] * 6] * 4
    assert {"logprob", "parts", "notes", "rhyme"} < card.keys()


@pytest.mark.parametrize(
    "asked",
    [{"form": "七绝", "tones": False}, {"form": "浣溪沙"}, {"couplet": "春风又绿江南岸"}, {"theme": None}],
)
def test_a_card_is_composed_again(composer, asked):
    for poem in list(composer.poems(3, 11, **FEW, **asked)):
        card = json.loads(json.dumps(poem.card()))
        assert composer.verify(card).same
        other = card["text"][:-2] + "春" * 2
        verdict = composer.verify(card | {"text": other})
        assert not verdict.same and f"from character {len(''.join(other.split())) - 1} on" in verdict.reason
    assert not composer.verify(card | {"seed": 12}).same
    assert not composer.verify(card | {"number": 7}).same
    assert composer.verify(card | {"model": "0" * 64}).reason == "another model composed it"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": 3}, "the card has no text"),
        ({"asked": []}, "the card has no asked"),
        ({"asked": {"forms": 1}}, "there is no option 'forms'"),
        ({"seed": -1}, "--seed -1"),
        ({"number": 2**31}, "--number 2147483648"),
        ({"number": True}, "--number True"),
    ],
)
def test_what_is_no_card(composer, change, says):
    card = composer.compose(1, **FEW).card() | change
    with pytest.raises(PoetryError, match=says):
        composer.verify(card)
    with pytest.raises(PoetryError, match="the card has no text"):
        composer.verify([])


def test_what_is_refused_is_refused_at_once(composer):
    with pytest.raises(PoetryError, match="--start is empty"):
        composer.poems(1, start="")
    with pytest.raises(PoetryError, match="--num 0"):
        composer.poems(0)
    with pytest.raises(PoetryError, match="does not exist"):
        Composer.load("nothing")


def test_nothing_that_is_asked_is_left_out(composer):
    """Every field of Asked reaches the plan, the sampling or the text."""
    plain = composer.plan(Asked(form=Asked.form))
    for change in (
        {"start": "春"},
        {"prefix": "春"},
        {"acrostic": "春"},
        {"mood_strength": 2.0},
        {"max_gen_len": 9},
    ):
        assert composer.plan(Asked(**change)) != plain
    assert Asked(temperature=0.1, top_k=2, top_p=0.5).sampling != Asked().sampling


def test_a_model_of_other_text_is_refused(composer):
    with pytest.raises(PoetryError, match="is a model of other text"):
        Composer(replace(composer.model, vocabulary=Characters(["春"])))


REVISED = "春江花月夜，？？？？？。江海？？？，山月照春？。"


def test_a_poem_is_revised(composer, small_model):
    poems = list(composer.revise(REVISED, num=3, seed=2, form="五绝", **FEW))
    assert 1 < len({poem.text for poem in poems}) == len(poems) <= 3
    options = ["--model_path", small_model, "--candidates", 2, "--seed", 2, "--form", "wujue"]
    result = run(generate, *options, "--num", 3, "--revise", REVISED.replace("？", "?"))
    assert result.stdout == "\n\n".join(poem.text for poem in poems) + "\n"
    for poem in poems:
        assert poem.lines[0] == "春江花月夜" and poem.lines[2][:2] == "江海"
        lines = [line["characters"] for line in poem.card()["lines"]]
        assert [sum(place["given"] for place in line) for line in lines] == [5, 0, 2, 4]
        assert composer.verify(poem.card()).same
    (kept,) = composer.revise(poems[0].text, keep=(1, 3), seed=2, form="五绝", **FEW)
    assert [kept.lines[ix] == poems[0].lines[ix] for ix in (0, 2)] == [True, True]


def test_the_first_of_very_many_poems_does_not_wait_for_the_others(composer):
    first = next(composer.poems(2**31 - 1, 3, form="五绝", **FEW))
    assert first.text == composer.compose(3, form="五绝", **FEW).text


def test_a_scheduler_revises_the_same(composer):
    asked = Asked.of({"revise": REVISED, "form": "五绝", **FEW})
    found = scheduled(composer.request(asked, 3, 2), composer)
    wanted = list(composer.revise(REVISED, num=3, seed=2, form="五绝", **FEW))
    assert [(poem.text, poem.number) for poem in found] == [(poem.text, poem.number) for poem in wanted]
    assert found[0].asked == asked == wanted[0].asked
    (order,) = composer.request(asked, 1, 2, found[1].number).orders
    assert (order.number, order.candidates) == (found[1].number // 2, 2)  # its group


def test_fewer_revisions_are_told(small_model):
    options = ["--model_path", small_model, "--candidates", 1, "--temperature", 0, "--seed", 2]
    result = run(generate, *options, "--num", 3, "--revise", REVISED)
    assert len(result.stdout.splitlines()) == 2
    assert "--num 3: no more than 1 different ones were found" in result.stderr


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"keep": "1 2"}, "--keep needs --revise"),
        ({"revise": REVISED, "start": "春"}, "--start does not go with --revise"),
        ({"revise": REVISED, "couplet": "春江花月夜"}, "--revise does not go with --couplet"),
    ],
)
def test_what_does_not_go_with_a_revision(asked, says):
    with pytest.raises(PoetryError, match=says):
        Asked(**asked)


@pytest.mark.parametrize("asked", [{"couplet": "春风又绿江南岸"}, {"revise": REVISED}])
def test_more_answers_than_can_be_kept_are_refused(composer, asked):
    with pytest.raises(
        PoetryError, match="^--num 1001: at most 1000 (answers|revisions) are composed together$"
    ):
        composer.poems(1001, 1, **asked)
    assert composer.request(Asked(**asked), 1000, 1).num == 1000


def test_numbers_of_lines_that_can_be_read_only_once_are_refused(composer):
    with pytest.raises(PoetryError, match="^--keep .*: the numbers of lines are wanted$"):
        next(composer.revise(REVISED, keep=iter([1, 2])))

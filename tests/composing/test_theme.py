"""A theme: what the model is told before the poem begins."""

import functools
import json

import numpy as np
import pytest
from conftest import CORPUS, one_line_error, run, train_small

from generate import generate
from poetry.composing.plan import make_plan
from poetry.learning import checkpoint
from poetry.text import poem_data
from poetry.text.poem_vocabulary import SPECIAL, TITLE, PoemVocabulary
from poetry.verse.form import find_form
from prepare import prepare

VOCABULARY = PoemVocabulary([*"，。春秋思乡五绝", *SPECIAL, TITLE])


@pytest.fixture(scope="module")
def told_model(tmp_path_factory):
    """A small model that has learned with headings."""
    folder = tmp_path_factory.mktemp("told")
    made = run(prepare, "--source", CORPUS, "--data_path", folder / "poems.npz", "--headings")
    assert made.exit_code == 0, made.output
    result = train_small(folder / "poems.npz", folder, "--epoch", 2)
    assert result.exit_code == 0, result.output
    return folder / "checkpoints" / "model.params.2"


def compose(model, *options):
    result = run(generate, "--model_path", model, "--seed", 3, "--json", *options)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("typed", ["秋 思乡", "秋，思乡", " 秋、 思鄉 ", "秋;思乡"])
def test_the_words_of_a_theme(typed):
    assert make_plan(VOCABULARY, 100, theme=typed).theme == ("秋", "思乡")


def test_a_form_is_named_to_a_model_that_takes_headings():
    form = find_form("wujue")
    assert make_plan(VOCABULARY, 100, form=form).name == "五绝"
    assert make_plan(PoemVocabulary([*"，。春秋", *SPECIAL]), 100, form=form).name == ""


def test_a_theme_changes_the_poem_and_mood_strength_how_much(told_model):
    options = ("--form", "wujue", "--acrostic", "春江花月", "--rhyme", "东")
    theme = ("--theme", "春 江")
    bare, themed, weaker = (
        compose(told_model, *options, *more)
        for more in ((), (*theme, "--mood_strength", 10), (*theme, "--mood_strength", 0))
    )
    assert len({poem["text"] for poem in (bare, themed, weaker)}) == 3
    assert [line[0] for line in themed["lines"]] == [*"春江花月"] and themed["logprob"] != bare["logprob"]


def test_a_theme_counts_twice_as_much_as_a_prefix():
    plan = functools.partial(make_plan, VOCABULARY, 100, mood_strength=1.5)
    assert plan(prefix="春江水").contrast == 1.5
    assert plan(theme="春").contrast == plan(theme="春", prefix="春江水").contrast == 3.0
    assert plan().contrast == plan(theme="春", mood_strength=0.0).contrast == 0.0


def test_the_theme_stands_before_prefix_and_start(told_model):
    loaded = checkpoint.load_model(told_model)
    plan = make_plan(loaded.vocabulary, 100, start="春", prefix="江水", theme="花", form=find_form("qijue"))
    assert (plan.name, plan.theme, plan.prefix, plan.start) == ("七绝", ("花",), "江水。", "春")
    assert compose(told_model, "--theme", "花", "--prefix", "江水", "--start", "春")["text"].startswith("春")


@pytest.mark.parametrize(
    ("theme", "reason"),
    [
        ("", "0 words"),
        ("，", "0 words"),
        ("春 江 水 花 月", "5 words"),
        ("春江水花月", "5 characters"),
        ("春X", "X"),
    ],
)
def test_themes_that_cannot_be_taken(told_model, theme, reason):
    error = one_line_error(run(generate, "--model_path", told_model, "--theme", theme))
    assert "--theme" in error and reason in error


def test_a_model_without_headings_takes_no_theme(small_model):
    assert "has not learned" in one_line_error(run(generate, "--model_path", small_model, "--theme", "春"))


def test_training_reads_headings(told_model):
    data = poem_data.load(told_model.parent.parent / "poems.npz")
    with_heading = [row for row in data.data if (row == data.vocabulary.title).any()]
    assert len(with_heading) > 40 and np.all(data.data[:, -1] == data.vocabulary.eop)

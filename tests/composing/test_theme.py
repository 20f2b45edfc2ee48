"""A theme: what the model is told before the poem begins."""

import functools
import json
from importlib import resources

import numpy as np
import pytest
from conftest import CORPUS, one_line_error, run, train_small
from plain import plan_of, scheduled

from generate import generate
from poetry import Composer
from poetry.base.errors import PoetryError
from poetry.base.folders import BUNDLED
from poetry.composing.asked import Asked
from poetry.composing.plan import CONTEXT_GAIN
from poetry.composing.theme import typed_theme
from poetry.learning import checkpoint
from poetry.text import poem_data
from poetry.text.poem_vocabulary import SPECIAL, TITLE, PoemVocabulary
from poetry.text.themes import themes
from poetry.verse.form import find_form
from prepare import prepare

VOCABULARY = PoemVocabulary([*"，。春秋思乡五绝", *SPECIAL, TITLE])
NATURE = PoemVocabulary([*"，。春玉雨鳥病青水", *SPECIAL, TITLE])  # 鳥: a word that it has in another script


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


@pytest.mark.parametrize("typed", ["秋 思乡", "秋，思乡", " 秋、 思鄉 ", "秋;思乡", "秋!思乡：", "？秋:思乡"])
def test_the_words_of_a_theme(typed):
    assert plan_of(VOCABULARY, 100, theme=typed).theme.shown == ("秋", "思乡")


def test_a_form_is_named_to_a_model_that_takes_headings():
    form = find_form("wujue")
    assert plan_of(VOCABULARY, 100, form=form).name == "五绝"
    assert plan_of(PoemVocabulary([*"，。春秋", *SPECIAL]), 100, form=form).name == ""


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
    plan = functools.partial(plan_of, VOCABULARY, 100, mood_strength=2.0)
    assert plan(prefix="春江水").contrast == 2.0
    assert plan(theme="春").contrast == plan(theme="春", prefix="春江水").contrast == 4.0
    assert plan().contrast == plan(theme="春", mood_strength=0.0).contrast == CONTEXT_GAIN
    assert not plan().strengthened and not plan(theme="春", mood_strength=0.0).strengthened


def test_the_theme_stands_before_prefix_and_start(told_model):
    loaded = checkpoint.load_model(told_model)
    plan = plan_of(loaded.vocabulary, 100, start="春", prefix="江水", theme="花", form=find_form("qijue"))
    assert (plan.name, plan.theme.read, plan.prefix, plan.start) == ("七绝", ("花",), "江水。", "春")
    assert compose(told_model, "--theme", "花", "--prefix", "江水", "--start", "春")["text"].startswith("春")


@pytest.mark.parametrize(
    ("theme", "reason"),
    [
        ("", "--theme is empty; give it"),
        ("，", "--theme is empty; give it"),
        ("……‼", "--theme is empty; give it"),
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


@pytest.mark.parametrize(
    ("typed", "read", "stand_ins"),
    [
        ("雯", ("雨",), {"雯": "雨"}),
        ("春玥", ("春玉",), {"玥": "玉"}),
        ("鸲 痧", ("鳥", "病"), {"鸲": "鳥", "痧": "病"}),
        ("鴝", ("鳥",), {"鴝": "鳥"}),
        ("璐琦 玉玥 玥玉", ("玉", "玉", "玉"), {"璐": "玉", "琦": "玉", "玥": "玉"}),
        ("青青玥", ("青青玉",), {"玥": "玉"}),  # what is known may come twice
        ("乒春丽", ("春",), {"乒": "", "丽": ""}),  # the radicals tell nothing
        ("春鲈", ("春",), {"鲈": ""}),  # 鱼 is not known either
        ("〇春", ("春",), {"〇": ""}),
        ("𩵋春，𩇔", ("春", "雨"), {"𩵋": "", "𩇔": "雨"}),  # outside the basic plane
        ("春", ("春",), {}),
    ],
)
def test_what_the_model_does_not_know_is_read_by_its_radical(typed, read, stand_ins):
    theme = typed_theme(NATURE, typed)
    assert (theme.read, theme.stand_ins) == (read, stand_ins)
    assert "".join(theme.shown) == typed.replace(" ", "").replace("，", "")
    assert len(theme.notes) == len(stand_ins)


def test_it_is_said_what_is_read_and_what_is_left_out():
    plan = plan_of(NATURE, 100, theme="雯 春乒", start="雯")
    assert plan.theme.read == ("雨", "春") and plan.start == "春"
    assert plan.notes == (
        "the model does not know 雯; it reads 春 in its place",  # in the start, by its rhyme
        "the model does not know 雯; in the theme it reads 雨, by its radical",
        "the model does not know 乒; it is left out of the theme",
    )
    assert not plan_of(NATURE, 100, theme="春").notes


def test_the_associates_of_a_theme_are_those_of_what_is_shown_or_else_read():
    assert typed_theme(NATURE, "鸲 玥玉").counted == ("鳥", "玥玉")
    assert typed_theme(NATURE, "春 青水").counted == ("春", "青水")


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("春 鲈", "鲈 (U+9C88) at position 1"),
        ("乒乓", "乒 (U+4E52) at position 1, 乓 (U+4E53) at position 2"),
        ("玥x", "x (U+0078) at position 2"),
        ("の", "の (U+306E) at position 1"),
        ("㍿", "㍿ (U+337F) at position 1"),
        ("「」", "--theme is empty; give it"),
        ("玥玥玥玥玥", "玥玥玥玥玥 has 5 characters"),
    ],
)
def test_words_of_which_nothing_is_known(typed, named):
    with pytest.raises(PoetryError) as caught:
        typed_theme(NATURE, typed)
    assert named in str(caught.value) and "--theme" in str(caught.value)


def test_nothing_is_looked_up_where_all_is_known(monkeypatch):
    monkeypatch.setattr("poetry.composing.theme.radical_word", None)
    assert typed_theme(NATURE, "春 青鸟").read == ("春", "青鳥") == typed_theme(NATURE, "春…青鸟⁉").read


def test_the_bundled_model_has_every_word_of_a_radical():
    text = resources.files("poetry.text.tables").joinpath("radicals.txt").read_text(encoding="utf-8")
    words = {line[0] for line in text.splitlines() if not line.startswith("#")}
    vocabulary = checkpoint.load_model(checkpoint.newest_model([BUNDLED])).vocabulary
    assert len(words) > 100 and not words - set(vocabulary.words)


def test_a_poem_about_what_the_model_does_not_know(told_model):
    composer = Composer.load(told_model)
    asked = {"form": "五绝", "title": True, "mood_strength": 4.0, "candidates": 1}
    poem = composer.compose(3, theme="江囧 鸲", **asked)
    other = composer.compose(3, theme="江 鸟", **asked)
    assert poem.text == other.text != composer.compose(3, **asked).text
    assert (poem.title, other.title) == ("五绝·江囧 鸲", "五绝·江 鸟")
    assert len(poem.notes) == 2 and not other.notes
    assert poem.card()["asked"]["theme"] == "江囧 鸲" and composer.verify(poem.card()).same
    assert composer.surprise(poem.text, theme="鸲") == composer.surprise(poem.text, theme="鸟")
    (revised,) = composer.revise("春江？？？，花落？？？。", theme="鸲", seed=1, candidates=1)
    assert revised.notes == ("the model does not know 鸲; in the theme it reads 鸟, by its radical",)


def test_it_is_said_on_stderr(told_model):
    options = ("--model_path", told_model, "--seed", 3, "--candidates", 1, "--title")
    result = run(generate, *options, "--theme", "鸲")
    assert result.exit_code == 0, result.output
    assert "does not know 鸲; in the theme it reads 鸟" in result.stderr and "鸲" in result.stdout
    error = one_line_error(run(generate, *options, "--theme", "囧"))
    assert "does not know 囧" in error


def test_a_theme_is_drawn_where_no_words_are_given(told_model):
    vocabulary = checkpoint.load_model(told_model).vocabulary
    words = [word for row in themes(vocabulary) for word in (row[0], *row[1])]
    assert words and all(character in vocabulary for word in words for character in word)
    plan = plan_of(vocabulary, 100)
    drawn = [plan.of_poem(vocabulary, 3, number).theme.read for number in range(20)]
    assert len(set(drawn)) > 10 and all(set(theme) <= set(words) and len(theme) == 2 for theme in drawn)
    assert plan.of_poem(vocabulary, 3, 7).theme.read == drawn[7] != plan.of_poem(vocabulary, 4, 7).theme.read
    assert plan.of_poem(vocabulary, 3, 7).contrast == plan.contrast
    for given in ({"start": "春"}, {"prefix": "春"}, {"acrostic": "春江"}, {"theme": "春"}):
        assert not plan_of(vocabulary, 100, **given).draws_theme
    assert not plan_of(VOCABULARY, 100).draws_theme  # it has no word of the table
    assert not plan_of(PoemVocabulary(vocabulary.words[: vocabulary.title]), 100).draws_theme


@pytest.mark.parametrize("candidates", [1, 3])
def test_a_poem_of_a_drawn_theme_is_that_of_the_same_theme_asked_for(told_model, candidates):
    composer = Composer.load(told_model)
    asked = {"form": "五绝", "candidates": candidates}
    poems = list(composer.poems(4, 9, **asked, title=True))
    assert len({poem.asked.theme for poem in poems}) > 1
    for number, poem in enumerate(poems):
        assert poem.plan.theme.read == tuple(poem.asked.theme.split()) and poem.asked.theme in poem.title
        assert composer.verify(poem.card()).same
        plan = composer.plan(poem.asked)
        (again,) = composer.generator(poem.asked).compose(plan, 1, 9, candidates, first=number)
        assert again.text == poem.text
        assert again.logprob == pytest.approx(poem.logprob, abs=1e-4)
        assert {name: part.value for name, part in again.parts.items()} == pytest.approx(
            {name: part.value for name, part in poem.parts.items()}, abs=1e-4
        )


def test_poems_of_drawn_themes_are_ordered_as_they_are_composed(told_model):
    composer = Composer.load(told_model)
    asked = Asked.of({"form": "七绝", "candidates": 2})
    found = {poem.number: poem for poem in scheduled(composer.request(asked, 3, 5), composer)}
    expected = list(composer.poems(3, 5, form="七绝", candidates=2))
    assert [found[number].text for number in range(3)] == [poem.text for poem in expected]
    assert [found[number].asked for number in range(3)] == [poem.asked for poem in expected]


def test_a_word_that_the_model_does_not_know_is_not_drawn(monkeypatch):
    table = resources.files("poetry.text.tables").joinpath("themes.tsv").read_text(encoding="utf-8")
    rows = [line.split() for line in table.splitlines() if not line.startswith("#")]
    words = {*rows[0], rows[1][0], *rows[2][1:]}  # of the second row the word alone, of the third all others
    vocabulary = PoemVocabulary([*dict.fromkeys("".join(sorted(words))), "，", *SPECIAL, TITLE])
    for word, companions in themes(vocabulary):
        (row,) = (row for row in rows if row[0] == word)
        assert companions == [other for other in row[1:] if not vocabulary.unknown(other)] != []
        assert not vocabulary.unknown(word)
    assert themes(vocabulary)[0] == (rows[0][0], rows[0][1:])


def test_the_bundled_model_knows_all_words_that_themes_are_drawn_from():
    known = themes(checkpoint.load_model(checkpoint.newest_model([BUNDLED])).vocabulary)
    text = resources.files("poetry.text.tables").joinpath("themes.tsv").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    assert [[word, *companions] for word, companions in known] == rows and len(rows) > 500
    for word, *companions in rows:
        assert len(set(companions)) == len(companions) == 8
        assert all(len(other) == 2 and not set(other) & set(word) for other in companions)


def test_a_drawn_theme_is_told(told_model):
    poem = compose(told_model, "--form", "wujue", "--title")
    word, other = poem["theme"].split()
    assert poem["title"] == f"五绝·{word} {other}"
    asked = ("--form", "wujue", "--theme", poem["theme"])
    assert compose(told_model, *asked)["text"] == poem["text"]
    result = run(generate, "--model_path", told_model, "--seed", 3, "--form", "wujue", "--explain")
    assert f"theme: {poem['theme']}\n" in result.stderr
    assert "theme" not in compose(told_model, "--form", "wujue", "--start", "春")

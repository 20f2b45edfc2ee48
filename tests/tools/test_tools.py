"""The tools, and benchmarks of training, on the small model."""

import dataclasses
import importlib

import numpy as np
import pytest
from conftest import one_line_error, run

import config
from poetry.composing.generator import Generator
from poetry.learning import checkpoint
from poetry.text import corpus, poem_data
from poetry.text.chinese_poetry import Raw
from poetry.text.npz import read_npz, write_npz
from poetry.verse.form import FORMS, recognise


def tool(name, folder="tools"):
    """A script of a folder as a module."""
    return importlib.import_module(f"{folder}.{name}")


def test_the_curves_are_drawn_from_the_records(trained, tmp_path):
    curves, picture = tool("draw_curves"), tmp_path / "docs" / "curves.svg"
    result = run(curves.main, f"small={trained / 'logs'}", "--output", picture)
    assert result.exit_code == 0, result.output
    rows = [row.strip("| ").split(" | ") for row in result.stdout.splitlines()[2:]]
    assert [row[:2] for row in rows] == [["small", "1"], ["small", "2"], ["small", "3"]]
    last = checkpoint.load_model(trained / "checkpoints" / "model.params.3").provenance.heldout_perplexity
    assert [float(value) for value in rows[2][2:]] == pytest.approx(list(last.values()), abs=0.06)
    assert "small, held out" in picture.read_text()
    again = tmp_path / "again.svg"
    run(curves.main, f"small={trained / 'logs'}", "--output", again)
    assert again.read_bytes() == picture.read_bytes()


def test_a_run_without_a_name_is_refused(trained):
    result = run(tool("draw_curves").main, trained / "logs")
    assert result.exit_code == 2 and "is not NAME=FOLDER" in result.stderr


def test_a_folder_without_records_is_refused_and_the_picture_kept(tmp_path):
    result = run(tool("draw_curves").main, f"none={tmp_path}", "--output", tmp_path / "curves.svg")
    assert result.exit_code == 2 and "holds no records" in result.stderr
    assert not (tmp_path / "curves.svg").exists()


def test_a_state_becomes_the_checkpoint_of_its_moment(trained, small_npz, tmp_path):
    folder, made, script = trained / "checkpoints", tmp_path / "model.params.0", tool("checkpoint_of_state")
    state = checkpoint.list_states(folder)[0]
    result = run(script.main, state, made, "--data_path", small_npz)
    assert result.exit_code == 0 and "after 3 epochs" in result.stdout, result.output
    found, expected = map(checkpoint.load_model, (made, folder / "model.params.3"))
    for name, weight in expected.model.weights().items():
        assert (found.model.weights()[name].numpy() == weight.numpy()).all()
    assert found.vocabulary.words == expected.vocabulary.words
    assert (found.extras["lines"] == expected.extras["lines"]).all()
    assert found.provenance == dataclasses.replace(expected.provenance, heldout_perplexity={})

    tensors, header = checkpoint.load_state(state)
    checkpoint.save_state(tmp_path / "state", tensors, header | {"by_document": True})
    assert run(script.main, tmp_path / "state", tmp_path / "read", "--data_path", small_npz).exit_code == 0
    assert (
        checkpoint.load_model(tmp_path / "read").provenance.by_document and not found.provenance.by_document
    )

    data, words = read_npz(small_npz)
    write_npz(tmp_path / "other.npz", data[:20], words)
    error = one_line_error(run(script.main, state, tmp_path / "x", "--data_path", tmp_path / "other.npz"))
    assert "is not the data of this run" in error and not (tmp_path / "x").exists()


def forms_of_sample(model, path, poems):
    """How many poems of a sample that ``model`` composed are in each form."""
    result = run(tool("make_sample").main, "--model_path", model, "--output", path, "--poems", poems)
    assert result.exit_code == 0, result.output
    data = poem_data.load(path)
    assert data.vocabulary.words == checkpoint.load_model(model).vocabulary.words
    forms = [recognise(data.vocabulary.decode(poem)) for poem in poem_data.sequences(data)]
    return [forms.count(form) for form in FORMS]


def test_the_sample_is_of_free_poems_and_of_every_form(small_model, tmp_path):
    assert forms_of_sample(small_model, tmp_path / "sample.npz", 8) == [8] * 4  # free ones may be no verse


def test_no_two_sample_poems_are_equal(small_model, tmp_path, monkeypatch):
    compose = Generator.compose

    def twice(*arguments):
        for poem in compose(*arguments):
            yield from (poem, poem)

    monkeypatch.setattr(Generator, "compose", twice)
    assert forms_of_sample(small_model, tmp_path / "sample.npz", 4) == [4] * 4


def rows(result):
    """The rows of the Markdown table that a script has printed."""
    assert result.exit_code == 0, result.output
    return [row.strip("| ").split(" | ") for row in result.stdout.splitlines()[2:]]


def test_the_mean_of_checkpoints_is_measured(small_npz, trained):
    second, third = (trained / "checkpoints" / f"model.params.{epoch}" for epoch in (2, 3))
    averaging = tool("averaging", "benchmarks")
    each = rows(run(averaging.main, second, third, "--data_path", small_npz))
    recorded = [checkpoint.load_model(path).provenance.heldout_perplexity["all"] for path in (second, third)]
    assert [float(row[1]) for row in each[:2]] == pytest.approx(recorded, abs=0.06)
    assert each[2][0] == "mean of 2" and each[2][1] not in (each[0][1], each[1][1])
    same = rows(run(averaging.main, third, third, "--data_path", small_npz))
    assert same[2][1:] == same[0][1:] == each[1][1:]


def test_recipes_are_compared_over_the_same_characters(small_npz, monkeypatch):
    recipes = tool("recipes", "benchmarks")
    for name, size in {"embedding_size": 8, "hidden_size": 12, "num_layers": 2}.items():
        monkeypatch.setitem(config.OPTIONS, name, dataclasses.replace(config.OPTIONS[name], default=size))
    names = ("base", "learning rate 0.004", "output bias from frequencies", "Paddle's own LSTM weights")
    common = ("--data_path", small_npz, "--characters", 12_000)
    found = rows(run(recipes.main, *names, *common))
    assert [row[0] for row in found] == list(names)
    assert found[0] == rows(run(recipes.main, "base", *common))[0]
    perplexity = [float(row[4]) for row in found]
    assert perplexity[2] < perplexity[1] < perplexity[0] != perplexity[3]

    for name, other in {"epoch": 1, "dropout": 0.9}.items():  # a later default leaves the base as it was
        monkeypatch.setitem(config.OPTIONS, name, dataclasses.replace(config.OPTIONS[name], default=other))
    assert rows(run(recipes.main, "base", *common))[0] == found[0]


def test_the_plateau_ends_where_the_mean_of_the_last_steps_is_under_it():
    recipes = tool("recipes", "benchmarks")
    count, above, under = recipes.PLATEAU_STEPS, recipes.PLATEAU + 1, recipes.PLATEAU - 2
    losses = np.array([above] * 30 + [under] * 30)
    assert recipes.steps_on_plateau(losses) == 30 + count // 3 + 1
    assert recipes.steps_on_plateau(losses[:30]) is None
    assert recipes.steps_on_plateau(losses[-count + 1 :]) is None


def test_the_trigrams_probabilities_sum_to_one_and_know_what_follows():
    ngram = tool("ngram", "benchmarks")
    start, words = 0, 6
    poems = [
        np.array([start, *rest])
        for rest in ([1, 2, 3, 5], [1, 2, 4, 5], [2, 3, 1, 5], [1, 2, 3, 1, 5], [4, 5])
    ]
    context = [start, 1, 2]
    each = [
        ngram.held_out_probabilities(poems, [np.array([*context, word])], words, start)[-1]
        for word in range(words)
    ]
    assert sum(each) == pytest.approx(1) and min(each) > 0
    assert np.argmax(each) == 3 and each[4] > each[1]  # 3 twice, 4 once, 1 never after 1 2


def test_the_trigrams_may_learn_from_more(small_npz, tmp_path):
    ngram = tool("ngram", "benchmarks")
    first, second = (
        run(ngram.main, "--data_path", small_npz, *more).stdout for more in ((), ("--also", small_npz))
    )
    assert first.startswith("3-gram: perplexity") and first != second
    data, words = read_npz(small_npz)
    write_npz(tmp_path / "other.npz", data, [*words[1:], words[0]])
    error = one_line_error(run(ngram.main, "--data_path", small_npz, "--also", tmp_path / "other.npz"))
    assert "another vocabulary" in error


def test_lines_copied_from_more_poems_count(small_npz, small_model, tmp_path):
    sampling = tool("sampling", "benchmarks")
    data = poem_data.load(small_npz)
    twice = [data.vocabulary.decode(poem) * 2 for poem in poem_data.both_sides(data)[1]]
    assert not any(map(poem_data.is_held_out, twice))
    other, vocabulary, _ = corpus.build(map(Raw, twice), 125, vocabulary=data.vocabulary)
    write_npz(tmp_path / "other.npz", np.concatenate([data.data, other]), vocabulary.words)
    where = ("--data_path", small_npz, "--model_path", small_model, "--temperatures", 0, "--top_ps", 1)
    for also, copied in (((), "0.0 %"), (("--also", tmp_path / "other.npz"), "100.0 %")):
        real, _ = rows(run(sampling.main, *where, *also, "--poems", 50))
        assert real[:2] == ["real", "poems"] and real[5] == copied


def test_the_network_alone_may_end_a_poem_before_it_has_begun(small_npz, small_model, tmp_path):
    loaded = checkpoint.load_model(small_model)
    bias = loaded.model.output.bias
    bias.set_value(np.eye(len(loaded.vocabulary), dtype=np.float32)[loaded.vocabulary.eop] * 100)
    mute = tmp_path / "model.params.1"
    checkpoint.save_model(mute, loaded.model, loaded.vocabulary, loaded.provenance, loaded.extras)
    options = ("--data_path", small_npz, "--temperatures", 1, "--top_ps", 1, "--poems", 50)
    sampling = tool("sampling", "benchmarks")
    _, bare = rows(run(sampling.main, "--model_path", mute, *options, "--bare"))
    assert bare[2:4] == ["0.0 %", "0.0 %"] and bare[-1] == "–"
    _, ruled = rows(run(sampling.main, "--model_path", mute, *options))
    assert float(ruled[-1]) < 0


@pytest.mark.parametrize(
    ("name", "folder", "arguments"),
    [
        ("sampling", "benchmarks", ["--temperatures", "1 warm"]),
        ("sampling", "benchmarks", ["--top_ps", "0.9 2"]),
        ("sampling", "benchmarks", ["--candidates", 0]),
        ("mood", "benchmarks", ["--strengths", "1 nan"]),
        ("mood", "benchmarks", ["--poems", 1]),
        ("mood", "benchmarks", ["--seed", -1]),
        ("themes", "benchmarks", ["--poems", 0]),
        ("composing", "benchmarks", ["--turns", 0]),
        ("recipes", "benchmarks", ["--characters", 0]),
        ("make_sample", "tools", ["--poems", 0]),
    ],
)
def test_wrong_options_of_tools(name, folder, arguments):
    assert arguments[0] in one_line_error(run(tool(name, folder).main, *arguments))


def test_moods_are_told_by_their_characters():
    mood = tool("mood", "benchmarks")
    texts = [["甲乙", "甲丙", "甲丁", "乙甲"], ["戊乙", "戊丙", "丁戊", "戊"]]
    assert mood.naive_bayes_accuracy(texts) == 1
    assert mood.naive_bayes_accuracy([texts[0], [*texts[1][:2], "甲乙", "甲丙"]]) == 0.5


def test_themes_are_measured_by_the_drafts_chosen_with_them():
    themes = tool("themes", "benchmarks")
    parts = {name: np.zeros(3) for name in themes.used_weights(FORMS[1], {})}
    parts |= {"likelihood": np.array([0.1, 0.0, 0.2]), "theme": np.array([0.0, 1.0, 1.0])}
    parts["register"] = np.array([0.0, 0.0, 1.0])
    assert [themes.choose(FORMS[1], parts, factor) for factor in (0, 1)] == [2, 1]
    assert themes.area(parts["theme"], np.array([False, True, True])) == 1
    assert np.isnan(themes.area(parts["theme"], np.ones(3, bool)))

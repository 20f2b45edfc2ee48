import dataclasses
import json

import numpy as np
import pytest
from conftest import one_line_error, run, train_small

from evaluate import evaluate
from poetry.composing.known import known_lines
from poetry.learning import checkpoint
from poetry.text import poem_data
from poetry.text.npz import read_npz, write_npz
from poetry.text.poem_vocabulary import SPECIAL, PoemVocabulary


@pytest.fixture(scope="module")
def measured(small_npz, small_model):
    result = run(
        evaluate, "--data_path", small_npz, "--model_path", small_model, "--poems", "--num", 12, "--json"
    )
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_perplexity_is_the_one_that_training_recorded(measured, small_model):
    recorded = checkpoint.load_model(small_model).provenance
    found = {name: figure["value"] for name, figure in measured["perplexity"].items()}
    assert found == pytest.approx(recorded.heldout_perplexity, rel=1e-5)
    for figure in measured["perplexity"].values():  # of a single poem
        assert figure["low"] == pytest.approx(figure["value"]) == figure["high"]
    assert measured["fingerprint"] == recorded.fingerprint and measured["epoch"] == 3


def test_the_perplexity_is_that_of_the_held_out_poems_one_by_one(measured, small_npz, small_model):
    import paddle

    data, model = poem_data.load(small_npz), checkpoint.load_model(small_model).model
    _, held_out = poem_data.both_sides(data)
    losses = []
    for poem in held_out:
        logits = model(paddle.to_tensor(poem[None, :-1].astype(np.int64)))[0][0].numpy().astype(np.float64)
        top = logits.max(axis=1, keepdims=True)
        normal = (top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True)))[:, 0]
        losses.extend(normal - logits[np.arange(len(logits)), poem[1:]])
    assert measured["held_out_poems"] == len(held_out) > 0
    assert measured["perplexity"]["all"]["value"] == pytest.approx(np.exp(np.mean(losses)), rel=1e-4)


def test_constrained_poems_keep_the_rules(measured):
    for columns in measured["forms"].values():
        constrained = columns["constrained"]
        assert constrained["poems"] == 12 and columns["real"]["form right"] is None
        for name in ("form right", "rhyme and tones right"):
            assert constrained[name]["value"] == 1, name
        assert constrained["lines copied whole"]["value"] == 0 < constrained["seconds a poem"]
        bare = columns["unconstrained"]
        assert bare["poems"] == round(48 * bare["form right"]["value"])  # of four times twelve


def test_tables(small_npz, small_model):
    common = ("--data_path", small_npz, "--model_path", small_model, "--poems", "--num", 2)
    text, markdown = run(evaluate, *common), run(evaluate, *common, "--markdown")
    assert "held-out poems" in text.stdout.splitlines()[0]
    assert text.stdout.count("rhyme right") == 4 and "100.0 % (100.0 to 100.0)" in text.stdout
    header = "| qijue 七绝 | real | unconstrained | constrained |\n| --- | ---: | ---: | ---: |"
    assert header in markdown.stdout


def test_data_of_another_vocabulary_is_read_in_the_models_words(small_npz, small_model, tmp_path):
    data, words = read_npz(small_npz)
    figures = []
    training, held_out = poem_data.both_sides(poem_data.load(small_npz))
    some = next(ix for ix in training[0][1:] if ix not in np.concatenate(held_out))
    reordered = words[::-1]
    unknown = [*words[:some], "龘", *words[some + 1 :]]
    for number, changed in enumerate((words, reordered, unknown)):
        other = tmp_path / f"{number}.npz"
        places = [changed.index(word) if word in changed else words.index(word) for word in words]
        write_npz(other, np.array(places)[data], changed)
        result = run(evaluate, "--data_path", other, "--model_path", small_model, "--json")
        assert result.exit_code == 0, result.output
        figures.append((json.loads(result.stdout)["perplexity"]["all"]["value"], "left out" in result.stderr))
    assert [value for value, _ in figures] == [pytest.approx(figures[0][0])] * 3
    assert [left_out for _, left_out in figures] == [False, False, True]
    nothing = tmp_path / "nothing.npz"
    write_npz(nothing, data, [word if word in SPECIAL else chr(0x3400 + ix) for ix, word in enumerate(words)])
    assert "no poem" in one_line_error(run(evaluate, "--data_path", nothing, "--model_path", small_model))


def test_other_data_is_named(small_npz, small_model, tmp_path):
    data, words = read_npz(small_npz)
    other = tmp_path / "other.npz"
    write_npz(other, data[1:], words)
    result = run(evaluate, "--data_path", other, "--model_path", small_model)
    assert result.exit_code == 0 and "was trained on other data" in result.stderr


def test_another_split_is_named(small_npz, small_model, tmp_path, monkeypatch):
    where = ("--data_path", small_npz, "--model_path", small_model)
    assert "other poems are held out" not in run(evaluate, *where).stderr
    monkeypatch.setattr("poetry.text.poem_data.HELD_OUT_SHARE", 0.3)
    result = run(evaluate, *where)
    assert result.exit_code == 0 and "on the same data: other poems are held out here" in result.stderr


def test_a_checkpoint_may_name_no_perplexity(small_npz, small_model, tmp_path):
    loaded = checkpoint.load_model(small_model)
    provenance = dataclasses.replace(loaded.provenance, heldout_perplexity={})
    path = tmp_path / "model.params.1"
    checkpoint.save_model(path, loaded.model, loaded.vocabulary, provenance, loaded.extras)
    result = run(evaluate, "--data_path", small_npz, "--model_path", path)
    assert result.exit_code == 0 and "in training" not in result.stderr


def test_data_without_held_out_poems(small_npz, small_model, tmp_path):
    data, words = read_npz(small_npz)
    whole = poem_data.load(small_npz)
    held = [poem_data.is_held_out(whole.vocabulary.decode(row)) for row in data]
    other = tmp_path / "other.npz"
    write_npz(other, data[~np.array(held)], words)
    assert "too few poems" in one_line_error(run(evaluate, "--data_path", other, "--model_path", small_model))


def test_poems_that_share_a_line_with_the_training_are_told_apart(small_npz, small_model, tmp_path):
    data, words = read_npz(small_npz)
    vocabulary = PoemVocabulary(words)
    held = [row for row in data if poem_data.is_held_out(vocabulary.decode(row))]
    shared = held[0].copy()
    shared[np.nonzero(shared == words.index("，"))[0][0] - 1] = words.index("山")  # line 1 is another
    more = tmp_path / "more.npz"
    write_npz(more, np.concatenate([data, shared[None]]), words)
    assert not poem_data.is_held_out(vocabulary.decode(shared))

    def measure(path):
        return run(evaluate, "--data_path", path, "--model_path", small_model, "--json")

    before, after = json.loads(measure(small_npz).stdout), json.loads(measure(more).stdout)
    assert before["poems_of_new_lines"] == before["held_out_poems"] == len(held)
    assert before["perplexity_of_new_lines"] == before["perplexity"] == after["perplexity"]
    assert after["poems_of_new_lines"] == len(held) - 1


def test_missing_files(small_npz, small_model, tmp_path):
    nothing = tmp_path / "nothing"
    assert "nothing" in one_line_error(run(evaluate, "--data_path", nothing, "--model_path", small_model))
    assert "nothing" in one_line_error(run(evaluate, "--data_path", small_npz, "--model_path", nothing))


def test_a_model_started_from_another_knows_the_lines_of_both(small_npz, small_model, tmp_path):
    data, words = read_npz(small_npz)
    part = tmp_path / "part.npz"
    swapped = data.copy()
    swapped[data == words.index("春")] = words.index("山")
    write_npz(part, swapped, words)
    result = train_small(part, tmp_path, "--epoch", 1, "--init_from", small_model)
    assert result.exit_code == 0, result.output
    first, second = (
        known_lines(checkpoint.load_model(path))
        for path in (small_model, tmp_path / "checkpoints/model.params.1")
    )
    assert len(second) > len(first) > 100
    training, _ = poem_data.both_sides(poem_data.load(small_npz))
    assert all(line in second for line in poem_data.lines(training, PoemVocabulary(words)))


def test_options_of_composed_poems_without_poems(small_npz, small_model):
    for option in (("--num", 5), ("--temperature", 1), ("--markdown",)):
        error = one_line_error(run(evaluate, "--data_path", small_npz, "--model_path", small_model, *option))
        assert f"{option[0]} is about composed poems; give --poems too" in error

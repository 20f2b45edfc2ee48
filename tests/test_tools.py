"""The tools, on the small model."""

import importlib.util

import pytest
from conftest import ROOT, run

from poetry import checkpoint, dataset
from poetry.form import FORMS, recognise


def tool(name):
    """A script of tools/ as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def test_the_sample_is_of_free_poems_and_of_every_form(small_model, tmp_path):
    path = tmp_path / "sample.npz"
    result = run(tool("make_sample").main, "--model_path", small_model, "--output", path, "--poems", 8)
    assert result.exit_code == 0, result.output
    data = dataset.load(path)
    assert data.vocabulary.words == checkpoint.load_model(small_model).vocabulary.words
    poems = [data.vocabulary.decode(poem) for poem in dataset.sequences(data)]
    forms = [recognise(poem) for poem in poems]
    assert [forms.count(form) for form in FORMS] == [8] * 4  # its free poems may be no verse

"""The tour runs, and shows what is stored in it."""

import re

import nbformat

from tools.run_tour import TOUR, executed


def shown(notebook):
    """What the code cells of a notebook print; nothing else may come of them."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    assert len(outputs) == len(cells) and {output.output_type for output in outputs} == {"stream"}
    assert {output.name for output in outputs} == {"stdout"}
    return [output.text for output in outputs]


def test_the_tour_has_ten_short_cells():
    notebook = nbformat.read(TOUR, as_version=4)
    nbformat.validate(notebook)
    assert len(notebook.cells) == 10
    assert all(len(cell.source.splitlines()) <= 10 for cell in notebook.cells)
    assert all(len(text) < 500 for text in shown(notebook))
    assert not any(cell.metadata for cell in notebook.cells)


def shape(text):
    """A text with one character for all and one digit for all."""
    return re.sub("[\u4e00-\u9fff]", "字", re.sub(r"\d", "0", text))


def test_the_tour_shows_what_is_stored_in_it():
    stored, found = shown(nbformat.read(TOUR, as_version=4)), shown(executed(TOUR))
    assert list(map(shape, stored)) == list(map(shape, found))
    differ = [new for old, new in zip(stored, found, strict=True) if old != new]
    assert len(differ) <= 1, "run tools/run_tour.py"  # another processor's rounding may turn a poem

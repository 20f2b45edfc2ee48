"""Run all cells of docs/tour.ipynb and store their outputs."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
TOUR = ROOT / "docs" / "tour.ipynb"


def executed(path: Path) -> nbformat.NotebookNode:
    """Run the notebook at ``path`` in its own folder with this Python, and return it.

    Raises CellExecutionError where a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    client = NotebookClient(
        notebook,
        timeout=300,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    for cell in notebook.cells:
        cell.metadata = {}  # drop execution times, so that the file changes only with the outputs
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec}
    return notebook


if __name__ == "__main__":
    nbformat.write(executed(TOUR), TOUR)
    sys.stderr.write(f"{TOUR} has been run\n")

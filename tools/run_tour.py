"""Run docs/tour.ipynb from its first cell to its last and store what its cells show."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
TOUR = ROOT / "docs" / "tour.ipynb"


def executed(path: Path) -> nbformat.NotebookNode:
    """The notebook at ``path``, run in its own folder by this Python.

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
        cell.metadata = {}  # no times: what is stored changes with what is shown alone
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec}
    return notebook


if __name__ == "__main__":
    nbformat.write(executed(TOUR), TOUR)
    sys.stderr.write(f"{TOUR} has been run\n")

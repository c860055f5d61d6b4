"""Reads the sources, Python files in jupytext's percent format, and writes notebooks that depend on nothing else."""

import re
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "notebooks"
SOURCES = FOLDER / "source"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
MARKERS = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION[ \t]*\n?", re.MULTILINE)


def names(folder: Path = SOURCES) -> list[str]:
    """Return the names of the notebooks, in order."""
    return sorted(path.stem for path in folder.glob("*.py"))


def read_source(name: str, folder: Path = SOURCES) -> NotebookNode:
    """Return a source as a notebook with solution regions and nbgrader's metadata.

    Each cell gets an id that depends on its place only: that of nbgrader, if it has one, or its number. JupyterLab
    folds the first code cell, the set-up, and shows its first line.
    """
    notebook = jupytext.read(folder / f"{name}.py", fmt="py:percent")
    notebook.nbformat_minor = 5  # the first version with ids
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell-{number}")
        for key in [key for key in cell.metadata if key not in ("nbgrader", "tags")]:
            del cell.metadata[key]
    set_up = next(cell for cell in notebook.cells if cell.cell_type == "code")
    set_up.metadata["jupyter"] = {"source_hidden": True}
    return notebook


def solution_of(source: NotebookNode) -> NotebookNode:
    """Return the notebook that a reader of the solution sees: no markers and no metadata of nbgrader, no outputs."""
    notebook = nbformat.from_dict(source)
    for cell in notebook.cells:
        cell.source = MARKERS.sub("", cell.source).rstrip("\n")
        cell.metadata.pop("nbgrader", None)
    return notebook


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook, and its folder if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)

"""Finds where exercises and solutions are out of step with their sources."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from command.errors import Refused
from notebook_files.sources import names, solution_of


def differences(sources: dict[str, NotebookNode], exercises: dict[str, NotebookNode], folder: Path) -> Iterator[str]:
    """Yield a line for each notebook in `folder` that is not what its source gives, with the first such cell.

    `exercises` are what nbgrader makes of the sources. Raises Refused if a file is no notebook.
    """
    for name, source in sources.items():
        yield from compared(folder / "exercises" / f"{name}.ipynb", exercises[name], without_outputs=True)
        yield from compared(folder / "solutions" / f"{name}.ipynb", solution_of(source), without_outputs=False)
    for path in sorted(folder.glob("*/*.ipynb")):
        if path.stem not in names(folder / "source"):
            yield f"{label(path)}: there is no source of this name"


def compared(path: Path, expected: NotebookNode, without_outputs: bool) -> Iterator[str]:
    """Yield at most one line: how the file differs from the notebook; its outputs are not compared."""
    if not path.is_file():
        yield f"{label(path)}: is missing"
        return
    found = read(path)
    outputs = [(cell.pop("outputs", []), cell.pop("execution_count", None)) for cell in found.cells]
    for number, (cell, other) in enumerate(zip(found.cells, expected.cells, strict=False), start=1):
        if {**cell} != {key: other[key] for key in other if key not in ("outputs", "execution_count")}:
            yield f"{label(path)}, cell {number} ({other.id}): is not what the source gives"
            return
    if len(found.cells) != len(expected.cells) or found.metadata != expected.metadata:
        yield f"{label(path)}: has other cells or other metadata than the source gives"
    elif without_outputs and any(any(output) for output in outputs):
        yield f"{label(path)}: has outputs"
    elif not without_outputs and not executed(found, outputs):
        yield f"{label(path)}: is not executed from the first cell to the last, or shows an error"


def executed(notebook: NotebookNode, outputs: list) -> bool:
    """Whether all code cells were executed once, in order, without an error and without a line on stderr."""
    code = [output for cell, output in zip(notebook.cells, outputs, strict=True) if cell.cell_type == "code"]
    in_order = [count for _, count in code] == list(range(1, len(code) + 1))
    shown = [output for several, _ in code for output in several]
    return in_order and not any(output.output_type == "error" or output.get("name") == "stderr" for output in shown)


def read(path: Path) -> NotebookNode:
    """Return the notebook in a file; raise Refused if there is none."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises exceptions of several kinds
        raise Refused(f"{label(path)}: expected a notebook: {error}") from error


def label(path: Path) -> str:
    """Return the folder and the name of a file."""
    return f"{path.parent.name}/{path.name}"

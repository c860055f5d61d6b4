"""The notebooks as they are in the repository, read as JSON, so that no package is needed."""

import json

from parity_tests import ROOT

FOLDER = ROOT / "docs" / "notebooks"
NAMES = sorted(path.stem for path in (FOLDER / "source").glob("*.py"))
ROOM_FOR_AN_ANSWER = "*Write your answer here.*"


def read(path):
    """The notebook in a file, each cell's source as one text."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def exercise(name):
    return read(FOLDER / "exercises" / f"{name}.ipynb")


def solution(name):
    return read(FOLDER / "solutions" / f"{name}.ipynb")


def graded(cell):
    """What nbgrader knows about a cell; an empty dict if nothing."""
    return cell["metadata"].get("nbgrader", {})


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def blanks(notebook):
    """The places of the code cells in which the learner writes."""
    return [
        place
        for place, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "code" and graded(cell).get("solution")
    ]

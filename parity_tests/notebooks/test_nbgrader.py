"""Can a teacher use nbgrader as it is: make the assignment, and grade a right and a wrong submission?"""

import os
import subprocess
import sys
import warnings

import nbformat
import pytest

from parity_tests import ROOT, requirements
from parity_tests.commands.processes import run
from parity_tests.notebooks.files import graded, solution

requirements.need("notebook-tools")
pytestmark = pytest.mark.slow

NAME = "4-bptt-by-hand"
QUICK = "EPOCHS, TRAINING_IMAGES, TEST_IMAGES = 1, 1_280, 1_000"
# The wrong result is one of those that the whole backward pass returns; nothing else depends on it.
WRONG = {"blank-4-3": "def dx_of_step(U, da_t):\n    return U.T @ (2 * da_t)"}
COSTS = {"check-4-3", "check-4-8"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course whose assignment is released, with two submissions that nbgrader has graded."""
    course = tmp_path_factory.mktemp("grading") / "course"
    code, _, stderr = run(NAME, "--course", course, folder=course.parent, script="notebooks.py")
    assert (code, stderr) == (0, "")
    nbgrader(course, "generate_assignment", NAME)
    answers = {cell["id"]: cell["source"] for cell in solution(NAME)["cells"]}
    submit(course, "right", answers)
    submit(course, "wrong", answers | WRONG)
    nbgrader(course, "autograde", NAME, "--create")
    nbgrader(course, "generate_feedback", NAME)
    return course


def nbgrader(course, *arguments):
    """Runs a command of nbgrader, as a teacher does in the folder of the course."""
    ended = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def submit(course, student, answers):
    """Writes answers into the cells of the released notebook in which a student writes, and hands it in."""
    notebook = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        if graded(cell).get("solution"):
            cell.source = answers[cell.id]
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = QUICK
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")


def grades(course, student):
    """For each graded cell: its points, the largest possible number, and whether a teacher has to read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of the packages that nbgrader uses
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
            (notebook,) = gradebook.find_submission(NAME, student).notebooks
            return {
                grade.name: (grade.auto_score, grade.max_score, grade.needs_manual_grade) for grade in notebook.grades
            }


def test_a_right_submission_gets_all_points(course):
    points = grades(course, "right")
    assert len(points) >= 18
    for name, (score, largest, by_hand) in points.items():
        assert (score, by_hand) == ((largest, False) if name.startswith("check-") else (None, True)), name


def test_a_wrong_answer_costs_the_points_of_the_checks_that_need_it(course):
    right, wrong = grades(course, "right"), grades(course, "wrong")
    assert {name for name in right if wrong[name] != right[name]} == COSTS
    assert {wrong[name][0] for name in COSTS} == {0}


def test_the_graded_notebook_and_the_feedback_show_the_message(course):
    notebook = nbformat.read(course / "autograded" / "wrong" / NAME / f"{NAME}.ipynb", as_version=4)
    (check,) = [cell for cell in notebook.cells if cell.id == "check-4-3"]
    (output,) = check.outputs
    assert output.evalue.startswith("4.3 is not right yet: ")
    assert output.traceback == [output.evalue]
    assert "4.3 is not right yet: " in (course / "feedback" / "wrong" / NAME / f"{NAME}.html").read_text(
        encoding="utf-8"
    )


def test_the_assignment_holds_the_pictures_that_it_shows(course):
    notebook = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "../figures/" not in text
    for picture in (course / "source" / NAME).glob("*.svg"):
        assert picture.name in text
        assert (course / "release" / NAME / picture.name).exists()

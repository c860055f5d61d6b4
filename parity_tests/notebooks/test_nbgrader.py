"""Can a teacher use nbgrader as it is: make the assignment, and grade right and wrong submissions?"""

import os
import subprocess
import sys
import warnings

import nbformat
import pytest

from parity_tests.commands.processes import run
from parity_tests.notebooks.small_project import make

pytestmark = pytest.mark.slow

NAME = "1-double"
RIGHT = {"blank-1-1": "def double(x):\n    return x + x", "blank-1-2": "def triple(x):\n    return 3 * x"}
SUBMISSIONS = {
    "right": RIGHT | {"question-1": "Thrice is more."},
    "one-wrong": RIGHT | {"blank-1-1": "def double(x):\n    return x**2"},
    "one-empty": {"blank-1-1": RIGHT["blank-1-1"]},
}
SCORES = {
    "right": {"check-1-1": 2, "check-1-2": 3, "question-1": None},
    "one-wrong": {"check-1-1": 0, "check-1-2": 3, "question-1": 0},
    "one-empty": {"check-1-1": 2, "check-1-2": 0, "question-1": 0},
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course whose assignment is released, with three submissions that nbgrader has graded."""
    folder = tmp_path_factory.mktemp("grading")
    project = make(folder / "project")
    code, _, stderr = run(NAME, "--course", folder / "course", folder=folder, root=project, script="notebooks.py")
    assert (code, stderr) == (0, "")
    course = folder / "course"
    nbgrader(project, course, "generate_assignment", NAME)
    for student, written in SUBMISSIONS.items():
        submit(course, student, written)
    nbgrader(project, course, "autograde", NAME, "--create")
    return course


def nbgrader(project, course, *arguments):
    """Runs a command of nbgrader, as a teacher does in the folder of the course."""
    ended = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def submit(course, student, written):
    """Writes what a student has written into the released notebook, and hands it in."""
    notebook = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = written.get(cell.id, cell.source)
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_each_answer_is_graded_by_itself(course, student):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of nbgrader's packages
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
            grades = gradebook.find_submission(NAME, student).notebooks[0].grades
            assert {grade.name: grade.auto_score for grade in grades} == SCORES[student]
            assert {grade.name: grade.max_score for grade in grades} == {
                "check-1-1": 2,
                "check-1-2": 3,
                "question-1": 1,
            }
            # A teacher reads what was written; nbgrader itself gives no points for an empty answer.
            by_hand = {grade.name for grade in grades if grade.needs_manual_grade}
            assert by_hand == {name for name, score in SCORES[student].items() if score is None}


def test_the_message_of_a_wrong_answer_is_in_the_graded_notebook(course):
    notebook = nbformat.read(course / "autograded" / "one-wrong" / NAME / f"{NAME}.ipynb", as_version=4)
    (check,) = [cell for cell in notebook.cells if cell.id == "check-1-1"]
    assert check.outputs[0].evalue == "1.1 is not right yet: 2 · 3 is 6"
    assert check.outputs[0].traceback == [check.outputs[0].evalue]

"""Does `notebooks.py` build exercises, execute solutions, and name the cell in which something fails?"""

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from notebook_files.differences import differences
from notebook_files.sources import read_source
from parity_tests import ROOT
from parity_tests.commands.processes import assert_refused, contents, run
from parity_tests.notebooks.blanks import STUB
from parity_tests.notebooks.files import ROOM_FOR_AN_ANSWER, read
from parity_tests.notebooks.small_project import NAMES, change, make, source_file

pytestmark = pytest.mark.slow

NOTEBOOKS = Path("docs", "notebooks")
PRINTED = {"name": "stdout", "output_type": "stream", "text": ["1\n"]}
FAILED = {"ename": "E", "evalue": "", "output_type": "error", "traceback": []}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small project whose notebooks the script has built and executed, and what it has printed."""
    folder = make(tmp_path_factory.mktemp("built"))
    code, stdout, stderr = notebooks(folder)
    assert (code, stderr) == (0, "")
    return folder, stdout


@pytest.fixture
def project(tmp_path):
    return make(tmp_path / "project")


def notebooks(project, *arguments):
    return run(*arguments, folder=project, root=project, script="notebooks.py")


def test_the_exercises_have_stubs_and_no_outputs(built):
    notebook = read(built[0] / "docs" / "notebooks" / "exercises" / "1-double.ipynb")
    double = next(cell for cell in notebook["cells"] if cell["id"] == "blank-1-1")
    assert double["source"] == f"def double(x):\n    # TODO 1.1: return 2 x\n    {STUB}"
    assert notebook["cells"][-1]["source"] == ROOM_FOR_AN_ANSWER
    assert all(not cell.get("outputs") for cell in notebook["cells"])


def test_the_solutions_have_outputs_and_no_markers(built):
    notebook = read(built[0] / "docs" / "notebooks" / "solutions" / "1-double.ipynb")
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    assert cells["blank-1-1"]["source"] == "def double(x):\n    # TODO 1.1: return 2 x\n    return 2 * x"
    assert cells["blank-1-1"]["metadata"] == {}
    assert cells["check-1-1"]["outputs"] == [{"name": "stdout", "output_type": "stream", "text": ["✓ 1.1  twice\n"]}]
    assert cells["question-1"]["source"].endswith("\nTwice is less.")
    assert "60000" in str(cells["cell-3"]["outputs"])


def test_solutions_show_plain_pictures_and_no_widgets(built):
    cells = read(built[0] / "docs" / "notebooks" / "solutions" / "2-widgets.ipynb")["cells"]
    assert cells[0]["outputs"][0]["text"] == ["no widgets\n"]
    assert cells[1]["outputs"][0]["text"] == ["module://matplotlib_inline.backend_inline\n"]


def test_progress_is_printed_in_plain_lines(built):
    lines = built[1].splitlines()
    assert lines[1:4] == ["1-double: 8 cells", "  ✓ 1.1  twice", "  ✓ 1.2  thrice"]
    assert lines[-1] == "2 of 2 notebooks executed to the end"


def test_a_second_build_gives_the_same_bytes(built, tmp_path):
    code, _, _ = notebooks(built[0], "--output", tmp_path)
    assert code == 0
    for kind in ("exercises", "solutions"):
        assert contents(tmp_path / kind) == contents(built[0] / "docs" / "notebooks" / kind)


def test_what_was_built_is_in_step(built):
    assert notebooks(built[0], "--check") == (0, f"In step: {', '.join(NAMES)}\n", "")


def test_a_changed_source_is_out_of_step(built, project):
    shutil.copytree(built[0] / NOTEBOOKS, project / NOTEBOOKS, dirs_exist_ok=True)
    change(source_file(project, "1-double"), "return 2 x\n", "return 2 · x\n")
    code, stdout, stderr = notebooks(project, "--check")
    assert (code, stdout) == (1, "Repair it: python scripts/notebooks.py\n")
    place = "1-double.ipynb, cell 4 (blank-1-1): is not what the source gives"
    assert stderr.splitlines() == [f"exercises/{place}", f"solutions/{place}"]


DEVIATIONS = [
    ("exercises", lambda cells: cells[0].update(source="# Thrice"), ", cell 1 (cell-1): is not what the source gives"),
    ("exercises", lambda cells: cells[3]["metadata"].pop("nbgrader"), ", cell 4 (blank-1-1): is not what the source"),
    ("exercises", lambda cells: cells[2]["outputs"].append(PRINTED), ": has outputs"),
    ("exercises", lambda cells: cells[2].update(execution_count=1), ": has outputs"),
    ("exercises", lambda cells: cells.pop(), ": has other cells or other metadata than the source gives"),
    ("solutions", lambda cells: cells[3].update(source="double = 2"), ", cell 4 (blank-1-1): is not what the source"),
    ("solutions", lambda cells: cells.append(cells[0] | {"id": "more"}), ": has other cells or other metadata"),
    (
        "solutions",
        lambda cells: cells[2].update(execution_count=7),
        ": is not executed from the first cell to the last",
    ),
    ("solutions", lambda cells: cells[2]["outputs"].append(PRINTED | {"name": "stderr"}), ", or shows an error"),
    ("solutions", lambda cells: cells[2]["outputs"].append(FAILED), ", or shows an error"),
]


@pytest.mark.parametrize(("kind", "deviate", "expected"), DEVIATIONS)
def test_a_notebook_that_was_edited_is_out_of_step(built, tmp_path, kind, deviate, expected):
    shutil.copytree(built[0] / NOTEBOOKS, tmp_path, dirs_exist_ok=True)
    path = tmp_path / kind / "1-double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    deviate(notebook["cells"])
    path.write_text(json.dumps(notebook), encoding="utf-8")
    (line,) = found(built, tmp_path)
    assert line.startswith(f"{kind}/1-double.ipynb")
    assert expected in line


def test_a_missing_notebook_and_one_without_a_source_are_out_of_step(built, tmp_path):
    shutil.copytree(built[0] / NOTEBOOKS, tmp_path, dirs_exist_ok=True)
    (tmp_path / "solutions" / "2-widgets.ipynb").rename(tmp_path / "exercises" / "3-more.ipynb")
    assert found(built, tmp_path) == [
        "solutions/2-widgets.ipynb: is missing",
        "exercises/3-more.ipynb: there is no source of this name",
    ]


def found(built, folder):
    """The differences between the notebooks in a folder and the small project's sources and exercises."""
    original = built[0] / NOTEBOOKS
    sources = {name: read_source(name, original / "source") for name in NAMES}
    exercises = {name: nbformat.read(original / "exercises" / f"{name}.ipynb", as_version=4) for name in NAMES}
    return list(differences(sources, exercises, folder))


def test_the_notebooks_of_the_repository_are_in_step():
    code, _, stderr = notebooks(ROOT, "--check")
    assert (code, stderr) == (0, "")


def test_a_quick_run_uses_few_images_and_writes_nothing(project, tmp_path):
    before = contents(project)
    code, stdout, stderr = notebooks(project, "1-double", "--quick")
    assert (code, stderr) == (0, "")
    assert "1 of 1 notebook executed to the end" in stdout
    assert {path for path in contents(project) if "__pycache__" not in path.parts} == set(before)
    code, _, _ = notebooks(project, "1-double", "--quick", "--output", tmp_path)
    assert code == 0
    assert "1 6400 1000" in str(read(tmp_path / "solutions" / "1-double.ipynb"))


def test_a_check_that_fails_is_named(project):
    change(source_file(project, "1-double"), "return 3 * x", "return 2 * x")
    code, stdout, stderr = notebooks(project, "--quick")
    assert code == 1
    assert stderr == "1-double, cell 7 (check-1-2): Wrong\n1.2 is not right yet: 3 · 3 is 9\n"
    assert "2-widgets: executed" in stdout
    assert stdout.endswith("1 of 2 notebooks executed to the end\n")


def test_a_kernel_that_dies_is_named(project):
    change(source_file(project, "2-widgets"), "import ipywidgets", "import os; os._exit(1)")
    code, _, stderr = notebooks(project, "2-widgets", "--quick")
    assert (code, stderr) == (1, "2-widgets, cell 1 (cell-1): the kernel died\n")


def test_a_course_has_an_assignment_for_each_notebook(project, tmp_path):
    course = tmp_path / "course"
    code, stdout, stderr = notebooks(project, "--course", course)
    assert (code, stderr) == (0, "")
    assert stdout == f"Written to {course}: 2 assignments and nbgrader's configuration\n"
    assert sorted(path.relative_to(course).as_posix() for path in course.rglob("*.*")) == [
        "nbgrader_config.py",
        "source/1-double/1-double.ipynb",
        "source/1-double/figure.svg",
        "source/2-widgets/2-widgets.ipynb",
    ]
    assert (
        "![A figure](figure.svg) and [a page](../../page.md)"
        in read(course / "source/1-double/1-double.ipynb")["cells"][0]["source"]
    )
    assert_refused(
        notebooks(project, "--course", course),
        rf"--course: expected a folder that does not exist yet, got {course}; see --help",
    )


def test_a_source_that_nbgrader_refuses_is_refused(project):
    text = source_file(project, "1-double").read_text(encoding="utf-8")
    source_file(project, "1-double").write_text(text.replace("    ### END SOLUTION", "", 1), encoding="utf-8")
    message = r"source/1-double\.py: expected a source that nbgrader accepts: RuntimeError: .+"
    assert_refused(notebooks(project, "--exercises"), message)


def test_a_file_that_is_no_notebook_is_refused(project):
    (project / "docs" / "notebooks" / "exercises").mkdir()
    (project / "docs" / "notebooks" / "exercises" / "1-double.ipynb").write_text("{", encoding="utf-8")
    message = r"exercises/1-double\.ipynb: expected a notebook: .+"
    assert_refused(notebooks(project, "--check"), message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["1-doubles"], "expected one of 1-double, 2-widgets, got '1-doubles'; did you mean 1-double\\?"),
        (["--check", "--output", "x"], "--output: expected neither --check nor --course with it"),
        (["--check", "--quick"], "argument --quick: not allowed with argument --check"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(project, arguments, message):
    assert_refused(notebooks(project, *arguments), f".*{message}; see --help")

"""Is each blank of an exercise marked, empty and followed by its check, and is each solution executed and small?"""

import re

import pytest

from parity_tests.notebooks.blanks import STUB
from parity_tests.notebooks.files import (
    FOLDER,
    NAMES,
    ROOM_FOR_AN_ANSWER,
    blanks,
    code_cells,
    exercise,
    graded,
    solution,
)

TODO = re.compile(r"# TODO (\d)\.(\d+)\b: \S")
LINK = re.compile(r"(?:\]\(|(?:src|srcset)=\")([^)\s\"]+)")
LARGEST = 300_000


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell["outputs"]]


def test_there_are_four_notebooks():
    assert NAMES == ["1-basic-rnn", "2-lstm", "3-columns", "4-bptt-by-hand"]
    for kind in ("exercises", "solutions"):
        assert sorted(path.name for path in (FOLDER / kind).glob("*.ipynb")) == [f"{name}.ipynb" for name in NAMES]


def test_each_stub_is_below_its_todo_and_nowhere_else(name):
    notebook = exercise(name)
    assert blanks(notebook)
    for place, cell in enumerate(notebook["cells"]):
        lines = [line.strip() for line in cell["source"].splitlines()]
        stubs = [number for number, line in enumerate(lines) if line == STUB]
        assert bool(stubs) == (place in blanks(notebook)), cell["source"]
        for stub in stubs:
            above = lines[:stub]
            comment = [line for line in above[last_code_line(above) + 1 :] if line]
            assert any(TODO.match(line) for line in comment), cell["source"]


def last_code_line(lines):
    """The number of the last line that is code; -1 if there is none."""
    return max((number for number, line in enumerate(lines) if line and not line.startswith("#")), default=-1)


def test_the_blanks_are_numbered_in_order(name):
    sources = [cell["source"] for cell in exercise(name)["cells"] if cell["cell_type"] == "code"]
    numbers = [match for source in sources for match in TODO.findall(source)]
    assert numbers == [(name[0], str(number)) for number in range(1, len(numbers) + 1)]


def test_the_check_is_the_next_cell(name):
    cells = exercise(name)["cells"]
    for place in blanks(exercise(name)):
        numbers = [".".join(match) for match in TODO.findall(cells[place]["source"])]
        check = cells[place + 1]
        kind = graded(check)
        assert check["cell_type"] == "code", cells[place]["source"]
        assert (kind["grade"], kind["locked"], kind["solution"]) == (True, True, False)
        assert kind["points"] > 0
        assert kind["grade_id"].removeprefix("check-") in [number.replace(".", "-") for number in numbers]
        assert re.match(r"check\.\w+\(|judge|verdict", check["source"].splitlines()[0]), check["source"]


def test_each_question_has_a_folded_hint_and_room_for_an_answer(name):
    cells = exercise(name)["cells"]
    for place, cell in enumerate(cells):
        if cell["cell_type"] == "markdown" and graded(cell).get("solution"):
            assert graded(cell)["grade"]
            assert graded(cell)["points"] > 0
            assert ROOM_FOR_AN_ANSWER in cell["source"]
            assert "<summary>Hint</summary>" in cells[place - 1]["source"], cells[place - 1]["source"]


def test_an_exercise_has_no_outputs(name):
    assert outputs(exercise(name)) == []
    assert {cell["execution_count"] for cell in code_cells(exercise(name))} == {None}


def test_a_solution_is_executed_in_full_and_without_complaints(name):
    cells = code_cells(solution(name))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    shown = outputs(solution(name))
    assert [output for output in shown if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert "epochs of 60,000 images" not in str(shown), "a part of the images was used, or fewer epochs"


def test_each_picture_of_a_solution_is_an_output(name):
    for cell in code_cells(solution(name)):
        if "plt.show()" in cell["source"]:
            assert any("image/png" in output.get("data", {}) for output in cell["outputs"]), cell["source"]


def test_a_solution_shows_neither_markers_nor_stubs(name):
    for cell in solution(name)["cells"]:
        assert not re.search("(BEGIN|END) SOLUTION", cell["source"])
        assert STUB not in cell["source"]
        assert ROOM_FOR_AN_ANSWER not in cell["source"]


@pytest.mark.parametrize("kind", ["exercises", "solutions"])
def test_the_files_are_small(name, kind):
    assert (FOLDER / kind / f"{name}.ipynb").stat().st_size < LARGEST


@pytest.mark.parametrize("kind", ["exercises", "solutions"])
def test_every_link_of_a_notebook_leads_somewhere(name, kind):
    notebook = (exercise if kind == "exercises" else solution)(name)
    for cell in notebook["cells"]:
        for link in LINK.findall(cell["source"]) if cell["cell_type"] == "markdown" else []:
            target = link.partition("#")[0]
            assert re.match(r"[a-z]+:", link) or (FOLDER / kind / target).exists(), link


def test_the_parameters_can_be_replaced(name):
    (cell,) = [cell for cell in code_cells(exercise(name)) if "parameters" in cell["metadata"].get("tags", [])]
    assert re.search(r"^EPOCHS = 4$", cell["source"], re.MULTILINE)
    assert "TRAINING_IMAGES, TEST_IMAGES = 60_000, 10_000" in cell["source"]

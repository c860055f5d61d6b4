"""Cells of the notebooks' sources with other answers in their blanks."""

import linecache
import re
import textwrap
from itertools import count
from typing import Any

from parity_tests import ROOT

SOURCES = ROOT / "docs" / "notebooks" / "source"
STUB = 'raise NotImplementedError("TODO: replace this line by your own")'
CELL = re.compile(r"^# %%(.*)\n((?:(?!# %%).*\n)*)", re.MULTILINE)
REGION = re.compile(r"^( *)### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION\n", re.MULTILINE | re.DOTALL)
NUMBERS = count()


def cell(notebook: str, grade_id: str) -> str:
    """The text of the cell with this id of nbgrader."""
    text = (SOURCES / f"{notebook}.py").read_text(encoding="utf-8")
    (found,) = [code for marker, code in CELL.findall(text) if f'"grade_id": "{grade_id}"' in marker]
    return found


def filled(code: str, *answers: str | None) -> str:
    """The cell with an answer in each region of a solution, in order; None keeps the solution."""
    rest = iter(answers)

    def answer(region: re.Match[str]) -> str:
        text = next(rest)
        return region[2] if text is None else textwrap.indent(textwrap.dedent(text).strip() + "\n", region[1])

    return REGION.sub(answer, code)


def execute(code: str, names: dict[str, Any]) -> dict[str, Any]:
    """The names that a cell defines, beside those given; tracebacks show its lines, as in a notebook."""
    file = f"<cell {next(NUMBERS)}>"
    linecache.cache[file] = len(code), None, code.splitlines(keepends=True), file
    exec(compile(code, file, "exec"), names)
    return names

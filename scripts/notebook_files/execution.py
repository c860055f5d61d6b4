"""Executes solutions in a new kernel each, without ipywidgets, so that they show plain pictures."""

import os
import tempfile
from collections.abc import Callable
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from notebook_files.sources import FOLDER, METADATA

# What a kernel executes first, and that it logs errors only.
KERNEL_ARGUMENTS = [
    '--IPKernelApp.exec_lines=import sys; sys.modules["ipywidgets"] = None',
    "--IPKernelApp.log_level=ERROR",
]
# Pictures become outputs of their cells, whatever backend matplotlib has in this process.
INLINE = "module://matplotlib_inline.backend_inline"
# The parameters of a quick run.
QUICK = {"EPOCHS": 1, "TRAINING_IMAGES": 6_400, "TEST_IMAGES": 1_000}


class CellFailed(Exception):
    """Raised when a cell of a solution fails; the message names the cell and says why."""


def execute(solution: NotebookNode, parameters: dict[str, int], report: Callable[[str], None]) -> NotebookNode:
    """Return the solution with its outputs; raise CellFailed if a cell raises an exception or ends the kernel.

    The parameters replace those of the notebook. Every line that a cell prints about a check is passed to `report`.
    """
    notebook = with_parameters(solution, parameters)
    cell_now = ""

    def on_start(cell: NotebookNode, cell_index: int) -> None:
        nonlocal cell_now
        cell_now = f"cell {cell_index + 1} ({cell.id})"

    def on_end(cell: NotebookNode, cell_index: int, execute_reply: Any) -> None:
        for line in printed(cell).splitlines():
            if line.startswith(("✓", "–")):
                report(line)

    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=None,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
            extra_arguments=KERNEL_ARGUMENTS,
            on_cell_start=on_start,
            on_cell_executed=on_end,
        )
        path = os.pathsep.join(filter(None, [str(FOLDER.parent.parent), os.environ.get("PYTHONPATH")]))
        try:
            client.execute(env={**os.environ, "PYTHONPATH": path, "MPLBACKEND": INLINE})
        except CellExecutionError as error:
            raise CellFailed(f"{cell_now}: {error.ename}\n{error.evalue}") from error
        except DeadKernelError as error:
            raise CellFailed(f"{cell_now}: the kernel died") from error
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def with_parameters(notebook: NotebookNode, parameters: dict[str, int]) -> NotebookNode:
    """Return a copy whose cell with the tag `parameters` ends with these assignments."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = "\n".join([cell.source, *(f"{name} = {value}" for name, value in parameters.items())])
    return copy


def printed(cell: NotebookNode) -> str:
    """Return what a cell has printed on stdout."""
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")

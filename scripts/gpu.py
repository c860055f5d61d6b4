"""Measures on a GPU: parity with NumPy, the effect of TF32, the four models, and the time of a training step."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("gpu")

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console

from command.arguments import command_parser
from command.console import new_console
from command.errors import Refused, one_line_for
from command.output_folders import finished_together, reserved
from command.quiet_start import quiet_start
from command.signals import Stopping
from numpy_rnn.experiments import EPOCHS
from on_gpu.gpu_page import write_gpu_page
from pages.writer import read_results, write_json

NAME = "gpu"


def parse_arguments() -> argparse.Namespace:
    """Return the checked command line."""
    parser = command_parser(
        f"{__doc__} It takes four to six minutes, and needs the extras 'gpu', 'scripts' and 'test'.",
        ["gpu.py --quick", "gpu.py --output docs/gpu --page-only"],
        "0 if every test passes and every model reaches its target; 1 if one does not; 2 if the measurement cannot run",
    )
    add = parser.add_argument
    add("--output", type=Path, default=Path(NAME), help="folder for results and page (default: %(default)s)")
    add("--quick", action="store_true", help="measure 10 examples of each property, and one epoch, as a trial")
    add(
        "--note",
        action="append",
        default=[],
        metavar="SENTENCE",
        help="a sentence about the installation, for the page; may be repeated",
    )
    add(
        "--page-only",
        action="store_true",
        help="write the page again from the result file in --output, without measuring",
    )
    options = parser.parse_args()
    if options.page_only and options.note:
        parser.error(f"argument --page-only: expected no --note with it, got {options.note[0]!r}")
    return options


def start() -> None:
    """Start TensorFlow on its first GPU, with TF32 off; raise Refused if there is no GPU or no pytest."""
    for package in ("pytest", "hypothesis"):
        if find_spec(package) is None:
            raise Refused(f"expected the package {package}: python -m pip install -e '.[test]'")
    with quiet_start():
        from parity_tests.oracles import devices

    devices.prepare(on_gpu=True)
    if not devices.has_gpu():
        raise Refused("expected a GPU that TensorFlow can use, found none")


def stages(quick: bool, folder: Path) -> dict[str, Callable[[], Any]]:
    """Return the measurements by their names in the result file, in order; `folder` is for temporary files."""
    from on_gpu import gpu_device, gpu_measurements, gpu_processes

    return {
        "steps": partial(gpu_measurements.measure_steps, 3 if quick else 20),
        "exactness": partial(gpu_measurements.measure_functions, 1_000 if quick else 10_000),
        "tf32": gpu_measurements.measure_tf32,
        "suite": partial(gpu_processes.run_suite, folder, "quick" if quick else "ci"),
        "trainings": partial(gpu_processes.run_trainings, folder / "runs", 1 if quick else EPOCHS),
        "device": gpu_device.describe_device,
    }


def rewrite_page(console: Console, folder: Path) -> None:
    """Write the page from the result file in `folder`; raise Refused if there is none."""
    results = read_results([NAME], folder)
    if not results:
        raise Refused(f"--page-only: expected the result file {NAME}.json in {folder}, found none")
    with reserved(folder, folder), finished_together(folder) as unfinished:
        write_gpu_page(unfinished, results[NAME], folder / f"{NAME}.json")
    console.print(f"Written to {folder}/: report.md")


def main(stopping: Stopping) -> int:
    """Measure everything, and write results and the page; return the exit code."""
    options = parse_arguments()
    console = new_console()
    with one_line_for("gpu.py", OSError, ValueError, Refused):
        if options.page_only:
            rewrite_page(console, options.output)
            return 0
        start()
        with reserved(options.output, options.output):
            results: dict[str, Any] = {"notes": options.note}
            with tempfile.TemporaryDirectory() as folder:
                for name, measure in stages(options.quick, Path(folder)).items():
                    begin = time.perf_counter()
                    results[name] = measure()
                    console.print(f"{name}: {time.perf_counter() - begin:.0f} s")
            with finished_together(options.output) as unfinished:
                write_json(unfinished / f"{NAME}.json", results)
            with finished_together(options.output) as unfinished:
                write_gpu_page(unfinished, results, options.output / f"{NAME}.json")
    console.print(f"Written to {options.output}/: report.md, {NAME}.json")
    return 0 if not results["suite"]["failed"] and all(one["met"] is not False for one in results["trainings"]) else 1

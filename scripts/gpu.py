"""Runs on a GPU what the project promises there, and writes a page: parity, TF32, the four models, ms per step."""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from checkpoints import Refused
from command import one_line_for, reserved, run
from quiet import quiet_start
from report import finished_together
from rich.console import Console
from stopping import Stopping

from numpy_rnn.experiments import EPOCHS


def parse_arguments() -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Needs the extra 'test'. Exit code: 0 if every test passes and every model meets its target, 1 if one "
        "does not, 2 if something stood in the way, as where TensorFlow sees no GPU.",
    )
    add = parser.add_argument
    add("--output", type=Path, default=Path("docs/gpu"), help="folder (default: %(default)s)")
    add("--quick", action="store_true", help="10 examples of each property, one epoch: to see that it works")
    return parser.parse_args()


def start() -> None:
    """Starts TensorFlow on its first GPU, TF32 off; raises Refused where there is none, or no pytest."""
    for package in ("pytest", "hypothesis"):
        if find_spec(package) is None:
            raise Refused(f"expected the package {package}: python -m pip install -e '.[test]'")
    with quiet_start():
        from parity_tests import devices

    devices.prepare(on_gpu=True)
    if not devices.has_gpu():
        raise Refused("expected a GPU that TensorFlow can use, found none")


def stages(quick: bool, folder: Path) -> dict[str, Callable[[], Any]]:
    """What is measured, by its name in `gpu.json`, in this order; `folder` is for files that do not stay."""
    from on_gpu import device, measured, processes

    return {
        "steps": partial(measured.steps, 3 if quick else 20),
        "exactness": partial(measured.exactness, 1_000 if quick else 10_000),
        "tf32": measured.bounds_missed,
        "suite": partial(processes.suite, folder, "quick" if quick else "ci"),
        "trainings": partial(processes.trainings, folder / "runs", 1 if quick else EPOCHS),
        "device": device.describe,
    }


def main(stopping: Stopping) -> int:
    """Measures all, writes the page; returns the exit code."""
    options = parse_arguments()
    console = Console(highlight=False)
    with one_line_for("gpu.py", OSError, ValueError, Refused):
        start()
        with reserved(options.output, options.output):
            from on_gpu.page import page

            results = {}
            with tempfile.TemporaryDirectory() as folder:
                for name, measure in stages(options.quick, Path(folder)).items():
                    begin = time.perf_counter()
                    results[name] = measure()
                    console.print(f"{name}: {time.perf_counter() - begin:.0f} s")
            with finished_together(options.output) as unfinished:
                (unfinished / "gpu.json").write_text(json.dumps(results, indent=2) + "\n")
                (unfinished / "report.md").write_text(page(results))
    console.print(f"Written to {options.output}/: report.md, gpu.json")
    return 0 if not results["suite"]["failed"] and all(one["met"] for one in results["trainings"]) else 1


if __name__ == "__main__":
    run("gpu.py", main)

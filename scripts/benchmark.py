"""Compares the speed and memory of this project with Keras, torch and JAX, and the ratios with the project's goals."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("benchmark")

import argparse
import os
import platform
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status

from benchmarks import (
    avx2,
    cores,
    elsewhere,
    inference,
    pipeline,
    shards,
    sizes,
    steps,
    time_shares,
    unrolling,
    whole_jobs,
)
from benchmarks.benchmark_page import check_results, write_benchmark_page, write_results
from benchmarks.contender_process import clean_environment, use_cores
from benchmarks.contenders import CONTENDERS
from benchmarks.timing import Plan
from command.arguments import command_parser, one_of, whole_number
from command.console import new_console
from command.errors import Refused, one_line_for, warn
from command.output_folders import finished_together, reserved
from command.platform_differences import load_average
from command.signals import Stopping
from pages.images import load_renderer
from pages.terminal import has_bars, rich_table
from trainings.provenance import processor

MODULES = steps, elsewhere, avx2, shards, cores, inference, sizes, unrolling, whole_jobs, time_shares, pipeline
PARTS = {module.PART.name: module.PART for module in MODULES}
# The part for a second machine would measure the same again on the first one.
DEFAULT_PARTS = [part for part in PARTS.values() if part is not elsewhere.PART]
GOALS = {"steps": steps.goals, "jobs": whole_jobs.goals}
PACKAGES = "numpy", "tensorflow", "keras", "torch", "jax", "optax"


def parse_arguments() -> argparse.Namespace:
    """Return the checked command line; `parts` are `Part` objects."""
    parser = command_parser(
        f"{__doc__} Nothing else should run on the machine meanwhile. torch and JAX are in the extra 'bench'; "
        "libraries that are not installed are skipped.",
        ["benchmark.py steps --quick", "benchmark.py steps inference --contenders numpy_rnn torch"],
        "0 if every measured goal is met; 1 if one is not; 2 if the benchmark cannot run",
    )
    add = parser.add_argument
    add(
        "parts",
        nargs="*",
        type=one_of(PARTS),
        metavar="PART",
        help=f"parts to measure: {', '.join(PARTS)} (default: all except elsewhere, which is for a second machine)",
    )
    add(
        "--contenders",
        nargs="+",
        type=one_of({name: name for name in CONTENDERS}),
        default=tuple(CONTENDERS),
        metavar="NAME",
        help=f"contenders to measure: {', '.join(CONTENDERS)} (default: all)",
    )
    add("--rounds", type=whole_number(2, 1000), help="highest number of rounds (default: 30, with --quick 2)")
    add("--threads", type=whole_number(1, 1024), default=2, help="threads of every contender (default: %(default)s)")
    add("--output", type=Path, default=Path("benchmark"), help="folder for results and page (default: %(default)s)")
    add("--quick", action="store_true", help="measure two rounds, and jobs of one epoch, as a trial")
    add(
        "--page-only",
        action="store_true",
        help="write the page and its pictures again from the result files in --output, without measuring",
    )
    options = parser.parse_args()
    if options.page_only and options.parts:
        parser.error(f"argument --page-only: expected no PART with it, got {options.parts[0].name!r}")
    options.parts = list(dict.fromkeys(options.parts or DEFAULT_PARTS))
    plan = (
        Plan(2, 5.0, options.threads, options.contenders, epochs=1)
        if options.quick
        else Plan(30, 60.0, options.threads, options.contenders)
    )
    options.plan = plan._replace(rounds=options.rounds or plan.rounds)
    return options


def conditions(plan: Plan, cores: list[int]) -> dict[str, Any]:
    """Return the machine, the versions and the settings of a measurement."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "cores_used": len(cores) or None,
        "threads": plan.threads,
        "load_before": load_average(),
        "rounds": plan.rounds,
        "versions": {"Python": platform.python_version()} | dict(filter(None, map(installed, PACKAGES))),
    }


def installed(package: str) -> tuple[str, str] | None:
    """Return the name and version of a package, or None if it is not installed."""
    try:
        return package, version(package)
    except PackageNotFoundError:
        return None


def rewrite_page(console: Console, folder: Path) -> None:
    """Write the page and its pictures from the result files in `folder`; raise Refused if there are none."""
    if not any((folder / f"{name}.json").exists() for name in PARTS):
        raise Refused(f"--page-only: expected result files such as {next(iter(PARTS))}.json in {folder}, found none")
    with reserved(folder, folder), finished_together(folder) as unfinished, console.status("drawing"):
        names = write_benchmark_page(unfinished, PARTS.values(), folder)
    console.print(f"Written to {folder}/: report.md and pictures of {', '.join(names)}", soft_wrap=True)


def main(stopping: Stopping) -> int:
    """Measure the chosen parts, and write results, pictures and the page; return the exit code."""
    options = parse_arguments()
    console = new_console()
    missed = []
    folder = options.output
    with one_line_for("benchmark.py", OSError, ValueError, Refused):
        if options.page_only:
            rewrite_page(console, folder)
            return 0
        with reserved(folder, folder):
            check_results(folder, [part for part in PARTS.values() if part not in options.parts])
            load_renderer()
            clean_environment(options.threads)
            where = conditions(options.plan, use_cores(options.threads))
            if where["load_before"] > 0.5:
                load = f"something else is running (load {where['load_before']:.1f})"
                warn("benchmark.py", f"{load}, which makes the ratios less accurate")
            for part in options.parts:
                with console.status(part.name) as status:
                    results = part.measure(options.plan, partial(show, console, status, part.name))
                with finished_together(folder) as unfinished:
                    write_results(unfinished, part, results, where)
                with finished_together(folder) as unfinished:
                    write_benchmark_page(unfinished, PARTS.values(), folder)
                for table in part.tabulate(results):
                    console.print(rich_table(table), "")
                if part.name in GOALS:
                    missed += [row for row in GOALS[part.name](results) if row[3].value > row[4]]
    console.print(f"Written to {folder}/: report.md, and results and pictures of each part", soft_wrap=True)
    return 1 if missed else 0


def show(console: Console, status: Status, name: str, text: str) -> None:
    """Show what is being measured: beside a spinner on a terminal, in a line of its own in a log."""
    if has_bars(console):
        status.update(f"{name}: {text}")
    else:
        console.print(f"{name}: {text}")

"""Times this project beside Keras, torch and JAX, and says how the ratios stand to the goals it has set itself.

Nothing else should run meanwhile.
"""

import argparse
import os
import platform
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from command.folders import finished_together, reserved
from rich.console import Console
from rich.status import Status

from benchmarks import inference, jobs, pipeline, shares, sizes, steps
from benchmarks.contender_process import clean_environment, use_cores
from benchmarks.contenders import CONTENDERS
from benchmarks.files import rich_table, write_page, write_results
from benchmarks.timing import Plan
from command.arguments import one_of, whole_number
from command.errors import Refused, one_line_for, warn
from command.signals import Stopping, run

PARTS = {module.PART.name: module.PART for module in (steps, inference, sizes, jobs, shares, pipeline)}
GOALS = {"steps": steps.goals, "jobs": jobs.goals}
PACKAGES = "numpy", "tensorflow", "keras", "torch", "jax", "optax"


def parse_arguments() -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Torch and JAX are the extra 'bench'; who is not installed is left out. "
        "Exit code: 0 if every goal that was measured is met, 1 if one is not, 2 if something stood in the way.",
    )
    add = parser.add_argument
    add("parts", nargs="*", type=one_of(PARTS), metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    names = f"only these, of {', '.join(CONTENDERS)}"
    add(
        "--contenders",
        nargs="+",
        type=one_of({name: name for name in CONTENDERS}),
        default=tuple(CONTENDERS),
        metavar="NAME",
        help=names,
    )
    add("--rounds", type=whole_number(2, 1000), help="at most, in which each contender has its turn (default: 30)")
    add("--threads", type=whole_number(1, 1024), default=2, help="of every contender (default: %(default)s)")
    add("--output", type=Path, default=Path("benchmark"), help="folder (default: %(default)s)")
    add("--quick", action="store_true", help="two rounds, jobs of one epoch: to see that it works")
    options = parser.parse_args()
    options.parts = list(dict.fromkeys(options.parts or PARTS.values()))
    plan = (
        Plan(2, 5.0, options.threads, options.contenders, epochs=1)
        if options.quick
        else Plan(30, 60.0, options.threads, options.contenders)
    )
    options.plan = plan._replace(rounds=options.rounds or plan.rounds)
    return options


def conditions(plan: Plan, cores: list[int]) -> dict[str, Any]:
    """Where and with what it is measured."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "cores_used": len(cores) or None,
        "threads": plan.threads,
        "load_before": os.getloadavg()[0],
        "rounds": plan.rounds,
        "versions": {"Python": platform.python_version()} | dict(filter(None, map(installed, PACKAGES))),
    }


def installed(package: str) -> tuple[str, str] | None:
    """Its name and version, None if it isn't there."""
    try:
        return package, version(package)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """The name of the processor's model."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main(stopping: Stopping) -> int:
    """Measures what the command line names; returns the exit code."""
    options = parse_arguments()
    console = Console(highlight=False)
    missed = []
    folder = options.output
    with one_line_for("benchmark.py", OSError, ValueError, Refused), reserved(folder, folder):
        clean_environment(options.threads)
        where = conditions(options.plan, use_cores(options.threads))
        if where["load_before"] > 0.5:
            warn("benchmark.py", f"something else is running (load {where['load_before']:.1f}): the ratios suffer")
        for part in options.parts:
            with console.status(part.name) as status:
                results = part.measure(options.plan, partial(show, console, status, part.name))
            with finished_together(folder) as unfinished:
                write_results(unfinished, part, results, where)
                write_page(unfinished, PARTS.values(), unfinished, folder)
            for table in part.tabulate(results):
                console.print(rich_table(table), "")
            if part.name in GOALS:
                missed += [row for row in GOALS[part.name](results) if row[3].value > row[4]]
    console.print(f"Written to {folder}/: report.md, and results and pictures of each part")
    return 1 if missed else 0


def show(console: Console, status: Status, name: str, text: str) -> None:
    """What is being measured: beside a spinner on a terminal, in a line of its own in a log."""
    if console.is_terminal:
        status.update(f"{name}: {text}")
    else:
        console.print(f"{name}: {text}")


if __name__ == "__main__":
    run("benchmark.py", main)

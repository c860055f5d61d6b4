"""Answers the exercise's questions by training runs, with pictures and a page that tells what came out."""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from command.arguments import one_of, whole_number
from command.errors import Refused, one_line_for, warn
from command.folders import finished_together, reserved
from command.signals import Stopping, run
from numpy_rnn import mnist
from studies import initial_state, memory, parameters, prediction, reproduction, rows_columns, width
from studies.files import write_json, write_report
from studies.pool import train_all
from studies.recipes import Plan, Recipe
from studies.runs import Runs

STUDIES = {
    module.STUDY.name: module.STUDY
    for module in (initial_state, parameters, width, memory, rows_columns, prediction, reproduction)
}
COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(30),
    TaskProgressColumn(),
    TimeElapsedColumn(),
    TextColumn("left"),
    TimeRemainingColumn(),
)


def parse_arguments() -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Training runs that are finished are not repeated, and one that was interrupted goes on where it was. "
        "Exit code: 0 if all is done, 2 if something stood in the way.",
    )
    add = parser.add_argument
    names = ", ".join(STUDIES)
    add("studies", nargs="*", type=one_of(STUDIES), metavar="NAME", help=f"{names} (default: all)")
    add("--seeds", type=whole_number(1, 1000), default=20, help="most that a study takes (default: %(default)s)")
    add("--backend", choices=["tf", "numpy"], default="numpy", help="what trains (default: %(default)s)")
    add("--output", type=Path, help="folder (default: studies, with --quick studies-quick)")
    add("--quick", action="store_true", help="a tenth of the images, two epochs, two seeds: to see that it works")
    cores = os.cpu_count() or 1
    add("--jobs", type=whole_number(1, 256), help=f"runs side by side (default: {cores} with NumPy, 1 with TensorFlow)")
    add("--quiet", action="store_true", help="a line for each run, as in a log, instead of a bar")
    options = parser.parse_args()
    options.output = options.output or Path("studies-quick" if options.quick else "studies")
    options.studies = list(dict.fromkeys(options.studies or STUDIES.values()))
    options.jobs = options.jobs or (cores if options.backend == "numpy" else 1)
    options.seeds = min(options.seeds, 2) if options.quick else options.seeds
    return options


class Shown:
    """What the runs show of their progress: one bar for all on a terminal, a line for each in a log."""

    def __init__(self, console: Console, progress: Progress | None, recipes: list[Recipe]):
        self.console = console
        self.progress = progress
        self.number = len(recipes)
        self.all = sum(recipe.work for recipe in recipes)
        self.parts: dict[Recipe, float] = {}
        self.begin = time.monotonic()
        self.bar = progress.add_task(f"{self.number} training runs", total=self.all) if progress else None

    def __call__(self, recipe: Recipe, part: float) -> None:
        """Shows that this part of the run is done."""
        self.parts[recipe] = part
        work = sum(recipe.work * part for recipe, part in self.parts.items())
        if self.progress and self.bar is not None:
            self.progress.update(self.bar, completed=work)
        elif part == 1:
            done = sum(part == 1 for part in self.parts.values())
            left = (time.monotonic() - self.begin) * (self.all / work - 1) / 60
            self.console.print(f"{done} of {self.number}: {recipe.name}, about {left:.0f} min left", soft_wrap=True)


@contextmanager
def shown(console: Console, quiet: bool, recipes: list[Recipe]) -> Iterator[Shown]:
    """A `Shown` for these runs, with a bar on a terminal unless `quiet`."""
    if quiet or not console.is_terminal:
        yield Shown(console, None, recipes)
        return
    with Progress(*COLUMNS, console=console) as progress:
        yield Shown(console, progress, recipes)


def main(stopping: Stopping) -> int:
    """Runs what is missing, and writes results, pictures and the page; returns the exit code."""
    options = parse_arguments()
    console = Console(highlight=False)
    plan = Plan(options.seeds, options.quick)
    runs = Runs(options.output / "runs", options.backend)
    with one_line_for("study.py", OSError, ValueError, Refused), reserved(options.output, runs.folder):
        mnist.verify()
        recipes = [recipe for study in options.studies for recipe in study.recipes(plan)]
        missing = list(runs.missing(recipes))
        console.print(f"{len(set(recipes))} training runs, {len(missing)} of them missing")
        if missing:
            with shown(console, options.quiet, missing) as progress:
                train_all(missing, runs, options.jobs, progress, partial(warn, "study.py"))
        with finished_together(options.output) as unfinished:
            for study in options.studies:
                with console.status(f"measuring: {study.name}"):
                    write_json(unfinished / f"{study.name}.json", study.measure(plan, runs) | {"plan": plan._asdict()})
            with console.status("drawing"):
                write_report(unfinished, STUDIES.values(), unfinished, options.output)
    console.print(f"Written to {options.output}/: report.html, and results and pictures of each study")
    return 0


if __name__ == "__main__":
    run("study.py", main)

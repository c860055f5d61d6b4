"""Answers the exercise's questions by training runs, and writes a page with sentences, tables and pictures."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("study")

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from command.arguments import choice, command_parser, one_of, whole_number
from command.console import new_console
from command.errors import Refused, one_line_for, warn
from command.output_folders import finished_together, reserved
from command.signals import Stopping
from numpy_rnn import mnist
from pages.images import load_renderer
from pages.terminal import has_bars
from pages.writer import write_json
from studies import clipping, initial_state, memory, parameters, prediction, reproduction, rows_columns, width
from studies.recipes import Plan, Recipe
from studies.run_files import Runs
from studies.study_page import check_results, write_study_page
from studies.worker_pool import train_all

STUDIES = {
    module.STUDY.name: module.STUDY
    for module in (initial_state, parameters, width, memory, rows_columns, prediction, reproduction, clipping)
}
COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(20),
    TaskProgressColumn(),
    TimeElapsedColumn(),
    TextColumn("left"),
    TimeRemainingColumn(),
)


# With fewer columns, a terminal shows no times beside the bar.
WIDE = 68


def parse_arguments() -> argparse.Namespace:
    """Return the checked command line; `studies` are `Study` objects."""
    parser = command_parser(
        f"{__doc__} Finished training runs are not repeated, and interrupted ones resume where they stopped.",
        ["study.py width memory --seeds 3", "study.py --page-only --output docs/studies"],
        "0 if everything is written; 2 if a run cannot start or resume",
    )
    add = parser.add_argument
    names = ", ".join(STUDIES)
    add("studies", nargs="*", type=one_of(STUDIES), metavar="NAME", help=f"studies to run: {names} (default: all)")
    add(
        "--seeds",
        type=whole_number(1, 1000),
        default=20,
        help="highest number of seeds that a study trains (default: %(default)s)",
    )
    add("--backend", **choice("tf", "numpy"), default="numpy", help="library that trains (default: %(default)s)")
    add("--output", type=Path, help="folder for results and page (default: studies, with --quick studies-quick)")
    add("--quick", action="store_true", help="train on a tenth of the images for two epochs and two seeds, as a trial")
    cores = os.cpu_count() or 1
    add(
        "--jobs",
        type=whole_number(1, 256),
        help=f"training runs at the same time (default: {cores} with NumPy, 1 with TensorFlow)",
    )
    add("--quiet", action="store_true", help="print a line for each run, as in a log, instead of a progress bar")
    add(
        "--page-only",
        action="store_true",
        help="write the page and its pictures again from the result files in --output, without training or measuring",
    )
    options = parser.parse_args()
    if options.page_only and options.studies:
        parser.error(f"argument --page-only: expected no NAME with it, got {options.studies[0].name!r}")
    options.output = options.output or Path("studies-quick" if options.quick else "studies")
    options.studies = list(dict.fromkeys(options.studies or STUDIES.values()))
    options.jobs = options.jobs or (cores if options.backend == "numpy" else 1)
    options.seeds = min(options.seeds, 2) if options.quick else options.seeds
    return options


class RunsDisplay:
    """Shows the progress of all training runs: one bar on a terminal, a line for each finished run in a log."""

    def __init__(self, console: Console, progress: Progress | None, recipes: list[Recipe]):
        self.console = console
        self.progress = progress
        self.number = len(recipes)
        self.total = sum(recipe.work for recipe in recipes)
        self.parts: dict[Recipe, float] = {}
        self.start = time.monotonic()
        self.bar = progress.add_task(f"{self.number} training runs", total=self.total) if progress else None

    def show(self, recipe: Recipe, part: float) -> None:
        """Show that `part` of the run, from 0 to 1, is complete."""
        self.parts[recipe] = part
        work = sum(recipe.work * part for recipe, part in self.parts.items())
        if self.progress and self.bar is not None:
            self.progress.update(self.bar, completed=work)
        elif part == 1:
            done = sum(part == 1 for part in self.parts.values())
            left = (time.monotonic() - self.start) * (self.total / work - 1) / 60
            self.console.print(f"{done} of {self.number}: {recipe.name}, about {left:.0f} min left", soft_wrap=True)


@contextmanager
def runs_display(console: Console, quiet: bool, recipes: list[Recipe]) -> Iterator[RunsDisplay]:
    """Yield a `RunsDisplay` for these runs, with a bar on a terminal unless `quiet`."""
    if quiet or not has_bars(console):
        yield RunsDisplay(console, None, recipes)
        return
    columns = COLUMNS if console.width >= WIDE else COLUMNS[:3]
    with Progress(*columns, console=console) as progress:
        yield RunsDisplay(console, progress, recipes)


def rewrite_page(console: Console, folder: Path, within: Path) -> None:
    """Write the page and its pictures from the result files in `folder`; raise Refused if there are none.

    The lock is in the subfolder `within`, as for runs that train.
    """
    if not any((folder / f"{name}.json").exists() for name in STUDIES):
        raise Refused(f"--page-only: expected result files such as {next(iter(STUDIES))}.json in {folder}, found none")
    with reserved(folder, within), finished_together(folder) as unfinished, console.status("drawing"):
        names = write_study_page(unfinished, STUDIES.values(), folder)
    console.print(f"Written to {folder}/: report.md and pictures of {', '.join(names)}", soft_wrap=True)


def main(stopping: Stopping) -> int:
    """Train and measure what is missing, and write results, pictures and the page; return the exit code."""
    options = parse_arguments()
    console = new_console()
    plan = Plan(options.seeds, options.quick)
    runs = Runs(options.output / "runs", options.backend)
    with one_line_for("study.py", OSError, ValueError, Refused):
        if options.page_only:
            rewrite_page(console, options.output, runs.folder)
            return 0
        with reserved(options.output, runs.folder):
            mnist.verify()
            check_results(options.output, [study for study in STUDIES.values() if study not in options.studies])
            load_renderer()
            recipes = [recipe for study in options.studies for recipe in study.recipes(plan)]
            missing = list(runs.missing(recipes, partial(warn, "study.py")))
            console.print(f"{len(set(recipes))} training runs, {len(missing)} to do")
            if missing:
                with runs_display(console, options.quiet, missing) as shown:
                    train_all(missing, runs, options.jobs, shown.show, partial(warn, "study.py"))
            with finished_together(options.output) as unfinished:
                for study in options.studies:
                    with console.status(f"measuring: {study.name}"):
                        results = study.measure(plan, runs) | {"plan": plan._asdict()}
                        write_json(unfinished / f"{study.name}.json", results)
            with finished_together(options.output) as unfinished, console.status("drawing"):
                write_study_page(unfinished, STUDIES.values(), options.output)
    console.print(f"Written to {options.output}/: report.md, and results and pictures of each study", soft_wrap=True)
    return 0

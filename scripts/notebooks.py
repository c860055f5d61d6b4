"""Builds the exercises from the sources of the notebooks, executes the solutions, and checks that they are in step."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("notebooks", kept="solutions that were executed to the end are kept")

import argparse
import sys
import tempfile
import time
from pathlib import Path

from nbformat import NotebookNode

from command.arguments import command_parser, one_of
from command.errors import Refused, one_line_for
from command.output_folders import create
from command.signals import Stopping
from notebook_files.courses import exercises_of, write_course
from notebook_files.differences import differences
from notebook_files.execution import QUICK, CellFailed, execute
from notebook_files.sources import FOLDER, names, read_source, solution_of, write
from pages.wording import count


def parse_arguments() -> argparse.Namespace:
    """Return the checked command line."""
    parser = command_parser(
        __doc__,
        ["notebooks.py", "notebooks.py 4-bptt-by-hand --quick", "notebooks.py --course rnn-course"],
        "0 if everything is written, or in step with --check; 1 if a cell of a solution fails, or a notebook is out of "
        "step; 2 if an argument or a source is wrong, or a file cannot be read or written",
    )
    add = parser.add_argument
    known = {name: name for name in names()}
    help_text = f"notebooks to treat: {', '.join(known)} (default: all)"
    add("notebooks", nargs="*", type=one_of(known), metavar="NOTEBOOK", help=help_text)
    modes = parser.add_mutually_exclusive_group()
    add_mode = modes.add_argument
    add_mode("--quick", action="store_true", help="execute the solutions with few images, and keep no results")
    add_mode("--exercises", action="store_true", help="build the exercises only, and execute nothing")
    add_mode("--check", action="store_true", help="compare exercises and solutions with the sources, and write nothing")
    add_mode("--course", type=Path, metavar="FOLDER", help="write a new course for nbgrader: an assignment for each")
    help_text = "folder of the results (default: docs/notebooks, and with --quick a temporary one)"
    add("--output", type=Path, metavar="FOLDER", help=help_text)
    options = parser.parse_args()
    if options.output and (options.check or options.course):
        parser.error("--output: expected neither --check nor --course with it")
    if options.course and options.course.exists():
        parser.error(f"--course: expected a folder that does not exist yet, got {options.course}")
    return options


def main(stopping: Stopping) -> int:
    """Do what the options ask for; return the exit code."""
    options = parse_arguments()
    with one_line_for("notebooks.py", OSError, Refused):
        sources = {name: read_source(name) for name in dict.fromkeys(options.notebooks or names())}
        if options.output:
            create(options.output)
        if options.course:
            exercises_of(sources)
            create(options.course, "--course")
            write_course(sources, options.course)
            print(f"Written to {options.course}: {count(len(sources), 'assignment')} and nbgrader's configuration")
            return 0
        if options.check:
            return check(sources)
        with tempfile.TemporaryDirectory() as temporary:
            output = options.output or (Path(temporary) if options.quick else FOLDER)
            if not options.quick:
                for name, exercise in exercises_of(sources).items():
                    write(exercise, output / "exercises" / f"{name}.ipynb")
                print(f"Written to {output / 'exercises'}: {', '.join(sources)}")
            return 0 if options.exercises else execute_all(sources, QUICK if options.quick else {}, output)


def check(sources: dict[str, NotebookNode]) -> int:
    """Print the differences between the sources and what is generated from them; return the exit code."""
    found = list(differences(sources, exercises_of(sources), FOLDER))
    for line in found:
        print(line, file=sys.stderr)
    print("Repair it: python scripts/notebooks.py" if found else f"In step: {', '.join(sources)}")
    return 1 if found else 0


def execute_all(sources: dict[str, NotebookNode], parameters: dict[str, int], output: Path) -> int:
    """Execute the solutions one after the other and write those that succeed; return the exit code."""
    failed = 0
    for name, source in sources.items():
        print(f"{name}: {count(len(source.cells), 'cell')}", flush=True)
        start = time.perf_counter()
        try:
            solution = execute(solution_of(source), parameters, lambda line: print(f"  {line}", flush=True))
        except CellFailed as error:
            failed += 1
            print(f"{name}, {error}", file=sys.stderr, flush=True)
        else:
            write(solution, output / "solutions" / f"{name}.ipynb")
            print(f"{name}: executed in {time.perf_counter() - start:.0f} s", flush=True)
    print(f"{len(sources) - failed} of {count(len(sources), 'notebook')} executed to the end")
    return 1 if failed else 0

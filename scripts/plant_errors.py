"""Plants errors, one at a time, in a copy of the project, and checks that the tests catch each of them."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from command.arguments import command_parser, one_of, whole_number
from command.errors import one_line_for
from command.signals import Stopping, run
from mutations.planted_errors import SETS, Mutant, chosen, mutated, names_quantity, test_files
from mutations.project_copy import copy_project, environment
from pages.wording import count

TIMEOUT = 900


class Outcome(NamedTuple):
    """The result for a mutant: "killed", or another outcome; and the test that failed with its message."""

    mutant: Mutant
    outcome: str
    test: str = ""
    message: str = ""


def pytest(project: Path, tests: Iterable[str], kind: str, profile: str) -> tuple[int | None, str]:
    """Run tests in a copy of the project; return exit code and output, or None and "" after a timeout."""
    options = ["-x", "-q", "--tb=short", "-p", "no:cacheprovider", f"--basetemp={project.parent / 'tmp'}"]
    options += ["-p", "profiles", f"--hypothesis-profile={profile}"]
    selection = [] if kind == "tf_rnn" else ["-m", "not tensorflow"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *selection, *tests],
            cwd=project,
            env=environment(project) | {"COLUMNS": "200"},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def plant(original: Path, mutant: Mutant) -> Outcome:
    """Plant one mutant in a new copy of the project, and run the tests there until one fails."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        project = Path(folder) / "project"
        shutil.copytree(original, project, symlinks=True)
        (project / mutant.file).write_text(mutated(mutant, original), "utf-8")
        code, output = pytest(project, test_files(mutant), mutant.set, "few")
        if code == 0:
            code, output = pytest(project, test_files(mutant), mutant.set, "many")
    test, message = first_failure(output)
    if code == 0:
        return Outcome(mutant, "survived")
    if code is None:
        return Outcome(mutant, "timed out")
    if code != 1 or not test:
        return Outcome(mutant, "broken", message=message or output.strip().rpartition("\n")[2])
    return Outcome(mutant, "killed" if names_quantity(message, mutant.quantity) else "misnamed", test, message)


def first_failure(output: str) -> tuple[str, str]:
    """Return the failed test, without its parameters, and the first line of its message."""
    test = re.search(r"^(?:FAILED|ERROR) parity_tests/(\w+/test_\w+\.py::\w+)", output, re.MULTILINE)
    # The messages of NumPy's assertions start with an empty line.
    message = re.search(r"^E +(?:AssertionError:\s+(?:E +)?)?(\S.*)$", output, re.MULTILINE)
    return test[1] if test else "", message[1] if message else ""


def control(original: Path, outcomes: Sequence[Outcome]) -> list[str]:
    """Return a line for each set whose killing tests also fail without any mutant, and so prove nothing."""
    failures = []
    for name in dict.fromkeys(outcome.mutant.set for outcome in outcomes):
        tests = {f"parity_tests/{one.test}" for one in outcomes if one.mutant.set == name and one.test}
        with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
            project = Path(folder) / "project"
            shutil.copytree(original, project, symlinks=True)
            code, output = pytest(project, sorted(tests), name, "many") if tests else (0, "")
        if code != 0:
            failures.append(f"{name}: expected the tests to pass without any mutant, got {first_failure(output)}")
    return failures


def lines(outcome: Outcome) -> str:
    """Return the outcome, the mutant and the test in one line, and the test's message below."""
    colour = "green" if outcome.outcome == "killed" else "red"
    name, test = escape(f"{outcome.mutant.set}: {outcome.mutant.name}"), escape(outcome.test)
    return f"[{colour}]{outcome.outcome:9}[/] {name}  [dim]{test}[/]\n          {escape(outcome.message)}"


def main(stopping: Stopping) -> int:
    """Test the chosen mutants; return the exit code."""
    parser = command_parser(
        __doc__,
        ["plant_errors.py shipped", "plant_errors.py numpy_rnn --only NAME --jobs 4"],
        "0 if the tests catch every error; 1 if they miss one; 2 if an error cannot be planted",
    )
    add = parser.add_argument
    names = ", ".join(SETS)
    add("sets", nargs="*", type=one_of(SETS), metavar="SET", help=f"sets of errors: {names} (default: all)")
    add("--only", nargs="+", default=[], metavar="NAME", help="plant only the errors with these names")
    add("--jobs", type=whole_number(1, 64), default=2, help="errors tested at the same time (default: %(default)s)")
    options = parser.parse_args()
    console = Console(highlight=False)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        original = Path(folder)
        with one_line_for("plant_errors.py", OSError, ValueError, subprocess.CalledProcessError):
            copy_project(original)
            mutants = chosen(options.sets, options.only)
            for mutant in mutants:
                mutated(mutant, original)
        columns = *Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, console=console) as progress, ThreadPoolExecutor(options.jobs) as pool:
            tasks = [pool.submit(plant, original, mutant) for mutant in mutants]
            try:
                for task in progress.track(as_completed(tasks), total=len(tasks), description="mutants"):
                    console.print(lines(task.result()), no_wrap=True, overflow="ellipsis")
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        outcomes = [task.result() for task in tasks]
        with console.status("the same tests without any mutant"):
            failures = control(original, outcomes)
    counts = Counter(outcome.outcome for outcome in outcomes)
    figures = ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common())
    console.print(
        f"{count(len(mutants), 'mutant')} in {time.perf_counter() - start:.0f} s: {figures}", *failures, sep="\n"
    )
    return 0 if counts["killed"] == len(mutants) and not failures else 1


if __name__ == "__main__":
    run("plant_errors.py", main, kept="no results are kept")

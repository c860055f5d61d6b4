"""Plants one error after another in a copy of the project, and sees that the tests catch every one."""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from command.arguments import one_of, whole_number
from command.project_copy import ROOT, copy_project, environment, test_file

SETS = {name: name for name in ("numpy_rnn", "tf_rnn", "shipped")}
TIMEOUT = 900

# Each file's own tests first: most errors show there within seconds. After them come those of all files.
NUMPY = (
    "gradients outputs purity readout adam sequences numpy_training closed_forms hand_computed symmetries time "
    "numpy_types"
)
TENSORFLOW = (
    "against_tensorflow layers cells weights initial_weights compiled_models layer_arguments saving lockstep data"
)
FIRST = {
    "tf_rnn/cells.py": "against_tensorflow initial_weights cells",
    "numpy_rnn/activations.py": "readout closed_forms",
    "numpy_rnn/adam.py": "adam",
    "numpy_rnn/checkpoint.py": "checkpoint resume initial_state atomic_write corruption",
    "numpy_rnn/checks.py": "numpy_arguments numpy_types",
    "numpy_rnn/classifier.py": "gradients readout initial_state",
    "numpy_rnn/initialization.py": "initial_state numpy_training numpy_arguments",
    "numpy_rnn/readout.py": "readout gradients",
    "numpy_rnn/sequences.py": "sequences",
    "numpy_rnn/training.py": "numpy_training resume initial_state",
    "tf_rnn/data.py": "data",
    "tf_rnn/layers.py": "layers layers_initial_state",
    "tf_rnn/training.py": "layers_initial_state compiled_models initial_weights resume_tensorflow",
    "tf_rnn/weights.py": "weights layers_initial_state",
}

# What is wrong in one step is named as what it is, before later steps hand on what came of it.
ONE_STEP_FIRST = "parity_tests/meta/test_mutants.py::test_the_code_as_it_is_passes_the_check"


class Mutant(NamedTuple):
    """An error: the text `old`, which stands once in `file`, becomes `new`.

    If there are names in `quantity`, the failure is to begin with one of them.
    """

    set: str
    name: str
    file: str
    old: str
    new: str
    quantity: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What became of a mutant; `killed`, by which test and with what message, is the one that is wanted."""

    mutant: Mutant
    outcome: str
    test: str = ""
    message: str = ""


def read(name: str) -> list[Mutant]:
    """The mutants of a set."""
    entries = tomllib.loads((ROOT / "parity_tests" / "mutants" / f"{name}.toml").read_text("utf-8"))["mutant"]
    mutants = []
    for entry in entries:
        quantity = entry.get("quantity", [])
        quantities = (quantity,) if isinstance(quantity, str) else tuple(quantity)
        mutants.append(Mutant(name, entry["name"], entry["file"], entry["old"], entry["new"], quantities))
    return mutants


def mutated(mutant: Mutant, root: Path = ROOT) -> str:
    """The source with the error in it; raises ValueError, naming the mutant, if it can't be planted or compiled."""
    source = (root / mutant.file).read_text("utf-8")
    found = source.count(mutant.old)
    if found != 1:
        raise ValueError(f"{mutant.name}: expected its old text once in {mutant.file}, found it {found} times")
    if mutant.new == mutant.old:
        raise ValueError(f"{mutant.name}: expected another text than the old one")
    changed = source.replace(mutant.old, mutant.new)
    try:
        compile(changed, mutant.file, "exec")
    except SyntaxError as error:
        raise ValueError(f"{mutant.name}: expected Python, got: {error}") from error
    return changed


def names(message: str, quantity: Iterable[str]) -> bool:
    """Whether a message begins with one of these names; with none to choose from any message will do."""
    return not quantity or any(re.match(rf"{re.escape(name)}(?!\w)", message) for name in quantity)


def pytest(project: Path, tests: Iterable[str], kind: str, profile: str) -> tuple[int | None, str]:
    """Exit code and output of the tests in a copy of the project; None if they take too long."""
    options = ["-x", "-q", "--tb=short", "-p", "no:cacheprovider", f"--basetemp={project.parent / 'tmp'}"]
    options += ["-p", "profiles", f"--hypothesis-profile={profile}"]
    selection = [] if kind == "tf_rnn" else ["-m", "not tensorflow"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *selection, *tests],
            cwd=project,
            env=environment(project) | {"COLUMNS": "200"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def test_files(mutant: Mutant) -> list[str]:
    """The tests that are to catch it, the most telling first."""
    all_files = TENSORFLOW if mutant.set == "tf_rnn" else NUMPY
    ordered = dict.fromkeys(f"{FIRST.get(mutant.file, '')} {all_files}".split())
    named = [ONE_STEP_FIRST] if mutant.set == "shipped" else []
    return named + [test_file(name) for name in ordered]


def run(original: Path, mutant: Mutant) -> Outcome:
    """Plants one mutant in a copy of its own, and runs the tests there until one fails."""
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
    return Outcome(mutant, "killed" if names(message, mutant.quantity) else "misnamed", test, message)


def first_failure(output: str) -> tuple[str, str]:
    """The test that failed, without its parameters, and the first line of what it says."""
    test = re.search(r"^(?:FAILED|ERROR) parity_tests/(\w+/test_\w+\.py::\w+)", output, re.MULTILINE)
    # NumPy's own messages begin with an empty line.
    said = re.search(r"^E +(?:AssertionError:\s+(?:E +)?)?(\S.*)$", output, re.MULTILINE)
    return test[1] if test else "", said[1] if said else ""


def control(original: Path, outcomes: Sequence[Outcome]) -> list[str]:
    """Which of the sets' tests that caught something fail without any mutant, and so prove nothing."""
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
    """What became of a mutant, the test that saw it, and below what that says."""
    colour = "green" if outcome.outcome == "killed" else "red"
    name, test = escape(f"{outcome.mutant.set}: {outcome.mutant.name}"), escape(outcome.test)
    return f"[{colour}]{outcome.outcome:9}[/] {name}  [dim]{test}[/]\n          {escape(outcome.message)}"


def chosen(sets: Sequence[str], only: Sequence[str]) -> list[Mutant]:
    """The mutants that the command line names; raises ValueError for a name that none of them bears."""
    mutants = [mutant for name in sets or SETS for mutant in read(name)]
    unknown = set(only) - {mutant.name for mutant in mutants}
    if unknown:
        raise ValueError(f"--only: expected the name of a mutant, got {sorted(unknown)[0]!r}")
    return [mutant for mutant in mutants if not only or mutant.name in only]


def main() -> int:
    """Runs what the command line names; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="Exit code: 0 if all are killed, 1 if one is not, 2 if one can't be planted."
    )
    parser.add_argument(
        "sets",
        nargs="*",
        type=one_of(SETS),
        metavar="SET",
        help=f"{', '.join(SETS)} (default: all)",
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these mutants alone")
    parser.add_argument("--jobs", type=whole_number(1, 64), default=2, help="side by side (default: %(default)s)")
    options = parser.parse_args()
    console = Console(highlight=False)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        original = Path(folder)
        try:
            copy_project(original)
            mutants = chosen(options.sets, options.only)
            for mutant in mutants:
                mutated(mutant, original)
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            print(f"plant_errors.py: error: {error}", file=sys.stderr)
            return 2
        columns = *Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, console=console) as progress, ThreadPoolExecutor(options.jobs) as pool:
            tasks = [pool.submit(run, original, mutant) for mutant in mutants]
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
    figures = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
    console.print(f"{len(mutants)} mutants in {time.perf_counter() - start:.0f} s: {figures}", *failures, sep="\n")
    return 0 if counts["killed"] == len(mutants) and not failures else 1


if __name__ == "__main__":
    sys.exit(main())

"""Changes the equations of numpy_rnn in small ways, in copies of the project, and checks that the tests fail.

The changes, called mutants, are made by cosmic-ray.
"""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("mutate_equations", kept="no results are kept")

import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult
from rich import box
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn
from rich.table import Table

from command.arguments import command_parser, one_of, whole_number
from command.console import new_console
from command.errors import Refused, one_line_for
from command.platform_differences import WINDOWS
from command.signals import Stopping
from mutations.processes import Processes
from mutations.project_copy import ROOT, copy_project, environment, test_file

MODULES = {name: f"numpy_rnn/{name}.py" for name in ("activations", "rnn", "lstm", "readout", "adam")}
EXPLANATIONS = "parity_tests/mutants/equivalent.toml"
PERCENT = 97

# The tests of these modules that need no TensorFlow; those in FIRST are quick and kill most mutants. They run first
# with two examples of each property, then with the usual number. Failing examples are not shrunk.
FIRST = ["hand_computed", "adam", "outputs", "closed_forms", "readout", "gradients"]
SECOND = ["time", "symmetries", "purity", "numpy_training"]
TESTS = {"few": [*FIRST, *SECOND], "many": [*FIRST, *SECOND, "numpy_arguments", "numpy_types"]}
PYTEST = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "profiles"]
COMMAND = " && ".join(
    shlex.join([*PYTEST, "-m", "not tensorflow", f"--hypothesis-profile={profile}", *files])
    for profile, files in ((key, [test_file(name) for name in names]) for key, names in TESTS.items())
)
COSMIC_RAY = [sys.executable, "-m", "cosmic_ray.cli"]
SESSION = "mutation.sqlite"


class Mutant(NamedTuple):
    """One changed line and its result: killed, timed out or survived."""

    file: str
    line: int
    old: str
    new: str
    operator: str
    outcome: str


def main(stopping: Stopping) -> int:
    """Test all mutants of the chosen modules and print the results; return the exit code."""
    parser = command_parser(
        __doc__,
        ["mutate_equations.py rnn lstm --jobs 4", "mutate_equations.py --timeout 600"],
        f"0 if at least {PERCENT} % of the mutants of each module are killed and every survivor is explained; "
        "1 if not; 2 if the tests fail without a mutant",
    )
    add = parser.add_argument
    names = ", ".join(MODULES)
    add("modules", nargs="*", type=one_of(MODULES), metavar="MODULE", help=f"modules to mutate: {names} (default: all)")
    add("--jobs", type=whole_number(1, 64), default=2, help="mutants tested at the same time (default: %(default)s)")
    add(
        "--timeout",
        type=whole_number(1, 3600),
        default=300,
        help="seconds after which a mutant counts as timed out (default: %(default)s)",
    )
    options = parser.parse_args()
    files = list(dict.fromkeys(options.modules or MODULES.values()))
    explanations = tomllib.loads((ROOT / EXPLANATIONS).read_text(encoding="utf-8"))["equivalent"]
    console = new_console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="cosmic-ray-") as folder:
        first, *others = copies = [Path(folder).resolve() / str(job) for job in range(options.jobs)]
        with one_line_for("mutate_equations.py", OSError, Refused, subprocess.CalledProcessError):
            if WINDOWS:
                raise Refused("expected a POSIX shell, in which cosmic-ray runs the tests, found Windows")
            copy(first, files, options.timeout)
            with console.status("the tests without a mutant"), Processes() as processes:
                check_unmutated(processes, first)
            for other in others:
                shutil.copytree(first, other, symlinks=True)
            with Processes() as processes:
                share_out(processes, copies)
                execute(processes, copies, console)
        mutants = sorted(mutant for one in copies for mutant in outcomes(one))
    return report(mutants, files, explanations)


def copy(folder: Path, files: list[str], timeout: int) -> None:
    """Copy the project, including uncommitted work, and add a configuration for cosmic-ray."""
    copy_project(folder)
    (folder / "mutation.toml").write_text(
        f"[cosmic-ray]\nmodule-path = {files}\ntimeout = {timeout}\nexcluded-modules = []\n"
        f"test-command = {json.dumps(shlex.join(['sh', '-c', COMMAND]))}\n[cosmic-ray.distributor]\nname = 'local'\n",
        encoding="utf-8",
    )


def check_unmutated(processes: Processes, folder: Path) -> None:
    """Raise Refused unless Python imports the copy and the tests pass there.

    The tests stay compiled, which halves the time for a mutant. The modules that will change do not.
    """
    variables = environment(folder) | {"PYTHONDONTWRITEBYTECODE": ""}
    show = [sys.executable, "-c", "import numpy_rnn; print(numpy_rnn.__file__, end='')"]
    _, imported = processes.run(show, folder, variables)
    if Path(imported).parent != folder / "numpy_rnn":
        raise Refused(f"without a mutant: expected numpy_rnn of the copy, got {imported}")
    code, output = processes.run(["sh", "-c", COMMAND], folder, variables)
    shutil.rmtree(folder / "numpy_rnn" / "__pycache__", ignore_errors=True)
    if code:
        print(output, file=sys.stderr)
        raise Refused("without a mutant: expected the tests to pass, got the failures above")


def share_out(processes: Processes, copies: list[Path]) -> None:
    """Let cosmic-ray list the mutants, and give each of the n copies every n-th mutant."""
    command = [*COSMIC_RAY, "init", "mutation.toml", "all.sqlite"]
    code, output = processes.run(command, copies[0], environment(copies[0]))
    if code:
        raise Refused(f"cosmic-ray init: ended with {code}: {output.strip()[-300:]}")
    items = sorted(WorkDB(copies[0] / "all.sqlite", WorkDB.Mode.open).work_items, key=place)
    for job, folder in enumerate(copies):
        WorkDB(folder / SESSION, WorkDB.Mode.create).add_work_items(items[job :: len(copies)])


def execute(processes: Processes, copies: list[Path], console: Console) -> None:
    """Test all mutants, in each copy one after another, with a progress bar."""
    command = [*COSMIC_RAY, "exec", "mutation.toml", SESSION]
    jobs = [processes.start(command, folder, environment(folder)) for folder in copies]
    sessions = [WorkDB(folder / SESSION, WorkDB.Mode.open) for folder in copies]
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task("mutants", total=sum(session.num_work_items for session in sessions))
        running = True
        while running:
            running = any(job.poll() is None for job in jobs)
            progress.update(bar, completed=sum(session.num_results for session in sessions))
            time.sleep(1)


def place(item: WorkItem) -> tuple[str, tuple[int, int]]:
    """Return the start of a mutant's change: the file, and line and column."""
    return item.mutations[0].module_path.as_posix(), item.mutations[0].start_pos


def outcomes(folder: Path) -> list[Mutant]:
    """Return the mutants of a copy with their outcomes."""
    session = WorkDB(folder / SESSION, WorkDB.Mode.open)
    results = dict(session.results)
    return [outcome(item, results.get(item.job_id)) for item in session.work_items]


def outcome(item: WorkItem, result: WorkResult | None) -> Mutant:
    """Return a mutant with its outcome. Raises RuntimeError if it was not created or not tested."""
    if result is None or result.worker_outcome != WorkerOutcome.NORMAL:
        raise RuntimeError(f"no result for {item}: {result}")
    file, (line, _) = place(item)
    # The first three lines are a heading.
    difference = result.diff.splitlines()[3:]
    old, new = (" ".join(text[1:].strip() for text in difference if text.startswith(sign)) for sign in "-+")
    killed = "timed out" if result.output == "timeout" else "killed"
    word = killed if result.test_outcome == TestOutcome.KILLED else "survived"
    return Mutant(file, line, old, new, item.mutations[0].operator_name.removeprefix("core/"), word)


def report(mutants: list[Mutant], files: list[str], explanations: list[dict[str, str]]) -> int:
    """Print the table, all mutants that were not killed, and stale explanations; return the exit code."""
    reasons = {(entry["file"], entry["old"], entry["new"]): entry["why"] for entry in explanations}
    console = new_console(width=200, soft_wrap=True)
    table = Table("module", "mutants", "killed", "timed out", "survived", "killed %", box=box.MARKDOWN)
    enough = True
    for file in files:
        count = Counter(mutant.outcome for mutant in mutants if mutant.file == file)
        percent = 100 * count["killed"] / max(count["killed"] + count["survived"], 1)
        enough = enough and percent >= PERCENT
        figures = [count.total(), *(count[word] for word in ("killed", "timed out", "survived"))]
        table.add_row(file, *map(str, figures), f"{percent:.1f}")
    console.print(table)
    for file, line, old, new, operator, word in mutants:
        if word != "killed":
            why = reasons.get((file, old, new), "NOT EXPLAINED") if word == "survived" else ""
            console.print(f"{file}:{line}: {word}, {operator}\n    {old}\n  → {new}\n    {why}")
    survivors = {(mutant.file, mutant.old, mutant.new) for mutant in mutants if mutant.outcome == "survived"}
    stale = [key for key in reasons if key[0] in files and key not in survivors]
    for file, old, new in stale:
        console.print(f"{EXPLANATIONS}: stale, no such survivor\n    {file}\n    {old}\n  → {new}")
    return 0 if enough and survivors <= reasons.keys() and not stale else 1

"""Judges right implementations in several styles, and each with planted errors, and checks the judge's verdicts."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("judge_styles", kept="no results are kept")

import multiprocessing
import signal
import time
from importlib.util import find_spec

from rich import box
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from command.arguments import command_parser, one_of, whole_number
from command.console import new_console
from command.errors import one_line_for
from command.signals import Stopping
from mutations.judged_styles import LIBRARIES, STYLES, Result, measure, planted_errors
from mutations.planted_errors import Mutant, mutated
from pages.wording import count
from parity_tests.judging.checks import DEPTHS
from parity_tests.judging.verdict import RIGHT

# A style, an error planted into it or None, and a depth of the judge.
Task = tuple[str, Mutant | None, str]


def main(stopping: Stopping) -> int:
    """Judge the chosen styles and print the verdicts; return the exit code."""
    parser = command_parser(
        __doc__,
        ["judge_styles.py --jobs 4", "judge_styles.py two_biases one_example --depths quick"],
        "0 if every right implementation is judged right and every error wrong; 1 if not; "
        "2 if an error cannot be planted",
    )
    add = parser.add_argument
    numpy_styles = [style for style in STYLES if style not in LIBRARIES]
    help_text = f"styles to judge: {', '.join(STYLES)} (default: all that need NumPy only)"
    add("styles", nargs="*", type=one_of({name: name for name in STYLES}), metavar="STYLE", help=help_text)
    depths = ", ".join(DEPTHS)
    add(
        "--depths",
        nargs="+",
        type=one_of({name: name for name in DEPTHS}),
        default=list(DEPTHS),
        metavar="DEPTH",
        help=f"depths at which right implementations are judged: {depths} (default: all); errors are judged in quick",
    )
    add("--jobs", type=whole_number(1, 64), default=2, help="verdicts at the same time (default: %(default)s)")
    options = parser.parse_args()
    styles = list(dict.fromkeys(options.styles)) or numpy_styles
    for style in styles:
        if style in LIBRARIES and not find_spec(LIBRARIES[style]):
            parser.error(f"{style}: the package {LIBRARIES[style]} is not installed")
    errors = [(style, error) for style in styles for error in planted_errors(style)]
    with one_line_for("judge_styles.py", ValueError):
        for _, error in errors:
            mutated(error)
    tasks: list[Task] = [(style, None, depth) for style in styles for depth in options.depths]
    tasks += [(style, error, "quick") for style, error in errors]

    console = new_console()
    start = time.perf_counter()
    columns = *Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn()
    context = multiprocessing.get_context("spawn")
    with Progress(*columns, console=console) as progress, context.Pool(options.jobs, ignore_ctrl_c) as pool:
        results = list(progress.track(pool.imap(measured, tasks), total=len(tasks), description="verdicts"))
    right = [result for result in results if not result.error]
    planted = [result for result in results if result.error]
    console.print(table_of_styles(right, options.depths), table_of_errors(planted), sep="\n")
    expected = sum(result.as_expected for result in results)
    console.print(
        f"{count(len(styles), 'style')} and {count(len(planted), 'planted error')} in "
        f"{time.perf_counter() - start:.0f} s: {expected} of {count(len(results), 'verdict')} as expected"
    )
    return 0 if expected == len(results) else 1


def ignore_ctrl_c() -> None:
    """Leave Ctrl-C to the main process, which ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def measured(task: Task) -> Result:
    """Return the result of a task."""
    return measure(*task)


def table_of_styles(results: list[Result], depths: list[str]) -> Table:
    """Return a table of the verdicts on the right implementations, with the seconds that each took."""
    table = Table("style", "kind", *depths, box=box.SIMPLE)
    for style in dict.fromkeys(result.style for result in results):
        verdicts = [shown(result, f" ({result.seconds:.0f} s)") for result in results if result.style == style]
        table.add_row(style, STYLES[style], *verdicts)
    return table


def table_of_errors(results: list[Result]) -> Table:
    """Return a table of the verdicts on the planted errors."""
    table = Table("planted error", "verdict", "first quantity", "complex step", box=box.SIMPLE)
    for result in results:
        table.add_row(result.error, shown(result), result.quantity, "wrong" if result.wrong else "not wrong")
    return table


def shown(result: Result, more: str = "") -> Text:
    """Return the ending of a verdict in short, green if it is as expected."""
    ending = "right" if result.ending == RIGHT else result.ending
    return Text(ending + more, style="green" if result.as_expected else "red")

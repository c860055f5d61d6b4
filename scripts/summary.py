"""Prints a Markdown table of runs that train.py has left: mean and spread over the seeds, and the published figures."""

import argparse
import json
import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from command.arguments import command_parser
from command.errors import Refused, one_line_for
from command.signals import Stopping, run
from numpy_rnn.experiments import EXPERIMENTS
from pages.wording import percent

Group = tuple[str, str, int]


def parse_arguments() -> argparse.Namespace:
    """Return the checked command line."""
    parser = command_parser(
        __doc__,
        ["summary.py runs", "summary.py runs/seed-0 runs/seed-1"],
        "0 if the table is printed; 2 if no result file is found or one cannot be read",
    )
    parser.add_argument(
        "folders",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        help="folders that hold result.json files at any depth, such as the --output of train.py",
    )
    return parser.parse_args()


def read_groups(folders: list[Path]) -> dict[Group, list[dict[str, Any]]]:
    """Return all results by backend, experiment and number of epochs.

    Raises Refused if there are none, and OSError or ValueError if a file cannot be read.
    """
    groups = defaultdict(list)
    for path in (path for folder in folders for path in sorted(folder.rglob("result.json"))):
        try:
            result = json.loads(path.read_text(encoding="utf-8"))
            groups[result["backend"], result["experiment"], result["epochs"]].append(result)
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(f"{path}: expected a result of train.py: {error or type(error).__name__}") from error
    if not groups:
        raise Refused(f"FOLDER: expected result.json files in {', '.join(map(str, folders))}, found none")
    return groups


def main(stopping: Stopping) -> int:
    """Print the table of test accuracies, and of mean training accuracies in the last epoch; return the exit code."""
    options = parse_arguments()
    with one_line_for("summary.py", OSError, Refused):
        groups = read_groups(options.folders)
    spread = ["mean", "deviation, points", "lowest", "highest"]
    table = Table("model", "backend", "epochs", "seeds", *spread, "notebook", "training", box=box.MARKDOWN)
    for (backend, experiment, epochs), results in groups.items():
        test = [result["test_accuracy"] for result in results]
        training = statistics.mean(result["train_accuracy"][-1] for result in results)
        deviation = statistics.stdev(test) if len(test) > 1 else 0
        notebook = EXPERIMENTS[experiment].notebook_test_accuracy
        seeds = " ".join(str(result["seed"]) for result in results)
        figures = [percent(statistics.mean(test)), f"{100 * deviation:.1f}"]
        figures += map(percent, (min(test), max(test), notebook, training))
        table.add_row(experiment, backend, str(epochs), seeds, *figures)
    Console(width=200).print(table)
    return 0


if __name__ == "__main__":
    run("summary.py", main)

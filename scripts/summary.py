"""Prints a Markdown table of runs that train.py has left: mean and spread over the seeds, and the published figures."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("summary")

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from command.arguments import command_parser
from command.console import new_console
from command.errors import Refused, one_line_for
from command.signals import Stopping
from numpy_rnn.experiments import EXPERIMENTS, SHARDS
from pages.wording import percent
from trainings.record import is_the_exercises, own_settings
from trainings.result_file import NAME, read_result, settings_of

# The settings that have a column of their own.
COLUMNS = "experiment", "backend", "epochs", "seed"
# All settings of a run but the seed, with the number of epochs.
Group = tuple[tuple[str, Any], ...]


def parse_arguments() -> argparse.Namespace:
    """Return the checked command line."""
    parser = command_parser(
        __doc__,
        ["summary.py seeds", "summary.py seeds/tf/seed-0 seeds/tf/seed-1"],
        "0 if the table is printed; 2 if no result file is found, one cannot be read, or a run is repeated",
    )
    parser.add_argument(
        "folders",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        help="folders that hold result.json files at any depth, such as the --output of train.py",
    )
    return parser.parse_args()


def result_files(folders: list[Path]) -> Iterator[Path]:
    """Yield each result file below the folders once; raise OSError if a folder cannot be read.

    Folders whose names begin with a dot hold unfinished files, and are left out.
    """
    seen = set()
    for folder in folders:
        if not folder.is_dir():
            raise Refused(f"FOLDER: expected a folder, got {folder}")
        for path in sorted(folder.rglob(NAME)):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if not hidden and path.resolve() not in seen:
                seen.add(path.resolve())
                yield path


def read_groups(folders: list[Path]) -> dict[Group, dict[int, dict[str, Any]]]:
    """Return all results by settings and seed, in the order of the exercise's experiments.

    Raises Refused if there are none, if one is damaged, or if two have the same settings and the same seed.
    """
    groups: dict[Group, dict[int, dict[str, Any]]] = defaultdict(dict)
    paths: dict[tuple[Group, int], Path] = {}
    for path in result_files(folders):
        try:
            result = read_result(path)
        except ValueError as error:
            raise Refused(f"{path}: expected a result of train.py: {error}") from error
        settings = settings_of(result) | {"epochs": result["epochs"]}
        seed = settings.pop("seed")
        group = tuple(sorted(settings.items()))
        if seed in groups[group]:
            both = f"{paths[group, seed]} and {path}"
            raise Refused(
                f"FOLDER: expected one run of each seed, got two of {result['experiment']}, seed {seed}: {both}"
            )
        groups[group][seed] = result
        paths[group, seed] = path
    if not groups:
        raise Refused(f"FOLDER: expected result.json files in {', '.join(map(str, folders))}, found none")
    order = list(EXPERIMENTS)
    return dict(sorted(groups.items(), key=lambda item: order.index(dict(item[0])["experiment"])))


def other_settings(settings: dict[str, Any]) -> str:
    """Return the settings that are not the exercise's own, `hidden_dim 16, jit`; – if there are none."""
    default = {"shards": SHARDS, "jit": False, "tf32": "off", "deterministic": False}
    own = own_settings(settings["experiment"]) | default
    others = [
        name if value is True else f"{name} {value}"
        for name, value in settings.items()
        if name not in COLUMNS and value != own.get(name)
    ]
    return ", ".join(others) or "–"


def main(stopping: Stopping) -> int:
    """Print the table of test accuracies, and of mean training accuracies in the last epoch; return the exit code."""
    options = parse_arguments()
    with one_line_for("summary.py", OSError, Refused):
        groups = read_groups(options.folders)
    spread = ["mean", "deviation, points", "lowest", "highest"]
    heads = ["model", "backend", "epochs", "other settings", "seeds", *spread, "notebook", "training"]
    table = Table(*heads, box=box.MARKDOWN)
    for group, by_seed in groups.items():
        settings, results = dict(group), list(by_seed.values())
        test = [result["test_accuracy"] for result in results]
        training = percent(statistics.mean(result["train_accuracy"][-1] for result in results))
        deviation = statistics.stdev(test) if len(test) > 1 else 0
        published = is_the_exercises(settings, settings["epochs"])
        notebook = percent(EXPERIMENTS[settings["experiment"]].notebook_test_accuracy) if published else "–"
        figures = [percent(statistics.mean(test)), f"{100 * deviation:.1f}"]
        figures += [*map(percent, (min(test), max(test))), notebook, training]
        own = settings["experiment"], settings["backend"], str(settings["epochs"]), other_settings(settings)
        table.add_row(*own, " ".join(map(str, sorted(by_seed))), *figures)
    new_console(width=200).print(table)
    return 0

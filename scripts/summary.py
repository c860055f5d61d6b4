"""Mean and spread over the seeds of the runs that `train.py` left, beside the published figures: a Markdown table."""

import argparse
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from numpy_rnn.experiments import EXPERIMENTS
from pages.wording import share


def main() -> int:
    """Prints the table of all `result.json`: test accuracies, and the mean training accuracy of the last epoch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="as given to train.py --output")
    paths = [path for folder in parser.parse_args().folders for path in sorted(folder.rglob("result.json"))]
    if not paths:
        print("summary.py: error: FOLDER: expected result.json files below it, found none", file=sys.stderr)
        return 2
    groups = defaultdict(list)
    for result in (json.loads(path.read_text()) for path in paths):
        groups[result["backend"], result["experiment"], result["epochs"]].append(result)

    spread = ["mean", "deviation", "lowest", "highest"]
    table = Table("model", "backend", "epochs", "seeds", *spread, "notebook", "training", box=box.MARKDOWN)
    for (backend, experiment, epochs), results in groups.items():
        test = [result["test_accuracy"] for result in results]
        training = statistics.mean(result["train_accuracy"][-1] for result in results)
        deviation = statistics.stdev(test) if len(test) > 1 else 0
        notebook = EXPERIMENTS[experiment].notebook_test_accuracy
        figures = statistics.mean(test), deviation, min(test), max(test), notebook, training
        seeds = " ".join(str(result["seed"]) for result in results)
        table.add_row(experiment, backend, str(epochs), seeds, *map(share, figures))
    Console(width=200).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Trains the two networks of the interactive page `docs/see-it-run/`, and writes its data; or records the page."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("see_it_run", kept="the former file is kept")

import argparse
from pathlib import Path

from command.arguments import command_parser
from command.errors import Refused, one_line_for
from command.output_folders import create
from command.signals import Stopping
from interactive import page_data
from numpy_rnn import mnist
from numpy_rnn.mnist import Split

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "see-it-run"
QUICK_IMAGES = 6400


def parse_arguments() -> argparse.Namespace:
    """Return the checked command line."""
    parser = command_parser(
        __doc__,
        ["see_it_run.py", "see_it_run.py --recording docs/see-it-run/recording.webp"],
        "0 if the file is written; 2 if it cannot be written",
    )
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder of the file (default: docs/see-it-run)")
    parser.add_argument(
        "--quick", action="store_true", help=f"train one epoch on {QUICK_IMAGES:,} images, to try the command"
    )
    parser.add_argument(
        "--recording",
        type=Path,
        metavar="FILE",
        help="train nothing; write an animated WebP picture of the page in the output folder, for the README",
    )
    return parser.parse_args()


def main(stopping: Stopping) -> int:
    """Write the file; return the exit code."""
    options = parse_arguments()
    with one_line_for("see_it_run.py", OSError, ValueError, Refused):
        if options.recording:
            from interactive import recording  # needs a browser and packages that the training does not need

            size = recording.record(options.output, options.recording)
            print(f"Written to {options.recording}: {size:,} bytes")
            return 0
        create(options.output)
        train, test = mnist.load()
        epochs = page_data.EPOCHS
        if options.quick:
            train = Split(train.images[:QUICK_IMAGES], train.labels[:QUICK_IMAGES])
            epochs = dict.fromkeys(epochs, 1)
        models = {}
        for name in epochs:
            models[name] = page_data.train(name, train, epochs[name])
            print(f"{name} is trained, epochs: {epochs[name]}", flush=True)
        data = page_data.page_data(models, test, epochs)
        path = page_data.write(options.output, data)
    accuracies = ", ".join(f"{name} {entry['accuracy']:.1%}" for name, entry in data["models"].items())
    print(f"Written to {path}: test accuracies {accuracies}; images: {len(data['images'])}")
    return 0

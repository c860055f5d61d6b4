"""Trains the exercise's models on MNIST, and shows what came out beside the published figures."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from quiet import quiet_start

from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, EXPERIMENTS, TRAINING_IMAGES, Experiment


def parse_arguments() -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 if every expectation is met, 1 if one is not, 2 if something stood in the way.",
    )
    add = parser.add_argument
    add(
        "experiments", nargs="*", type=experiment, metavar="EXPERIMENT", help=f"{', '.join(EXPERIMENTS)} (default: all)"
    )
    add("--epochs", type=whole_number(1, 10_000), default=EPOCHS, help="passes over the images (default: %(default)s)")
    add("--batch-size", type=whole_number(1, TRAINING_IMAGES), default=BATCH_SIZE, help="(default: %(default)s)")
    add("--seed", type=whole_number(0, 2**32 - 1), default=0, help="of weights and order (default: %(default)s)")
    add("--device", choices=["auto", "cpu", "gpu"], default="auto", help="where to compute (default: %(default)s)")
    add("--data-dir", type=Path, help="of the prepared data (default: TFDS_DATA_DIR, else ~/tensorflow_datasets)")
    add("--output", type=Path, default=Path("runs"), help="a folder in it for each experiment (default: %(default)s)")
    add("--jit", action="store_true", help="compile the models with XLA")
    add("--tensorboard", action="store_true", help="also write a TensorBoard log")
    return parser.parse_args()


def experiment(name: str) -> Experiment:
    """The experiment called `name`, for argparse."""
    if name not in EXPERIMENTS:
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(EXPERIMENTS)}, got {name!r}")
    return EXPERIMENTS[name]


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers from `low` to `high`, for argparse."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, got {text!r}")
        return int(text)

    return read


class StepDisplay:
    """A progress bar for each epoch, with running loss and accuracy and the mean time of a step so far."""

    def __init__(self, progress, title: str, epochs: int, steps: int):
        self.progress = progress
        self.title = title
        self.epochs = epochs
        self.steps = steps
        self.epoch = -1

    def __call__(self, epoch: int, step: int, loss: float, accuracy: float) -> None:
        """Shows that `step` of `epoch`, both counted from 0, is done."""
        if epoch != self.epoch:
            self.epoch = epoch
            self.start = time.perf_counter()
            description = f"{self.title}, epoch {epoch + 1}/{self.epochs}"
            self.bar = self.progress.add_task(description, total=self.steps, figures="")
        ms = 1000 * (time.perf_counter() - self.start) / max(step, 1)
        figures = f"loss {loss:.4f}  accuracy {accuracy:.4f}  {ms:5.2f} ms/step"
        self.progress.update(self.bar, completed=step + 1, figures=figures)


def main() -> int:
    """Trains what the command line names; returns the exit code."""
    options = parse_arguments()
    experiments = list(dict.fromkeys(options.experiments)) or list(EXPERIMENTS.values())

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(highlight=False)
    try:
        with console.status("starting TensorFlow"), quiet_start():
            from tensorflow_backend import Backend

            backend = Backend(options)
        from report import finished_together, table, write_files

        console.print(f"device: {backend.device}")
        options.output.mkdir(parents=True, exist_ok=True)
        for experiment in experiments:
            (options.output / experiment.name).mkdir(exist_ok=True)
        backend.load_data()
    except (OSError, ValueError) as error:
        print(f"train.py: error: {error}", file=sys.stderr)
        return 2

    runs = []
    for experiment in experiments:
        folder = options.output / experiment.name
        columns = (
            TextColumn("{task.description}"),
            BarColumn(20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
        )
        with finished_together(folder) as unfinished, Progress(*columns, console=console) as progress:
            steps = TRAINING_IMAGES // options.batch_size
            display = StepDisplay(progress, experiment.name, options.epochs, steps)
            run = backend.train(experiment, display, folder / "tensorboard" / time.strftime("%Y-%m-%d-%H-%M-%S"))
            write_files(unfinished, run)
        runs.append(run)
    console.print(table(runs))
    console.print(f"Written to {options.output}/: {', '.join(experiment.name for experiment in experiments)}")
    return 0 if all(run.met for run in runs) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("train.py: interrupted; what was finished is kept")

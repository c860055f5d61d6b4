"""Trains the exercise's models on MNIST, and shows what came out beside the published figures."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from arguments import one_of, whole_number
from quiet import quiet_start
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, EXPERIMENTS, TRAINING_IMAGES, Experiment

COLUMNS = TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[figures]}")


def parse_arguments() -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 if every expectation is met, 1 if one is not, 2 if something stood in the way.",
    )
    add = parser.add_argument
    names = ", ".join(EXPERIMENTS)
    add("experiments", nargs="*", type=one_of(EXPERIMENTS), metavar="EXPERIMENT", help=f"{names} (default: all)")
    add("--backend", choices=["tf", "numpy"], default="tf", help="what computes (default: %(default)s)")
    add("--epochs", type=whole_number(1, 10_000), default=EPOCHS, help="passes over the images (default: %(default)s)")
    add("--batch-size", type=whole_number(1, TRAINING_IMAGES), default=BATCH_SIZE, help="(default: %(default)s)")
    add("--seed", type=whole_number(0, 2**32 - 1), default=0, help="of weights and order (default: %(default)s)")
    add("--output", type=Path, default=Path("runs"), help="a folder in it for each experiment (default: %(default)s)")
    add("--device", choices=["auto", "cpu", "gpu"], default="auto", help="where to compute (default: %(default)s)")
    tf = parser.add_argument_group("with TensorFlow")
    data_dir = "of the prepared data (default: TFDS_DATA_DIR, else ~/tensorflow_datasets)"
    tf.add_argument("--data-dir", type=Path, help=data_dir)
    tf.add_argument("--jit", action="store_true", help="compile the models with XLA")
    tf.add_argument("--tensorboard", action="store_true", help="also write a TensorBoard log")
    options = parser.parse_args()
    if options.backend == "numpy":
        for name in ("data_dir", "jit", "tensorboard"):
            if getattr(options, name):
                parser.error(f"argument --{name.replace('_', '-')}: expected with --backend tf, got --backend numpy")
        if options.device == "gpu":
            parser.error("argument --device: expected auto or cpu with --backend numpy, got 'gpu'")
    options.experiments = list(dict.fromkeys(options.experiments)) or list(EXPERIMENTS.values())
    return options


class StepDisplay:
    """A progress bar for each epoch, with running loss and accuracy and the mean time of a step so far."""

    def __init__(self, progress: Progress, title: str, epochs: int, steps: int):
        self.progress = progress
        self.title = title
        self.epochs = epochs
        self.steps = steps
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Shows the bar of `epoch`, counted from 0."""
        self.epoch = epoch
        description = f"{self.title}, epoch {epoch + 1}/{self.epochs}"
        self.bar = self.progress.add_task(description, total=self.steps, figures="")

    def __call__(self, epoch: int, step: int, loss: float, accuracy: float) -> None:
        """Shows that `step` of `epoch`, both counted from 0, is done."""
        if epoch != self.epoch:
            self.begin(epoch)
        if step == 0:
            self.first = time.perf_counter()
        ms = 1000 * (time.perf_counter() - self.first) / max(step, 1)
        figures = f"loss {loss:.4f}  accuracy {accuracy:.4f}  {ms:5.2f} ms/step"
        self.progress.update(self.bar, completed=step + 1, figures=figures)


def make_output(output: Path, experiments: Sequence[Experiment]) -> None:
    """Makes the folder `output`; raises ValueError if it, or an experiment's folder in it, can't be one."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"--output: expected a folder, or a place for one, got {output}: {error.strerror}") from error
    for experiment in experiments:
        folder = output / experiment.name
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"--output: expected a folder, or a place for one, got the file {folder}")


@contextmanager
def one_line_for(*errors: type[Exception]) -> Iterator[None]:
    """Ends the script with one line and exit code 2 where one of `errors` is raised."""
    try:
        yield
    except errors as error:
        print(f"train.py: error: {error}", file=sys.stderr)
        sys.exit(2)


def start_backend(options: argparse.Namespace, console: Console):
    """The chosen `Backend`; TensorFlow is loaded only where it is the one."""
    if options.backend == "numpy":
        import numpy_backend

        return numpy_backend.Backend(options)
    with console.status("starting TensorFlow"), quiet_start():
        import tensorflow_backend

        return tensorflow_backend.Backend(options)


def main() -> int:
    """Trains what the command line names; returns the exit code."""
    options = parse_arguments()
    console = Console(highlight=False)
    with one_line_for(OSError, ValueError):
        backend = start_backend(options, console)
        from report import finished_together, table, write_files

        console.print(f"device: {backend.device}")
        backend.load_data()
        make_output(options.output, options.experiments)

    runs = []
    for experiment in options.experiments:
        folder = options.output / experiment.name
        log = folder / "tensorboard" / time.strftime("%Y-%m-%d-%H-%M-%S")
        with one_line_for(OSError), finished_together(folder) as unfinished:
            with Progress(*COLUMNS, console=console) as progress:
                steps = TRAINING_IMAGES // options.batch_size
                run = backend.train(experiment, StepDisplay(progress, experiment.name, options.epochs, steps), log)
            write_files(unfinished, run)
        runs.append(run)
    console.print(table(runs))
    console.print(f"Written to {options.output}/: {', '.join(experiment.name for experiment in options.experiments)}")
    return 0 if all(run.met for run in runs) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("train.py: interrupted; what was finished is kept", file=sys.stderr)
        sys.exit(130)

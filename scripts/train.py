"""Trains the exercise's models on MNIST, and shows what came out beside the published figures."""

import argparse
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from arguments import one_of, positive_number, whole_number
from checkpoints import Checkpoints, Refused
from command import one_line_for, reserved, run, warn
from display import Display, display
from quiet import quiet_start
from rich.console import Console
from stopping import Stopping

from numpy_rnn.experiments import (
    BATCH_SIZE,
    EPOCHS,
    EXPERIMENTS,
    LEARNING_RATE,
    TRAINING_IMAGES,
    Experiment,
    InitialState,
)

if TYPE_CHECKING:
    from report import Run


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
    add("--learning-rate", type=positive_number, default=LEARNING_RATE, help="Adam's (default: %(default)s)")
    add("--hidden-dim", type=whole_number(1, 4096), help="H (default: the experiment's own)")
    add(
        "--initial-state",
        choices=get_args(InitialState),
        default="zeros",
        help="before the first step (default: %(default)s)",
    )
    add("--seed", type=whole_number(0, 2**32 - 1), default=0, help="of weights and order (default: %(default)s)")
    add("--output", type=Path, default=Path("runs"), help="a folder in it for each experiment (default: %(default)s)")
    add("--device", choices=["auto", "cpu", "gpu"], default="auto", help="where to compute (default: %(default)s)")
    add("--resume", action="store_true", help="go on from the last checkpoint, bit for bit")
    add("--checkpoint-every", type=whole_number(1, 10**9), metavar="STEPS", help="and not only after each epoch")
    add("--quiet", action="store_true", help="a line for each epoch, as in a log, instead of a bar")
    tf = parser.add_argument_group("with TensorFlow")
    data_dir = "of the prepared data (default: TFDS_DATA_DIR, else ~/tensorflow_datasets)"
    tf.add_argument("--data-dir", type=Path, help=data_dir)
    tf.add_argument("--jit", action="store_true", help="compile the models with XLA")
    tf.add_argument(
        "--tf32",
        choices=["on", "off"],
        help="float32 products with 10 bits of fraction, on a GPU that has TF32: faster, less exact (default: off)",
    )
    tf.add_argument("--deterministic", action="store_true", help="the same weights again for the same seed, to the bit")
    tf.add_argument("--tensorboard", action="store_true", help="also write a TensorBoard log")
    options = parser.parse_args()
    if options.backend == "numpy":
        for name in ("data_dir", "jit", "tf32", "deterministic", "tensorboard"):
            if getattr(options, name):
                parser.error(f"argument --{name.replace('_', '-')}: expected with --backend tf, got --backend numpy")
        if options.device == "gpu":
            parser.error("argument --device: expected auto or cpu with --backend numpy, got 'gpu'")
    else:
        options.tf32 = options.tf32 or "off"
    experiments = dict.fromkeys(options.experiments or EXPERIMENTS.values())
    options.experiments = [
        one._replace(hidden_dim=options.hidden_dim or one.hidden_dim, initial_state=options.initial_state)
        for one in experiments
    ]
    return options


def start_backend(options: argparse.Namespace, console: Console):
    """The chosen `Backend`; TensorFlow is loaded only where it is the one."""
    if options.backend == "numpy":
        import numpy_backend

        return numpy_backend.Backend(options)
    with console.status("starting TensorFlow"), quiet_start():
        import tensorflow_backend

        return tensorflow_backend.Backend(options)


def train(backend, experiment: Experiment, checkpoints: Checkpoints, shown: Display) -> "Run":
    """The trained and tested experiment; raises Refused where the loss ceases to be a number."""
    try:
        with checkpoints.stopping.training():
            return backend.train(experiment, checkpoints, shown)
    except FloatingPointError as error:
        raise Refused(f"{experiment.name}: {error}; {checkpoints.last()}") from error


def settings(options: argparse.Namespace, experiment: Experiment) -> dict[str, Any]:
    """What a training can't change on its way."""
    chosen = {"experiment": experiment.name, "backend": options.backend, "hidden_dim": experiment.hidden_dim}
    names = [
        "initial_state",
        "seed",
        "batch_size",
        "learning_rate",
        *(["jit", "tf32", "deterministic"] if options.backend == "tf" else []),
    ]
    return chosen | {name: getattr(options, name) for name in names}


def main(stopping: Stopping) -> int:
    """Trains what the command line names; returns the exit code."""
    options = parse_arguments()
    console = Console(highlight=False)
    with ExitStack() as folders:
        with one_line_for("train.py", OSError, ValueError, Refused):
            backend = start_backend(options, console)
            from report import finished_together, table, write_files

            console.print(f"device: {backend.device}")
            backend.load_data()
            trainings = []
            for experiment in options.experiments:
                folder = options.output / experiment.name
                folders.enter_context(reserved(folder, folder / "checkpoints"))
                chosen = settings(options, experiment)
                say = partial(console.print, experiment.name, soft_wrap=True)
                checkpoints = Checkpoints(
                    folder / "checkpoints", chosen, options, stopping, say, partial(warn, "train.py")
                )
                trainings.append((experiment, folder, checkpoints))
            for _, _, checkpoints in trainings:
                checkpoints.keep_unfinished()

        runs = []
        steps = TRAINING_IMAGES // options.batch_size
        for experiment, folder, checkpoints in trainings:
            with one_line_for("train.py", OSError, Refused):
                with display(console, options.quiet, experiment.name, options.epochs, steps) as shown:
                    run = train(backend, experiment, checkpoints, shown)
                with finished_together(folder) as unfinished:
                    write_files(unfinished, run)
            runs.append(run)
    console.print(table(runs))
    console.print(f"Written to {options.output}/: {', '.join(experiment.name for experiment in options.experiments)}")
    return 0 if all(run.met for run in runs) else 1


if __name__ == "__main__":
    run("train.py", main)

"""Trains the exercise's models on MNIST, tests them, and compares them with the figures of a published notebook."""

if __name__ == "__main__":
    import os
    import sys

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -P leaves this folder out
    from command.start import run

    # Imports this module under its own name, so that errors and signals during the imports below are handled too.
    run("train")

import argparse
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, get_args

from command.arguments import choice, command_parser, one_of, positive_number, whole_number
from command.console import new_console
from command.errors import Refused, one_line_for, warn
from command.signals import Stopping
from command.strategy_options import STRATEGY_OPTIONS, add_strategy_options, check_strategy_options
from numpy_rnn.experiments import (
    BATCH_SIZE,
    EPOCHS,
    EXPERIMENTS,
    LEARNING_RATE,
    SHARDS,
    TRAINING_IMAGES,
    Experiment,
    InitialState,
)

FOR_TENSORFLOW = "data_dir", "jit", "tf32", "deterministic", "tensorboard", *STRATEGY_OPTIONS


def parse_arguments() -> argparse.Namespace:
    """Return the checked command line; `experiments` are `Experiment` objects."""
    parser = command_parser(
        __doc__,
        [
            "train.py rnn-128 --backend numpy --output numpy-runs",
            "train.py lstm-128 --epochs 50 --checkpoint-every 100 --output long-runs",
        ],
        "0 if every test accuracy reaches its target, or if the settings are not the exercise's, for which the targets "
        "are; 1 if one does not; 2 if a run cannot start or resume",
    )
    add = parser.add_argument
    names = ", ".join(EXPERIMENTS)
    add(
        "experiments",
        nargs="*",
        type=one_of(EXPERIMENTS),
        metavar="EXPERIMENT",
        help=f"models to train: {names} (default: all)",
    )
    add("--backend", **choice("tf", "numpy"), default="tf", help="library that trains (default: %(default)s)")
    add(
        "--epochs",
        type=whole_number(1, 10_000),
        default=EPOCHS,
        help="passes over the training images (default: %(default)s)",
    )
    add(
        "--batch-size",
        type=whole_number(1, TRAINING_IMAGES),
        default=BATCH_SIZE,
        help="images in a training step (default: %(default)s)",
    )
    add(
        "--learning-rate",
        type=positive_number,
        default=LEARNING_RATE,
        help="learning rate of Adam (default: %(default)s)",
    )
    add(
        "--clip-norm",
        type=positive_number,
        metavar="NORM",
        help="scale the gradients of a step down to this global norm if theirs is larger (default: do not clip)",
    )
    add("--hidden-dim", type=whole_number(1, 4096), help="number H of hidden units (default: the experiment's own)")
    add(
        "--initial-state",
        **choice(*get_args(InitialState)),
        default="zeros",
        help="hidden state before the first time step: zeros, learned like the weights, or drawn from N(0, 1) for each "
        "image (default: %(default)s)",
    )
    add(
        "--seed",
        type=whole_number(0, 2**32 - 1),
        default=0,
        help="seed of the weights and of the order of the images (default: %(default)s)",
    )
    add(
        "--output",
        type=Path,
        default=Path("runs"),
        help="folder for the results, in a subfolder for each experiment (default: %(default)s)",
    )
    add("--device", **choice("auto", "cpu", "gpu"), default="auto", help="device that trains (default: %(default)s)")
    former = parser.add_mutually_exclusive_group()
    former.add_argument(
        "--resume",
        action="store_true",
        help="resume from the last checkpoint, bit for bit; with more --epochs also after the last epoch",
    )
    former.add_argument(
        "--overwrite",
        action="store_true",
        help="remove the former run of each experiment from its folder; without it, such a folder is refused",
    )
    add(
        "--checkpoint-every",
        type=whole_number(1, 10**9),
        metavar="STEPS",
        help="save a checkpoint after every STEPS training steps, besides the one after each epoch",
    )
    add("--no-pictures", action="store_true", help="draw no pictures, which also makes matplotlib unnecessary")
    add("--quiet", action="store_true", help="print a line for each epoch, as in a log, instead of a progress bar")
    parser.add_argument_group("options for --backend numpy").add_argument(
        "--shards",
        type=whole_number(1, TRAINING_IMAGES),
        help="split each batch into this number of shards, which as many processes compute as there are cores; the "
        f"number changes the last bits of the weights, the cores do not (default: {SHARDS})",
    )
    tf = parser.add_argument_group("options for --backend tf")
    data_dir = "folder of the prepared data (default: TFDS_DATA_DIR, else ~/tensorflow_datasets)"
    tf.add_argument("--data-dir", type=Path, help=data_dir)
    tf.add_argument("--jit", action="store_true", help="compile the models with XLA")
    tf.add_argument(
        "--tf32",
        **choice("on", "off"),
        help="on a GPU, round the operands of float32 products to TF32, which is less exact and saves the exercise's "
        "models no time (default: off)",
    )
    tf.add_argument("--deterministic", action="store_true", help="compute bit-identical weights for the same seed")
    tf.add_argument("--tensorboard", action="store_true", help="also write a TensorBoard log")
    add_strategy_options(tf)
    options = parser.parse_args()
    if options.backend == "numpy":
        for name in FOR_TENSORFLOW:
            if getattr(options, name):
                parser.error(f"argument --{name.replace('_', '-')}: expected with --backend tf, got --backend numpy")
        if options.device == "gpu":
            parser.error("argument --device: expected auto or cpu with --backend numpy, got 'gpu'")
        options.shards = options.shards or min(SHARDS, options.batch_size)
        if options.shards > options.batch_size:
            given = f"got {options.shards}"
            parser.error(f"argument --shards: expected at most the batch size, {options.batch_size}, {given}")
    else:
        if options.shards:
            parser.error("argument --shards: expected with --backend numpy, got --backend tf")
        options.tf32 = options.tf32 or "off"
        check_strategy_options(parser, options)
    experiments = dict.fromkeys(options.experiments or EXPERIMENTS.values())
    options.experiments = [
        one._replace(hidden_dim=options.hidden_dim or one.hidden_dim, initial_state=options.initial_state)
        for one in experiments
    ]
    return options


def settings(options: argparse.Namespace, experiment: Experiment) -> dict[str, Any]:
    """Return the settings that a resumed training must share with its checkpoint."""
    chosen = {"experiment": experiment.name, "backend": options.backend, "hidden_dim": experiment.hidden_dim}
    names = ["initial_state", "seed", "batch_size", "learning_rate", "clip_norm"]
    names += ["jit", "tf32", "deterministic"] if options.backend == "tf" else ["shards"]
    distributed = {"strategy": options.strategy, "replicas": options.replicas} if options.backend == "tf" else {}
    return chosen | {name: getattr(options, name) for name in names} | distributed


def main(stopping: Stopping) -> int:
    """Train the chosen experiments; return the exit code."""
    options = parse_arguments()
    # Imported after the arguments, so that --help and a refused argument are fast.
    from command.output_folders import finished_together, reserved
    from trainings.backend import Setup, start_backend
    from trainings.display import display
    from trainings.run_folder import assert_holds_no_other_run, remove_run

    console = new_console()
    with ExitStack() as folders:
        with one_line_for("train.py", OSError, ValueError, Refused):
            with console.status(f"loading {options.backend}"):
                chosen = {name: getattr(options, name) for name in ("device", *FOR_TENSORFLOW)}
                backend = start_backend(options.backend, **(chosen if options.backend == "tf" else {}))
            console.print(f"device: {backend.device}")
            options.replicas = backend.replicas
            if options.batch_size < (backend.replicas or 1):
                expected = f"expected {backend.replicas} or more, one for each replica"
                raise Refused(f"--batch-size: {expected}, got {options.batch_size}")
            stopping = backend.workers.listening(stopping)
            with console.status("loading MNIST"):
                data = backend.load_data(partial(warn, "train.py"))
            trainings = []
            for experiment in options.experiments:
                folder = options.output / experiment.name
                if backend.workers.chief:
                    folders.enter_context(reserved(folder, folder / "checkpoints"))
                checkpoints = backend.workers.checkpoints(
                    folder / "checkpoints",
                    settings(options, experiment),
                    stopping,
                    partial(console.print, experiment.name, soft_wrap=True),
                    partial(warn, "train.py"),
                    resume=options.resume,
                    epochs=options.epochs,
                    every=options.checkpoint_every,
                )
                trainings.append((experiment, folder, checkpoints))
            for _, folder, checkpoints in trainings:
                if backend.workers.chief and not options.overwrite:
                    assert_holds_no_other_run(folder, checkpoints)
            backend.workers.compare(
                {
                    **settings(options, options.experiments[0]),
                    "experiments": [experiment.name for experiment in options.experiments],
                    **{name: getattr(options, name) for name in ("epochs", "resume", "checkpoint_every")},
                    **backend.versions,
                }
            )

        from pages.terminal import fitted
        from trainings.experiment_run import train_and_test
        from trainings.record_files import remove_pictures, write_figures, write_pictures
        from trainings.summary_table import summary_table

        if not options.no_pictures:
            # Loading matplotlib takes a while, so that a refused run does without it.
            from pages.images import load_renderer

            load_renderer()

        if options.overwrite and backend.workers.chief:
            with one_line_for("train.py", OSError):
                for _, folder, checkpoints in trainings:
                    remove_run(folder, checkpoints)
        records = []
        steps = TRAINING_IMAGES // options.batch_size
        for experiment, folder, checkpoints in trainings:
            with one_line_for("train.py", OSError, Refused):
                setup = Setup(
                    experiment,
                    options.seed,
                    options.batch_size,
                    options.learning_rate,
                    clip_norm=options.clip_norm,
                    shards=options.shards or 1,
                )
                with display(console, options.quiet, experiment.name, options.epochs, steps) as shown:
                    record, trainer = train_and_test(backend, data, setup, checkpoints, shown.show)
                records.append(record)
                if not backend.workers.chief:
                    continue
                with finished_together(folder) as unfinished:
                    trainer.save(unfinished)
                    write_figures(unfinished, record)
            if options.no_pictures:
                remove_pictures(folder)
            else:
                write_pictures(folder, record, partial(warn, "train.py"))
    console.print(fitted(summary_table(records), console, "parameters", "H", "target", "training"))
    if backend.workers.chief:
        names = ", ".join(experiment.name for experiment in options.experiments)
        console.print(f"Written to {options.output}/: {names}", soft_wrap=True)
    return 1 if any(record.met is False for record in records) else 0

"""The files that describe one trained experiment: figures as JSON and CSV, and four pictures."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from command.output_folders import finished_together
from numpy_rnn.experiments import Epoch
from trainings.record import Record
from trainings.run_folder import PICTURES


def write_figures(folder: Path, record: Record) -> None:
    """Write `result.json` and `history.csv` into `folder`."""
    (folder / "result.json").write_text(json.dumps(record.result(), indent=2) + "\n", encoding="utf-8")
    with open(folder / "history.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *Epoch._fields])
        writer.writerows([number, *epoch] for number, epoch in enumerate(record.epochs, start=1))


def write_pictures(folder: Path, record: Record, warn: Callable[[str], None]) -> None:
    """Write the four `PICTURES` into `folder`, in which the model and the figures are complete.

    If they cannot be drawn, the training is not lost: `warn` shows one line, and pictures of a former run are deleted.
    """
    try:
        with finished_together(folder) as unfinished:
            draw_pictures(unfinished, record)
    except Exception as error:  # any kind: the disk is full, or a library of matplotlib fails
        remove_pictures(folder)
        warn(f"{folder}: the pictures cannot be drawn, but the model and result.json are written: {error}")


def remove_pictures(folder: Path) -> None:
    """Remove the pictures of a former run, which do not show the present one."""
    for name in PICTURES:
        (folder / name).unlink(missing_ok=True)


def draw_pictures(folder: Path, record: Record) -> None:
    """Write the four `PICTURES` into `folder`; imports matplotlib."""
    from trainings import figures

    curves, matrix, predictions, mistakes = (folder / name for name in PICTURES)
    title = record.title
    figures.training_curves(
        curves,
        title,
        record.experiment.recurrence,
        [epoch.accuracy for epoch in record.epochs],
        [epoch.loss for epoch in record.epochs],
        record.test_accuracy,
        record.experiment.notebook_train_accuracy,
        record.experiment.target,
    )
    figures.confusion_matrix(matrix, title, record.labels, record.probabilities.argmax(axis=1))
    rng = np.random.default_rng(record.settings["seed"])
    figures.predictions(predictions, title, record.images, record.labels, record.probabilities, rng)
    figures.worst_mistakes(mistakes, title, record.images, record.labels, record.probabilities)

"""The files that describe one trained experiment: figures as JSON and CSV, and four pictures."""

import csv
import json
from pathlib import Path

import numpy as np

from numpy_rnn.experiments import Epoch
from trainings import figures
from trainings.record import Record


def write_record(folder: Path, record: Record) -> None:
    """Write `result.json`, `history.csv` and the four pictures into `folder`."""
    (folder / "result.json").write_text(json.dumps(record.result(), indent=2) + "\n")
    with open(folder / "history.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *Epoch._fields])
        writer.writerows([number, *epoch] for number, epoch in enumerate(record.epochs, start=1))

    title = record.title
    figures.training_curves(
        folder / "training_curves.png",
        title,
        record.experiment.recurrence,
        [epoch.accuracy for epoch in record.epochs],
        [epoch.loss for epoch in record.epochs],
        record.test_accuracy,
        record.experiment.notebook_train_accuracy,
        record.experiment.target,
    )
    figures.confusion_matrix(folder / "confusion_matrix.png", title, record.labels, record.probabilities.argmax(axis=1))
    rng = np.random.default_rng(record.settings["seed"])
    figures.predictions(folder / "predictions.png", title, record.images, record.labels, record.probabilities, rng)
    figures.worst_mistakes(folder / "worst_mistakes.png", title, record.images, record.labels, record.probabilities)

"""What a training run leaves behind: the files of one experiment, and the table of all."""

import csv
import hashlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.table import Table

from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, TRAINING_IMAGES, Epoch, Experiment
from pages.wording import digits


class Run(NamedTuple):
    """One trained experiment: how it was trained, with which `settings`, and what came out.

    `weights` are those of the trained model, by their symbols; `images` (N, 28, 28), `labels` (N,) and `probabilities`
    (N, 10) are of the test set; `save(folder)` writes the model.
    """

    experiment: Experiment
    settings: Mapping[str, Any]
    epochs: Sequence[Epoch]
    weights: Mapping[str, np.ndarray]
    images: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    test_loss: float
    device: str
    versions: dict[str, str]
    save: Callable[[Path], None]

    @property
    def test_accuracy(self) -> float:
        """The share of the test images whose most probable digit is the true one."""
        return float(np.mean(self.probabilities.argmax(axis=1) == self.labels))

    @property
    def parameters(self) -> int:
        """The number of all weights."""
        return sum(value.size for value in self.weights.values())

    @property
    def met(self) -> bool:
        """Whether the test accuracy reaches the experiment's target."""
        return self.test_accuracy >= self.experiment.target

    def result(self) -> dict[str, Any]:
        """The content of `result.json`; `ms_per_step` is of the fastest epoch, input pipeline included."""
        seconds = [epoch.seconds for epoch in self.epochs]
        return {
            **self.settings,
            "epochs": len(self.epochs),
            "parameters": self.parameters,
            "weights_sha256": sha256(self.weights),
            "train_loss": [epoch.loss for epoch in self.epochs],
            "train_accuracy": [epoch.accuracy for epoch in self.epochs],
            "test_accuracy": self.test_accuracy,
            "test_loss": self.test_loss,
            "target": self.experiment.target,
            "met": self.met,
            "seconds_per_epoch": seconds,
            "ms_per_step": 1000 * min(seconds) / (TRAINING_IMAGES // self.settings["batch_size"]),
            "device": self.device,
            "versions": self.versions,
        }


def versions(*packages: str) -> dict[str, str]:
    """The versions of Python and of the installed packages."""
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def sha256(arrays: Mapping[str, np.ndarray]) -> str:
    """A checksum of the names, forms and bits of all arrays."""
    digest = hashlib.sha256()
    for name, value in sorted(arrays.items()):
        digest.update(f"{name} {value.dtype} {value.shape}\n".encode() + value.tobytes())
    return digest.hexdigest()


def write_files(folder: Path, run: Run) -> None:
    """Writes the model, `result.json`, `history.csv` and the four pictures of `run` into `folder`."""
    from trainings import figures  # which takes a while: a run that is refused draws nothing

    run.save(folder)
    (folder / "result.json").write_text(json.dumps(run.result(), indent=2) + "\n")
    with open(folder / "history.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *Epoch._fields])
        writer.writerows([number, *epoch] for number, epoch in enumerate(run.epochs, start=1))

    title = run.experiment.title
    figures.training_curves(
        folder / "training_curves.png",
        title,
        [epoch.accuracy for epoch in run.epochs],
        [epoch.loss for epoch in run.epochs],
        run.test_accuracy,
        run.experiment.notebook_train_accuracy,
        run.experiment.target,
    )
    figures.confusion_matrix(folder / "confusion_matrix.png", title, run.labels, run.probabilities.argmax(axis=1))
    rng = np.random.default_rng(run.settings["seed"])
    figures.predictions(folder / "predictions.png", title, run.images, run.labels, run.probabilities, rng)
    figures.worst_mistakes(folder / "worst_mistakes.png", title, run.images, run.labels, run.probabilities)


def table(runs: Sequence[Run]) -> Table:
    """Experiment, parameters, accuracies, the notebook's figures below them, the expectation, and whether it is met."""
    caption = f"The expectations are stated for {EPOCHS} epochs, batch {BATCH_SIZE}."
    table = Table(title="Accuracy on MNIST", caption=caption, show_edge=False)
    table.add_column("experiment", no_wrap=True)
    table.add_column("parameters", justify="right")
    table.add_column("training, by epoch", no_wrap=len(runs[0].epochs) <= EPOCHS)
    table.add_column("test", justify="right")
    table.add_column("expected", no_wrap=True)
    table.add_column("met")
    for run in runs:
        experiment = run.experiment
        table.add_row(
            experiment.name,
            f"{run.parameters:,}",
            digits(epoch.accuracy for epoch in run.epochs),
            digits([run.test_accuracy]),
            f"≥ {digits([experiment.target])}",
            "[green]yes" if run.met else "[bold red]no",
        )
        table.add_row(
            "  notebook",
            f"{experiment.parameters:,}",
            digits(experiment.notebook_train_accuracy),
            digits([experiment.notebook_test_accuracy]),
            style="dim",
            end_section=True,
        )
    return table

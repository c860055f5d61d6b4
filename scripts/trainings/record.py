"""The record of one trained and tested experiment."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from numpy_rnn.experiments import (
    BATCH_SIZE,
    EPOCHS,
    EXPERIMENTS,
    LEARNING_RATE,
    TRAINING_IMAGES,
    Epoch,
    Experiment,
)
from trainings.provenance import sha256


def own_settings(experiment: str) -> dict[str, Any]:
    """Return the exercise's own settings of an experiment, for which its expectation and published figures are."""
    return {
        "hidden_dim": EXPERIMENTS[experiment].hidden_dim,
        "initial_state": "zeros",
        "batch_size": BATCH_SIZE,
        "learning_rate": LEARNING_RATE,
        "clip_norm": None,
    }


def is_the_exercises(settings: Mapping[str, Any], epochs: int) -> bool:
    """Return whether the exercise states an expectation and published figures for a run with these settings.

    Only its own H, initial state, batch size, learning rate and number of epochs count, and that gradients are not
    clipped; the seed and the backend do not.
    """
    own = own_settings(settings["experiment"])
    return epochs == EPOCHS and all(settings[name] == value for name, value in own.items())


class Record(NamedTuple):
    """One trained experiment: the settings, the epochs, and the result of the test.

    `weights` are those of the trained model, by their symbols; `images` (N, 28, 28), `labels` (N,) and `probabilities`
    (N, 10) are of the test set.
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
    versions: Mapping[str, str]

    @property
    def title(self) -> str:
        """What was trained, with what: `RNN, H = 64, row by row, NumPy, seed 0`."""
        scan = {"rows": "row by row", "columns": "column by column"}[self.experiment.scan]
        backend = {"numpy": "NumPy", "tf": "TensorFlow"}[self.settings["backend"]]
        model = f"{self.experiment.recurrence.upper()}, H = {self.experiment.hidden_dim}, {scan}"
        return f"{model}, {backend}, seed {self.settings['seed']}"

    @property
    def test_accuracy(self) -> float:
        """The share of the test images whose most probable digit is the true one."""
        return float(np.mean(self.probabilities.argmax(axis=1) == self.labels))

    @property
    def parameters(self) -> int:
        """The number of all weights."""
        return sum(value.size for value in self.weights.values())

    @property
    def met(self) -> bool | None:
        """Whether the test accuracy reaches the experiment's target; None if the settings are not the exercise's."""
        if not is_the_exercises(self.settings, len(self.epochs)):
            return None
        return self.test_accuracy >= self.experiment.target

    def result(self) -> dict[str, Any]:
        """Return the content of `result.json`; `ms_per_step` is of the fastest epoch, input pipeline included."""
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

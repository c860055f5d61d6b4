"""The sizes at which contenders are compared, and the images, labels and weights that all of them get."""

from functools import cache
from typing import NamedTuple

import numpy as np

from numpy_rnn import classifier, mnist
from numpy_rnn.experiments import BATCH_SIZE, EXPERIMENTS
from numpy_rnn.sequences import grey
from numpy_rnn.training import ROWS, new_model

NAMES = {"rnn": "rnn-128", "lstm": "lstm-128"}


class Case(NamedTuple):
    """A model and the size of its batch: T steps of 28 inputs, H units, B examples."""

    recurrence: str
    T: int = ROWS
    H: int = 128
    B: int = BATCH_SIZE

    def batch(self) -> tuple[np.ndarray, np.ndarray]:
        """Return images (B, T, 28) float32 and labels (B,) of the training set.

        For T > 28, several images are placed one below another, and the label is that of the last one.
        """
        training, _ = mnist.load()
        several = -(-self.T // ROWS)
        numbers = np.arange(several * self.B) % len(training.images)
        rows = grey(training.images[numbers]).reshape(self.B, several * ROWS, ROWS)
        return rows[:, -self.T :], training.labels[numbers[several - 1 :: several]]

    def model(self) -> classifier.Model:
        """Return the weights before the first step."""
        experiment = EXPERIMENTS[NAMES[self.recurrence]]._replace(hidden_dim=self.H)
        return new_model(experiment, np.random.default_rng(0))


@cache
def test_images() -> np.ndarray:
    """Return all test images, (10000, 28, 28) float32."""
    return grey(mnist.load()[1].images)

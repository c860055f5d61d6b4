"""The NumPy backend, for which TensorFlow need not be installed."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from numpy_rnn import checkpoint, classifier, mnist
from numpy_rnn.sequences import grey
from numpy_rnn.training import Training, begin, evaluate, fit, new_model
from trainings.backend import Arrays, Data, Setup
from trainings.provenance import versions
from trainings.workers import OneProcess

Images = tuple[np.ndarray, np.ndarray]


class Backend:
    """Data sets are pairs of arrays: images and labels."""

    def __init__(self) -> None:
        self.device = f"CPU, {os.cpu_count()} cores"
        self.versions = versions("numpy")
        self.workers = OneProcess()
        self.replicas: int | None = None

    def load_data(self, warn: Callable[[str], None]) -> Data:
        """Return MNIST. Raises ValueError or OSError, in one line, if an archive is missing or damaged."""
        training, test = mnist.load()
        return Data(training, test, grey(test.images), test.labels)

    def dataset(self, images: np.ndarray, labels: np.ndarray) -> Images:
        """Return the pair of the two arrays."""
        return images, labels

    def trainer(self, setup: Setup, training: Images, log: Path | None = None) -> "Trainer":
        """Return a trainer; one generator, seeded with `setup.seed`, draws the weights and then the batches."""
        return Trainer(setup, training)


class Trainer:
    """A model in training by `numpy_rnn`."""

    def __init__(self, setup: Setup, training: Images):
        self.setup, self.training = setup, training
        rng = np.random.default_rng(setup.seed)
        self.state = begin(setup.start(rng) if setup.start else new_model(setup.experiment, rng), rng)
        self.steps = len(training[0]) // setup.batch_size
        self.random = setup.experiment.initial_state == "random"

    def train(self, epochs: int, on_step: Callable[[Training], None]) -> None:
        """Train until `epochs` epochs are complete, counting earlier ones; call `on_step(state)` after each step.

        Raises FloatingPointError if the loss or a parameter becomes NaN or infinite.
        """

        def step_done(state: Training) -> None:
            self.state = state
            on_step(state)

        # An overflow makes the loss infinite or NaN, and `fit` raises then.
        with np.errstate(over="ignore", invalid="ignore"):
            self.state = fit(
                self.state,
                *self.training,
                self.setup.experiment.scan,
                epochs,
                self.setup.batch_size,
                self.setup.learning_rate,
                step_done,
                random_initial=self.random,
                clip_norm=self.setup.clip_norm,
                shards=self.setup.shards,
            )

    def to_arrays(self) -> Arrays:
        """Return the complete training state as named arrays."""
        return checkpoint.to_arrays(self.state)

    def restore(self, arrays: Arrays) -> Training:
        """Restore what `to_arrays` returned; raise TypeError or ValueError if it does not fit this model."""
        state = checkpoint.from_arrays(arrays)
        classifier.same_form(self.state.model, state.model)
        expected, found = (self.steps, self.setup.batch_size), state.batches.shape
        if found not in (expected, (0, 0)) or state.batches.max(initial=0) >= len(self.training[0]):
            raise ValueError(
                f"batches: expected {expected} numbers of the {len(self.training[0])} examples, got {found}"
            )
        self.state = state
        return state

    def evaluate(self, test: Images) -> tuple[float, np.ndarray]:
        """Return the mean loss and the probabilities (N, 10).

        Random initial states are drawn from the training's generator.
        """
        rng = self.state.rng if self.random else None
        loss, probabilities = evaluate(self.state.model, *test, self.setup.experiment.scan, rng)
        return loss, probabilities.T

    def weights(self) -> Arrays:
        """Return the parameters by their symbols."""
        return {name: value for name, value, _ in classifier.axes(self.state.model)}

    def numpy_model(self) -> classifier.Model:
        """Return the model."""
        return self.state.model

    def save(self, folder: Path) -> None:
        """Write `model.npz` into `folder`."""
        checkpoint.save(folder / "model.npz", self.state.model)

"""The NumPy side of `train.py`: TensorFlow need not be installed."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from report import Run, versions

from numpy_rnn import checkpoint, mnist
from numpy_rnn.experiments import Experiment
from numpy_rnn.sequences import grey
from numpy_rnn.training import evaluate, fit, new_model


class Backend:
    """MNIST as NumPy arrays; a new random generator, of the same seed, for each experiment."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.device = f"CPU, {os.cpu_count()} cores"

    def load_data(self) -> None:
        """Reads the archives; raises ValueError or OSError, in one line, if one is missing or damaged."""
        self.training, self.test = mnist.load()

    def train(self, experiment: Experiment, on_step: Callable[[int, int, float, float], None], log: Path) -> Run:
        """Trains one experiment, tells `on_step` epoch, step, loss and accuracy of each step, and tests the model."""
        options = self.options
        rng = np.random.default_rng(options.seed)
        model, epochs = fit(
            new_model(experiment, rng),
            *self.training,
            rng,
            experiment.scan,
            options.epochs,
            options.batch_size,
            on_step,
        )
        test_loss, probabilities = evaluate(model, *self.test, experiment.scan)
        return Run(
            experiment=experiment,
            backend=options.backend,
            seed=options.seed,
            batch_size=options.batch_size,
            epochs=epochs,
            parameters=sum(value.size for params in model for value in params),
            images=grey(self.test.images),
            labels=self.test.labels,
            probabilities=probabilities,
            test_loss=test_loss,
            device=self.device,
            versions=versions("numpy"),
            save=lambda folder: checkpoint.save(folder / "model.npz", model),
        )

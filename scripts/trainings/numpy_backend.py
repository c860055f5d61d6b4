"""The NumPy side of `train.py`: TensorFlow need not be installed."""

import argparse
import os

import numpy as np

from numpy_rnn import checkpoint, classifier, mnist
from numpy_rnn.experiments import Experiment
from numpy_rnn.sequences import grey
from numpy_rnn.training import Training, begin, evaluate, fit, new_model
from trainings.checkpoints import Arrays, Checkpoints
from trainings.display import Display
from trainings.results import Run, versions


class Backend:
    """MNIST as NumPy arrays; a new random generator, of the same seed, for each experiment."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.device = f"CPU, {os.cpu_count()} cores"

    def load_data(self) -> None:
        """Reads the archives; raises ValueError or OSError, in one line, if one is missing or damaged."""
        self.training, self.test = mnist.load()

    def train(self, experiment: Experiment, checkpoints: Checkpoints, display: Display) -> Run:
        """Trains one experiment, from the latest checkpoint if that is asked for, and tests the model."""
        options = self.options
        rng = np.random.default_rng(options.seed)
        begun = begin(new_model(experiment, rng), rng)
        drawn = experiment.initial_state == "random"

        def restored(arrays: Arrays) -> Training:
            training = checkpoint.from_arrays(arrays)
            classifier.same_form(begun.model, training.model)
            return training

        def on_step(now: Training) -> None:
            display(now.epoch, now.step, now.loss, now.accuracy)
            checkpoints.after_step(now.epoch, now.step, len(now.batches), lambda: checkpoint.to_arrays(now))

        # What overflows ends in a loss that is no number, of which `fit` tells.
        with np.errstate(over="ignore", invalid="ignore"):
            done = fit(
                checkpoints.latest(restored) or begun,
                *self.training,
                experiment.scan,
                options.epochs,
                options.batch_size,
                options.learning_rate,
                on_step,
                random_initial=drawn,
            )
        test_loss, probabilities = evaluate(done.model, *self.test, experiment.scan, done.rng if drawn else None)
        return Run(
            experiment=experiment,
            settings=checkpoints.settings,
            epochs=done.history,
            weights={name: value for name, value, _ in classifier.axes(done.model)},
            images=grey(self.test.images),
            labels=self.test.labels,
            probabilities=probabilities.T,
            test_loss=test_loss,
            device=self.device,
            versions=versions("numpy"),
            save=lambda folder: checkpoint.save(folder / "model.npz", done.model),
        )

"""One training run, by NumPy or by TensorFlow, tested after each epoch; it can be left and taken up again."""

import shutil
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import numpy as np

from command.quiet import quiet_start
from command.signals import Stopping
from numpy_rnn import checkpoint, classifier, mnist
from numpy_rnn.experiments import BATCH_SIZE
from numpy_rnn.sequences import grey
from numpy_rnn.training import CLASSES, begin, fit
from studies.recipes import Recipe
from studies.runs import Runs, accuracy
from trainings.checkpoints import Arrays, Checkpoints
from trainings.results import versions

Progress = Callable[[float], None]


class NumPyTraining:
    """A training by `numpy_rnn`."""

    packages = ("numpy",)

    def __init__(self, recipe: Recipe, images: np.ndarray, labels: np.ndarray, on_step: Callable[..., None]):
        self.recipe, self.images, self.labels, self.on_step = recipe, images, labels, on_step
        rng = np.random.default_rng(recipe.seed)
        self.state = begin(recipe.new_model(rng), rng)

    def restore(self, arrays: Arrays) -> Any:
        """Takes over what `arrays` gave."""
        state = checkpoint.from_arrays(arrays)
        classifier.same_form(self.state.model, state.model)
        self.state = state
        return state

    def fit(self, epochs: int) -> None:
        """Trains until so many epochs are done."""

        def on_step(now: Any) -> None:
            self.on_step(now.epoch, now.step, lambda: checkpoint.to_arrays(now))

        drawn, recipe = self.recipe.initial_state == "random", self.recipe
        self.state = fit(
            self.state, self.images, self.labels, recipe.scan, epochs, on_step=on_step, random_initial=drawn
        )

    def model(self) -> classifier.Model:
        """The model as it is now."""
        return self.state.model

    def history(self) -> Any:
        """The epochs done."""
        return self.state.history


class TensorFlowTraining:
    """A training by `tf_rnn`, from the same weights, in another order of the examples."""

    packages = ("numpy", "tensorflow", "keras")

    def __init__(self, recipe: Recipe, images: np.ndarray, labels: np.ndarray, on_step: Callable[..., None]):
        with quiet_start():
            import tensorflow as tf

            from tf_rnn import training, weights

        self.weights = weights
        self.keras = training.new_model(recipe.experiment, recipe.seed, image_shape=images.shape[1:])
        weights.from_numpy(self.keras, recipe.new_model(np.random.default_rng(recipe.seed)))
        one_hot = np.eye(CLASSES, dtype=np.float32)[labels]
        self.split = tf.data.Dataset.from_tensor_slices((grey(images), one_hot))
        self.state = training.Training(self.keras, recipe.seed, lambda now: on_step(now.epoch, now.step, now.to_arrays))

    def restore(self, arrays: Arrays) -> Any:
        """Takes over what `arrays` gave."""
        self.state.restore(arrays)
        return self.state

    def fit(self, epochs: int) -> None:
        """Trains until so many epochs are done."""
        self.state.fit(self.split, epochs)

    def model(self) -> classifier.Model:
        """The model as it is now."""
        return self.weights.to_numpy(self.keras)

    def history(self) -> Any:
        """The epochs done."""
        return self.state.history


TRAININGS: dict[str, Any] = {"numpy": NumPyTraining, "tf": TensorFlowTraining}


def train(recipe: Recipe, runs: Runs, stopping: Stopping, progress: Progress, say: Callable[[str], None]) -> None:
    """Trains a model by the recipe, tests it after each epoch, and writes what came out.

    After each epoch, and when it is stopped, it leaves a checkpoint from which it goes on. `progress` hears which part
    of the run is done. Raises Interrupted when it is stopped, FloatingPointError where the loss ceases to be a number,
    and Refused where a file can't be written.
    """
    train_split, test = mnist.load()
    steps = recipe.images // BATCH_SIZE
    options = Namespace(resume=True, epochs=recipe.epochs, checkpoint_every=None)
    folder = runs.folder / recipe.name
    folder.mkdir(exist_ok=True)
    settings = recipe._asdict() | {"backend": runs.backend}
    checkpoints = Checkpoints(folder, settings, options, stopping, lambda line: None, say, "the next run")
    accuracies: list[float] = []

    def on_step(epoch: int, step: int, arrays: Callable[[], Arrays]) -> None:
        progress((epoch + step / steps) / recipe.epochs)
        checkpoints.after_step(epoch, step, steps, lambda: arrays() | {"test_accuracy": np.array(accuracies)})

    images, labels = recipe.prepared(train_split.images[: recipe.images]), train_split.labels[: recipe.images]
    training = TRAININGS[runs.backend](recipe, images, labels, on_step)

    def restore(arrays: Arrays) -> Any:
        accuracies.extend(arrays.pop("test_accuracy").tolist())
        return training.restore(arrays)

    checkpoints.latest(restore)
    part = slice(recipe.test_images)
    test_images, test_labels = recipe.prepared(test.images[part]), test.labels[part]
    for epoch in range(len(accuracies), recipe.epochs):
        training.fit(epoch + 1)
        drawn = np.random.default_rng(recipe.seed) if recipe.initial_state == "random" else None
        accuracies.append(accuracy(training.model(), test_images, test_labels, recipe.scan, drawn))
    history = training.history()
    figures = {
        "train_loss": [epoch.loss for epoch in history],
        "train_accuracy": [epoch.accuracy for epoch in history],
        "test_accuracy": accuracies,
        "seconds": sum(epoch.seconds for epoch in history),
        "versions": versions(*training.packages),
    }
    runs.write(recipe, training.model(), figures)
    shutil.rmtree(folder)

"""One training run of the studies: trained by either backend, tested after each epoch, with checkpoints."""

import shutil
from collections.abc import Callable

import numpy as np

from command.signals import Stopping
from numpy_rnn import mnist
from studies.recipes import Recipe
from studies.run_files import Runs, accuracy
from trainings.backend import Backend, Setup, State
from trainings.checkpoints import Checkpoints
from trainings.resumable import train_resumably


def train_recipe(
    recipe: Recipe,
    runs: Runs,
    backend: Backend,
    stopping: Stopping,
    progress: Callable[[float], None],
    warn: Callable[[str], None],
) -> None:
    """Train a model by the recipe, test it after each epoch, and write its figures and weights.

    Both backends start from the same weights, and NumPy tests the models of both. `progress` is called after each step
    with the completed part of the run, from 0 to 1. A checkpoint is saved after each epoch and after a signal; the next
    call resumes from it. Raises Interrupted after a signal, FloatingPointError if the loss becomes NaN or infinite, and
    Refused if a file cannot be written.
    """
    mnist_training, mnist_test = mnist.load()
    images, labels = mnist_training.images[: recipe.images], mnist_training.labels[: recipe.images]
    setup = Setup(recipe.experiment, recipe.seed, start=recipe.new_model, clip_norm=recipe.clip_norm)
    trainer = backend.trainer(setup, backend.dataset(recipe.prepared(images), labels))
    test_images = recipe.prepared(mnist_test.images[: recipe.test_images])
    test_labels = mnist_test.labels[: recipe.test_images]
    folder = runs.folder / recipe.name
    folder.mkdir(exist_ok=True)
    settings = recipe._asdict() | {"backend": runs.backend}
    checkpoints = Checkpoints(
        folder,
        settings,
        stopping,
        lambda line: None,
        warn,
        resume=True,
        epochs=recipe.epochs,
        resumed_by="the next run",
    )

    def step_done(state: State) -> None:
        progress((state.epoch + state.step / trainer.steps) / recipe.epochs)

    def test() -> float:
        rng = np.random.default_rng(recipe.seed) if recipe.initial_state == "random" else None
        return accuracy(trainer.numpy_model(), test_images, test_labels, recipe.scan, rng)

    tested = train_resumably(trainer, checkpoints, step_done, test)
    history = trainer.state.history
    figures = {
        "train_loss": [epoch.loss for epoch in history],
        "train_accuracy": [epoch.accuracy for epoch in history],
        "test_accuracy": tested,
        "seconds": sum(epoch.seconds for epoch in history),
        "versions": backend.versions,
    }
    runs.write(recipe, trainer.numpy_model(), figures)
    shutil.rmtree(folder)

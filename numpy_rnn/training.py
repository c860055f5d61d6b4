"""Training with Adam: epochs, shuffling, history; and the test."""

import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from numpy_rnn import adam, classifier, lstm, readout, rnn
from numpy_rnn.checks import class_labels, whole_number
from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, Epoch, Experiment
from numpy_rnn.sequences import from_images, grey

ROWS = 28
CLASSES = 10
RECURRENCES = {"rnn": rnn, "lstm": lstm}

OnStep = Callable[[int, int, float, float], None]


def new_model(experiment: Experiment, rng: np.random.Generator, dtype: Any = np.float32) -> classifier.Model:
    """The experiment's model for MNIST, before training: each parameter drawn from N(0, 0.05²)."""
    return classifier.Model(
        RECURRENCES[experiment.recurrence].init(rng, ROWS, experiment.hidden_dim, dtype),
        readout.init(rng, experiment.hidden_dim, CLASSES, dtype),
    )


def fit(
    model: classifier.Model,
    images: np.ndarray,
    labels: np.ndarray,
    rng: np.random.Generator,
    scan: Literal["rows", "columns"] = "rows",
    epochs: int = EPOCHS,
    batch_size: int = BATCH_SIZE,
    on_step: OnStep = lambda epoch, step, loss, accuracy: None,
) -> tuple[classifier.Model, list[Epoch]]:
    """The model trained on images (N, 28, 28) uint8 and labels (N,), and what each epoch measured.

    Each epoch takes the examples in a new order from `rng`, in batches of `batch_size`, and drops the last short one.
    `on_step(epoch, step, loss, accuracy)` hears, after each step, the means over the epoch so far; it counts from 0.
    Raises TypeError or ValueError for parameters that don't fit or are not finite, images that are not uint8, labels
    that are not digits of the model, a batch that is empty or larger than N, and a negative number of epochs.
    """
    classifier.check(model)
    pixels = grey(images, model.readout.d.dtype.type)
    class_labels(labels, len(images), len(model.readout.d))
    batch_size = whole_number("batch_size", batch_size, 1, len(images))
    epochs = whole_number("epochs", epochs, 0)
    steps = len(images) // batch_size
    state = adam.init(model)
    trace = None
    history = []
    for epoch in range(epochs):
        start = time.perf_counter()
        losses, hits = 0.0, 0
        order = rng.permutation(len(images))
        for step, batch in enumerate(order[: steps * batch_size].reshape(steps, batch_size)):
            x = from_images(pixels[batch], scan)
            trace = classifier.forward(model, x, out=trace)
            losses += readout.cross_entropy(model.readout, trace.h[-1], labels[batch])
            hits += np.sum(readout.forward(model.readout, trace.h[-1]).argmax(axis=0) == labels[batch])
            model, state = adam.step(model, classifier.backward(model, trace, labels[batch]), state)
            on_step(epoch, step, losses / (step + 1), hits / (step + 1) / batch_size)
        history.append(Epoch(losses / steps, float(hits / (steps * batch_size)), time.perf_counter() - start))
    return model, history


def evaluate(
    model: classifier.Model, images: np.ndarray, labels: np.ndarray, scan: Literal["rows", "columns"] = "rows"
) -> tuple[float, np.ndarray]:
    """The mean loss over images (N, 28, 28) uint8 and labels (N,), and the probabilities (N, C). Raises like `fit`."""
    classifier.check(model)
    pixels = grey(images, model.readout.d.dtype.type)
    class_labels(labels, len(images), len(model.readout.d))
    losses, probabilities = 0.0, []
    for first in range(0, len(images), 1000):
        batch = slice(first, first + 1000)
        h = classifier.forward(model, from_images(pixels[batch], scan)).h[-1]
        losses += readout.cross_entropy(model.readout, h, labels[batch]) * h.shape[1]
        probabilities.append(readout.forward(model.readout, h).T)
    return losses / len(images), np.concatenate(probabilities)

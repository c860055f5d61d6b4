"""Training with Adam, which can be left and taken up again after any step; and the test."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from numpy_rnn import adam, classifier, lstm, readout, rnn
from numpy_rnn.checks import class_labels, positive, whole_number
from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, LEARNING_RATE, STANDARD_DEVIATION, Epoch, Experiment
from numpy_rnn.sequences import from_images, grey

ROWS = 28
CLASSES = 10
RECURRENCES: dict[str, Any] = {"rnn": rnn, "lstm": lstm}


class Training(NamedTuple):
    """All that a training has come to, and all that it needs to go on as if it had never stopped.

    Of the epoch numbered `epoch`, from 0, `step` steps are done; their losses and hits add up to `losses` and `hits`,
    and they took `seconds`. `batches` (steps, B) holds the numbers of that epoch's examples in the order in which they
    come. `history` tells of the epochs before.
    """

    model: classifier.Model
    optimizer: adam.State
    rng: np.random.Generator
    batches: np.ndarray
    epoch: int = 0
    step: int = 0
    losses: float = 0.0
    hits: int = 0
    seconds: float = 0.0
    history: tuple[Epoch, ...] = ()

    @property
    def loss(self) -> float:
        """The mean over the steps of this epoch, of which one is done at least."""
        return self.losses / self.step

    @property
    def accuracy(self) -> float:
        """The share of this epoch's examples so far whose most probable digit was the true one."""
        return self.hits / (self.step * self.batches.shape[1])

    def next_epoch(self) -> "Training":
        """The same with this epoch in the history."""
        history = (*self.history, Epoch(self.loss, self.accuracy, self.seconds))
        return self._replace(epoch=self.epoch + 1, step=0, losses=0.0, hits=0, seconds=0.0, history=history)


def new_model(
    experiment: Experiment, rng: np.random.Generator, dtype: Any = np.float32, input_dim: int = ROWS
) -> classifier.Model:
    """The experiment's model, before training: each parameter drawn from N(0, 0.05²). I = `input_dim`, MNIST's 28."""
    kind, H = RECURRENCES[experiment.recurrence], experiment.hidden_dim
    model = classifier.Model(kind.init(rng, input_dim, H, dtype), readout.init(rng, H, CLASSES, dtype))
    if experiment.initial_state != "learned":
        return model
    states = (rng.normal(0, STANDARD_DEVIATION, (H, 1)).astype(dtype) for _ in classifier.INITIAL[kind]._fields)
    return model._replace(initial=classifier.INITIAL[kind](*states))


def begin(model: classifier.Model, rng: np.random.Generator) -> Training:
    """A training of which nothing is done; the order of the examples will come from `rng`. Raises like `fit`."""
    classifier.check(model)
    return Training(model, adam.init(model), rng, batches=np.zeros((0, 0), int))


def fit(
    training: Training,
    images: np.ndarray,
    labels: np.ndarray,
    scan: Literal["rows", "columns"] = "rows",
    epochs: int = EPOCHS,
    batch_size: int = BATCH_SIZE,
    learning_rate: float = LEARNING_RATE,
    on_step: Callable[[Training], None] = lambda training: None,
    random_initial: bool = False,
) -> Training:
    """`training` taken on, on images (N, 28, 28) uint8 and labels (N,), until so many epochs are done in all.

    Each epoch takes the examples in a new order from `training.rng`, in batches of `batch_size`, and drops the last
    short one. `on_step` hears, after each step, how far the training has come. With `random_initial` each example gets
    an initial state of its own, from `training.rng` too, in place of the model's. Raises TypeError or ValueError for
    parameters that don't fit or are not finite, images that are not uint8, labels that are not digits of the model, a
    batch that is empty, larger than N or of another size than in an epoch begun, a negative number of epochs, and a
    learning rate that isn't above 0; FloatingPointError where the loss or a parameter ceases to be finite.
    """
    classifier.check(training.model)
    pixels = grey(images, training.model.readout.d.dtype.type)
    class_labels(labels, len(images), len(training.model.readout.d))
    batch_size = whole_number("batch_size", batch_size, 1, len(images))
    epochs = whole_number("epochs", epochs, 0)
    learning_rate = positive("learning_rate", learning_rate)
    steps = len(images) // batch_size
    if training.step and training.batches.shape != (steps, batch_size):
        raise ValueError(
            f"batch_size: expected {training.batches.shape[1]} as in the epoch begun, and as many examples, "
            f"got {batch_size} of {len(images)}"
        )
    trace = None
    while training.epoch < epochs:
        if training.step == 0:
            order = training.rng.permutation(len(images))
            training = training._replace(batches=order[: steps * batch_size].reshape(steps, batch_size))
        for batch in training.batches[training.step :]:
            start = time.perf_counter()
            model = training.model
            x = from_images(pixels[batch], scan)
            states = classifier.random_initial(model, training.rng, batch_size)._asdict() if random_initial else {}
            trace = classifier.forward(model, x, **states, out=trace)
            loss = readout.cross_entropy(model.readout, trace.h[-1], labels[batch])
            hits = np.sum(readout.forward(model.readout, trace.h[-1]).argmax(axis=0) == labels[batch])
            gradients = classifier.backward(model, trace, labels[batch])
            model, optimizer = adam.step(model, gradients, training.optimizer, learning_rate)
            training = training._replace(
                model=model,
                optimizer=optimizer,
                step=training.step + 1,
                losses=training.losses + loss,
                hits=training.hits + int(hits),
                seconds=training.seconds + time.perf_counter() - start,
            )
            _assert_finite(training, gradients)
            on_step(training)
        training = training.next_epoch()
    return training


def _assert_finite(training: Training, gradients: classifier.Model) -> None:
    """Raises FloatingPointError, naming step and largest gradient, if the loss or a parameter isn't finite."""
    parameters = all(np.isfinite(value).all() for _, value, _ in classifier.axes(training.model))
    if np.isfinite(training.losses) and parameters:
        return
    what = "a parameter" if np.isfinite(training.losses) else "the loss"
    sizes = {name: float(np.abs(gradient).max()) for name, gradient, _ in classifier.axes(gradients)}
    raise not_finite(what, training.epoch, training.step, sizes)


def not_finite(what: str, epoch: int, step: int, sizes: Mapping[str, float]) -> FloatingPointError:
    """The error that names what ceased to be finite, the step, and the largest of the gradients' sizes."""
    name = max(sizes, key=lambda name: np.inf if np.isnan(sizes[name]) else sizes[name])
    return FloatingPointError(
        f"{what} is no longer finite in epoch {epoch + 1}, step {step}; "
        f"the largest gradient is that of {name}: {sizes[name]:.3g}"
    )


def evaluate(
    model: classifier.Model,
    images: np.ndarray,
    labels: np.ndarray,
    scan: Literal["rows", "columns"] = "rows",
    h_init: classifier.State | np.random.Generator | None = None,
) -> tuple[float, np.ndarray]:
    """The mean loss over images (N, 28, 28) uint8 and labels (N,), and the probabilities (N, C). Raises like `fit`.

    `h_init` is a number or (H, 1), by default the model's own; or the generator of each example's initial states.
    """
    classifier.check(model)
    pixels = grey(images, model.readout.d.dtype.type)
    class_labels(labels, len(images), len(model.readout.d))
    losses, probabilities = 0.0, []
    for first in range(0, len(images), 1000):
        batch = slice(first, first + 1000)
        x = from_images(pixels[batch], scan)
        states: Any = (h_init,)
        if isinstance(h_init, np.random.Generator):
            states = classifier.random_initial(model, h_init, x.shape[2])
        h = classifier.forward(model, x, *states).h[-1]
        losses += readout.cross_entropy(model.readout, h, labels[batch]) * h.shape[1]
        probabilities.append(readout.forward(model.readout, h).T)
    return losses / len(images), np.concatenate(probabilities)

"""Training with Adam, which can be interrupted and resumed after any step, and the test."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from numpy_rnn import adam, classifier, clipping, lstm, parallel, readout, rnn
from numpy_rnn.checks import check_type, class_labels, positive, whole_number
from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, LEARNING_RATE, Epoch, Experiment
from numpy_rnn.images import check_images, last_states
from numpy_rnn.initialization import draw

ROWS = 28
CLASSES = 10
RECURRENCES: dict[str, Any] = {"rnn": rnn, "lstm": lstm}


class Training(NamedTuple):
    """Complete training state, enough to resume bit for bit.

    `step` steps of the epoch numbered `epoch`, from 0, are complete; their losses and correct answers add up to
    `losses` and `hits`, and they took `seconds`. `batches` (steps, B) holds the indices of that epoch's examples in
    training order. `history` describes the epochs before.
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
        """The mean loss over the steps of this epoch; at least one step is complete."""
        return self.losses / self.step

    @property
    def accuracy(self) -> float:
        """The share of this epoch's examples so far that were classified correctly."""
        return self.hits / (self.step * self.batches.shape[1])

    def next_epoch(self) -> "Training":
        """Moves this epoch, which is complete, to the history.

        Returns
        -------
        Training
            The state before the next epoch.
        """
        history = (*self.history, Epoch(self.loss, self.accuracy, self.seconds))
        return self._replace(epoch=self.epoch + 1, step=0, losses=0.0, hits=0, seconds=0.0, history=history)


def new_model(
    experiment: Experiment, rng: np.random.Generator, dtype: Any = np.float32, input_dim: int = ROWS
) -> classifier.Model:
    """Makes the experiment's model, each parameter drawn from N(0, 0.05²).

    Parameters
    ----------
    experiment : Experiment
        Determines the recurrence, H, and whether the initial states are learned.
    rng : numpy.random.Generator
        Draws the parameters.
    dtype : dtype, optional
        float32 or float64.
    input_dim : int, optional
        I, by default MNIST's 28.

    Returns
    -------
    classifier.Model
        A model with 10 classes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    kind, H = RECURRENCES[experiment.recurrence], experiment.hidden_dim
    model = classifier.Model(kind.init(rng, input_dim, H, dtype), readout.init(rng, H, CLASSES, dtype))
    if experiment.initial_state != "learned":
        return model
    return model._replace(initial=draw(kind.Initial, kind.AXES, {"H": H, "B": 1}, rng, dtype))


def begin(model: classifier.Model, rng: np.random.Generator) -> Training:
    """Starts a training.

    Parameters
    ----------
    model : classifier.Model
        The parameters, all finite.
    rng : numpy.random.Generator
        Draws the order of the examples.

    Returns
    -------
    Training
        The state before the first step.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described; the message names it.
    """
    check_type("rng", rng, np.random.Generator)
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
    clip_norm: float | None = None,
    on_gradients: Callable[[classifier.Model], None] = lambda gradients: None,
    shards: int = 1,
    processes: int | None = None,
) -> Training:
    """Trains until `epochs` epochs are complete, counting earlier ones.

    Each epoch takes the examples in a new order, drawn by `training.rng`, and leaves out the last short batch. BLAS has
    one thread meanwhile, so that the results do not depend on the number of cores.

    Parameters
    ----------
    training : Training
        The state to start or resume from.
    images : array (N, rows, columns)
        Grey values, uint8.
    labels : array (N,)
        Integers from 0 to C - 1.
    scan : {"rows", "columns"}, optional
        Whether step t sees row t or column t of an image.
    epochs : int, optional
        The number of epochs in all, 0 or more.
    batch_size : int, optional
        From 1 to N. An epoch that is resumed keeps its batch size.
    learning_rate : float, optional
        Above 0.
    on_step : callable, optional
        It is called with the new state after each step.
    random_initial : bool, optional
        Whether `training.rng` draws an initial state for each example from N(0, 1), in place of the model's.
    clip_norm : float, optional
        The largest global norm of the gradients of a step, above 0; by default they are not clipped.
    on_gradients : callable, optional
        It is called with the gradients of each step, before they are clipped.
    shards : int, optional
        The number of shards of each batch, from 1 to its size; see `parallel`. It changes the order of a sum, and with
        it the last bits of the results.
    processes : int, optional
        The highest number of processes, this one included, that compute the shards. It does not change the results. By
        default the number of cores.

    Returns
    -------
    Training
        The state after the last step.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or a parameter is not finite; the message names it.
    FloatingPointError
        If the loss or a parameter ceases to be finite.
    ChildProcessError
        If one of the other processes ends too early.
    OSError
        If another process cannot be started.
    """
    check_type("training", training, Training)
    check_images(training.model, images, scan)
    class_labels(labels, len(images), len(training.model.readout.d))
    batch_size = whole_number("batch_size", batch_size, 1, len(images))
    epochs = whole_number("epochs", epochs, 0)
    learning_rate = positive("learning_rate", learning_rate)
    if clip_norm is not None:
        clip_norm = positive("clip_norm", clip_norm)
    steps = len(images) // batch_size
    if training.step and training.batches.shape != (steps, batch_size):
        raise ValueError(
            f"batch_size: expected {training.batches.shape[1]} as in the epoch begun, and as many examples, "
            f"got {batch_size} of {len(images)}"
        )
    if training.step and training.batches.max() >= len(images):
        raise ValueError(
            f"images: expected more than {training.batches.max()} as in the epoch begun, got {len(images)}"
        )
    with parallel.Shards(batch_size, shards, scan, processes) as batches:
        while training.epoch < epochs:
            if training.step == 0:
                order = training.rng.permutation(len(images))
                training = training._replace(batches=order[: steps * batch_size].reshape(steps, batch_size))
            for examples in training.batches[training.step :]:
                start = time.perf_counter()
                model = training.model
                initial = classifier.random_initial(model, training.rng, batch_size) if random_initial else ()
                batch = parallel.Batch(model, images[examples], labels[examples], initial)
                loss, hits, gradients, _ = batches.loss_and_gradients(batch)
                on_gradients(gradients)
                clipped = gradients if clip_norm is None else clipping.clip(gradients, clip_norm)
                model, optimizer = adam.step(model, clipped, training.optimizer, learning_rate)
                training = training._replace(
                    model=model,
                    optimizer=optimizer,
                    step=training.step + 1,
                    losses=training.losses + loss,
                    hits=training.hits + hits,
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
    """Makes the error that names what ceased to be finite, and where.

    Parameters
    ----------
    what : str
        "the loss" or "a parameter".
    epoch : int
        The number of the epoch, from 0.
    step : int
        The number of the step, from 1.
    sizes : mapping of str to float
        The largest absolute entry of each gradient, by parameter.

    Returns
    -------
    FloatingPointError
        To be raised.
    """
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
    initial: classifier.Initial | np.random.Generator | None = None,
) -> tuple[float, np.ndarray]:
    """Tests a model.

    Parameters
    ----------
    model : classifier.Model
        The parameters, all finite.
    images : array (N, rows, columns)
        Grey values, uint8.
    labels : array (N,)
        Integers from 0 to C - 1.
    scan : {"rows", "columns"}, optional
        Whether step t sees row t or column t of an image.
    initial : rnn.Initial or lstm.Initial or numpy.random.Generator, optional
        The states before the first step, numbers or arrays (H, 1) or (H, N), by default the model's own; or the
        generator that draws a state for each example from N(0, 1).

    Returns
    -------
    tuple of (float, array (C, N))
        The mean loss, and the probabilities of the classes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or a parameter is not finite; the message names it.
    """
    batches = last_states(model, images, scan, initial)
    class_labels(labels, len(images), len(model.readout.d))
    losses, probabilities = 0.0, []
    for batch, h in batches:
        losses += readout.cross_entropy(model.readout, h, labels[batch]) * h.shape[1]
        probabilities.append(readout.forward(model.readout, h))
    return losses / len(images), np.concatenate(probabilities, axis=1)

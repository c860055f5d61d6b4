"""Images → probabilities: grey values are scaled, turned into sequences and classified, a thousand images at a time."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from numpy_rnn import classifier, readout
from numpy_rnn.checks import check_shapes, check_type, plain_array
from numpy_rnn.sequences import from_images, grey

AT_ONCE = 1000


def classify_images(
    model: classifier.Model,
    images: np.ndarray,
    scan: Literal["rows", "columns"] = "rows",
    initial: classifier.Initial | np.random.Generator | None = None,
) -> np.ndarray:
    """Computes the probabilities of the classes for images.

    Parameters
    ----------
    model : classifier.Model
        The parameters, all finite, for I columns or rows. A model whose last column are biases takes sequences alone:
        `classifier.predict(model, sequences.with_ones(x))`.
    images : array (N, rows, columns)
        Grey values from 0 to 255, uint8.
    scan : {"rows", "columns"}, optional
        Whether step t sees row t, with I columns, or column t, with I rows, of an image. It has to be that of the
        training: where images are square, another scan can't be detected.
    initial : rnn.Initial or lstm.Initial or numpy.random.Generator, optional
        The states before the first step: numbers, arrays (H, 1) for all images, or arrays (H, N); by default the
        model's own. Or the generator that draws a state for each image from N(0, 1).

    Returns
    -------
    array (C, N)
        The probabilities, one column for each image; each column adds up to 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or a parameter is not finite; the message names it.
    """
    batches = last_states(model, images, scan, initial)
    return np.concatenate([readout.forward(model.readout, h) for _, h in batches], axis=1)


def last_states(
    model: classifier.Model,
    images: np.ndarray,
    scan: Literal["rows", "columns"] = "rows",
    initial: classifier.Initial | np.random.Generator | None = None,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Computes the last state of each image, `AT_ONCE` images at a time.

    Parameters
    ----------
    model, images, scan, initial
        Those of `classify_images`.

    Returns
    -------
    iterator of (slice, array (H, B))
        Which images a batch has, and their last states. No images are one empty batch.

    Raises
    ------
    TypeError, ValueError
        Like `classify_images`, before the iteration.
    """
    check_images(model, images, scan)
    check_initial(model, initial, len(images))
    batches = [slice(first, first + AT_ONCE) for first in range(0, max(1, len(images)), AT_ONCE)]
    return ((batch, _last_state(model, images, scan, initial, batch)) for batch in batches)


def check_images(model: classifier.Model, images: np.ndarray, scan: Literal["rows", "columns"]) -> None:
    """Checks that a model can classify images.

    Parameters
    ----------
    model, images, scan
        Those of `classify_images`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or a parameter is not finite; the message names it.
    """
    I = classifier.check(model)["I"]
    plain_array("images", images, "uint8")
    if images.ndim != 3:
        raise ValueError(f"images: expected shape (B, rows, columns), got {images.shape}")
    inputs = from_images(grey(images[:0]), scan).shape[1]
    if inputs != I:
        expected = f"(B, rows, {I})" if scan == "rows" else f"(B, {I}, columns)"
        biases = ", or for biases classifier.predict and sequences.with_ones(x)" if inputs + 1 == I else ""
        raise ValueError(
            f"images: expected shape {expected} for the model and a scan of {scan}{biases}, got {images.shape}"
        )


def check_initial(model: classifier.Model, initial: Any, examples: int) -> None:
    """Checks the states before the first step.

    Parameters
    ----------
    model : classifier.Model
        The parameters.
    initial : rnn.Initial or lstm.Initial or numpy.random.Generator, optional
        Those of `classify_images`.
    examples : int
        N, the number of images.

    Raises
    ------
    TypeError, ValueError
        If `initial` is not as described; the message names it or its field.
    """
    if initial is None or isinstance(initial, np.random.Generator):
        return
    H = classifier.check(model)["H"]
    check_type("initial", initial, classifier.initial_type(model))
    for name, value in initial._asdict().items():
        if not classifier.is_number(value):
            check_shapes((name, value, "H #N"), dtype=model.recurrence[0].dtype, H=H, N=examples)


def _last_state(model: classifier.Model, images: np.ndarray, scan: Any, initial: Any, batch: slice) -> np.ndarray:
    """The last states (H, B) of a batch of the images."""
    x = from_images(grey(images[batch], model.readout.d.dtype.type), scan)
    if isinstance(initial, np.random.Generator):
        initial = classifier.random_initial(model, initial, x.shape[2])
    elif initial is not None:
        initial = type(initial)(*(_of_batch(value, len(images), batch) for value in initial))
    return classifier.last_state(model, x, initial)


def _of_batch(value: Any, examples: int, batch: slice) -> Any:
    """The columns of a batch, if a state has one column for each example."""
    return value[:, batch] if not classifier.is_number(value) and value.shape[1] == examples else value

"""The check of notebook 3: images as sequences of columns."""

from collections.abc import Callable
from typing import Any

import numpy as np

from parity_tests.notebook_checks import answers
from parity_tests.notebook_checks.answers import Wrong
from tf_rnn import RNN

# Sizes N, rows and columns that differ, so that no wrong axis has the right size; MNIST's own; and a single image.
SHAPES = [(3, 5, 4), (6, 28, 28), (1, 28, 28)]
DTYPES = np.uint8, np.float32


@answers.checks("3.1", "Turn the images so that row t of the result is column t of the image.")
def turned(columns: Callable[[np.ndarray], Any]) -> str:
    """Checks the function that turns rows into columns, and that the row model then reads columns.

    Parameters
    ----------
    columns : callable
        The learner's function: images (N, rows, columns) → (N, columns, rows).
    """
    for shape in SHAPES:
        for dtype in DTYPES:
            images = np.random.default_rng(0).integers(0, 256, shape).astype(dtype)
            given = images.copy()
            result = columns(given)
            if not np.array_equal(given, images):
                raise Wrong("`columns` changes the images that it is given. Return other ones.")
            compare(result, images)
    images = (np.random.default_rng(1).random((4, 28, 28)) - 0.5).astype(np.float32)
    assert_same_model(columns, images)
    return "row t of the result is column t of the image, and the row model reads columns"


def compare(result: Any, images: np.ndarray) -> None:
    """Compares the result with the columns of the images; raises `Wrong` with the likely cause."""
    if result is None:
        raise Wrong("`columns` returns nothing. Its last line is `return …`.")
    try:
        found = np.asarray(result)
    except ValueError:
        raise Wrong(f"`columns` returns an object of type {type(result).__name__}, expected an array.") from None
    right = images.transpose(0, 2, 1)
    if found.shape == right.shape and np.array_equal(found, right):
        return
    hint = next(
        (words for words, change in MISTAKES.items() if np.array_equal(found, change(images))),
        "Entry [n, t, i] of the result has to be entry [n, i, t] of the images",
    )
    shapes = f"images {images.shape} give the shape {found.shape}, expected {right.shape}. "
    raise Wrong(f"{'' if found.shape == right.shape else shapes}{hint}.")


MISTAKES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "The images are as before. Exchange their rows and columns": lambda images: images,
    "`reshape` keeps the order of the pixels, and a column is not in one piece in it. Exchange axes instead": (
        lambda images: images.reshape(images.shape[0], images.shape[2], images.shape[1])
    ),
    "The axis of the images has to remain the first one. `.T` and `np.transpose` without axes reverse all axes": (
        lambda images: images.transpose(2, 1, 0)
    ),
    "The axis of the images has to remain the first one, but it is exchanged with that of the rows": (
        lambda images: images.transpose(1, 0, 2)
    ),
    "The axis of the images has to remain the first one, but it is now the last": lambda images: images.transpose(
        1, 2, 0
    ),
    "The axis of the images has to remain the first one, but it is now the second": lambda images: images.transpose(
        2, 0, 1
    ),
    "The rows are in reverse order. This turns an image upside down": lambda images: images[:, ::-1],
    "The pixels of each row are in reverse order. This is the mirror image": lambda images: images[:, :, ::-1],
    "The images are turned by 180°": lambda images: images[:, ::-1, ::-1],
    "The images are in reverse order": lambda images: images[::-1],
    "The images are turned by 90°, so the last column comes first": lambda images: np.rot90(images, 1, (1, 2)),
    "The images are turned by 90°, so each column begins with its last pixel": lambda images: np.rot90(
        images, -1, (1, 2)
    ),
    "The columns are right, but the last one comes first, and each begins with its last pixel": lambda images: (
        images.transpose(0, 2, 1)[:, ::-1, ::-1]
    ),
    "The columns are right, but the images are in reverse order": lambda images: images.transpose(0, 2, 1)[::-1],
    "Only the first image is turned": lambda images: images[0].T,
    "The grey values are divided by 255. `columns` has to keep them": lambda images: images.transpose(0, 2, 1) / 255,
}


def assert_same_model(columns: Callable[[np.ndarray], Any], images: np.ndarray) -> None:
    """Asserts that the row model, on turned images, gives the probabilities of the column model with its weights."""
    by_rows, by_columns = RNN(8), RNN(8, scan="columns")
    expected = np.asarray(by_columns(images))
    by_rows.build(images.shape)
    by_rows.set_weights(by_columns.get_weights())
    found = np.asarray(by_rows(np.asarray(columns(images), np.float32)))
    if not np.allclose(found, expected, atol=1e-5):
        raise Wrong("the row model, on the turned images, does not compute what the column model does.")

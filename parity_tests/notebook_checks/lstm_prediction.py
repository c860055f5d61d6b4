"""The digit that a learner's function predicts for one image, beside that of a small model whose answers are known."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from parity_tests.notebook_checks.answers import Wrong, described

IMAGE = (28, 28)
DIGITS = 10
BRIGHT, BIAS = 100, 1  # the largest number before the softmax: of an image, and without an image


def known_model() -> tuple[Any, np.ndarray]:
    """A model, and ten images that it classifies as ten different digits."""
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(IMAGE[0] * IMAGE[1], DIGITS))
    images = np.maximum(kernel, 0).T
    kernel *= BRIGHT / (images @ kernel).max()
    x = keras.Input(IMAGE)
    read_out = keras.layers.Dense(DIGITS, activation="softmax")
    model = keras.Model(x, read_out(keras.layers.Flatten()(x)))
    read_out.set_weights([kernel, BIAS * rng.permutation(DIGITS) / DIGITS])
    return model, images.reshape(DIGITS, *IMAGE).astype(np.float32)


def assert_right(predicted_digit: Callable[[Any, np.ndarray], Any]) -> None:
    """Asserts that the function returns the most probable digit of a single image."""
    model, images = known_model()
    found = []
    for image in images:
        try:
            found.append(predicted_digit(model, image.copy()))
        except ValueError as error:
            advice = "The model takes a batch of images, (B, 28, 28). `image[None]` is a batch of one."
            raise Wrong(f"{described(error)}\n  {advice}") from None
        assert_digit(found[-1], model.predict_on_batch(image[None]))
    got = np.array([float(one) for one in found])
    right = model.predict_on_batch(images).argmax(axis=1)
    if np.array_equal(got, right):
        return
    causes = {
        "It is the least probable digit": model.predict_on_batch(images).argmin(axis=1),
        "It is one too large: the first of the ten probabilities is that of 0": right + 1,
        "The grey values are from 0 to 1 already, and must not be divided by 255 again": (
            model.predict_on_batch(images / 255).argmax(axis=1)
        ),
        "Rows and columns of the image are exchanged": (
            model.predict_on_batch(images.transpose(0, 2, 1)).argmax(axis=1)
        ),
        "It is 0 for every image: axis 0 of `tf.argmax` runs over the images of a batch, and this one has one image": 0,
    }
    cause = next((f" {words}." for words, value in causes.items() if np.all(got == value)), "")
    one = np.argmax(got != right)
    raise Wrong(f"for an image that the model takes for {right[one]}, the function returns {got[one]:g}.{cause}")


def assert_digit(value: Any, y: np.ndarray) -> None:
    """Asserts that a value is a single digit, and not one of the probabilities y (1, 10)."""
    if value is None:
        raise Wrong("the function returns nothing. Its last line has to be `return …`.")
    array = np.asarray(value)
    if array.size == DIGITS and np.allclose(array.ravel(), y.ravel(), atol=1e-5):
        raise Wrong("the function returns the ten probabilities. The digit is the place of the largest: `np.argmax`.")
    if array.size == DIGITS and not array.any():
        raise Wrong("the function returns ten zeros: the argmax runs over the images, axis 0, not over the digits.")
    if array.size == 1 and np.isclose(float(array.ravel()[0]), y.max(), atol=1e-5) and array.dtype.kind == "f":
        raise Wrong("the function returns the largest probability. The digit is its place: `np.argmax`.")
    if array.shape == (1,):
        raise Wrong("the function returns a batch of one digit. The digit is its entry [0].")
    if array.ndim or array.dtype.kind not in "iuf":
        raise Wrong(f"the function returns {value!r}, expected a single digit.")

"""The probabilities of the learner's model of a basic RNN beside those of the equations."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from parity_tests.notebook_checks.answers import Wrong
from parity_tests.notebook_checks.keras_models import IMAGE


def assert_outputs(model: Any, b: Any, W: Any, U: Any, d: Any, V: Any) -> None:
    """Asserts that a model classifies images, row by row from h_init = 0, as the equations do.

    For a moment its weights are others, with an orthogonal W, so that the first states have an effect on the last one.
    """
    rng = np.random.default_rng(0)
    images = rng.random((5, *IMAGE), np.float32)
    weights = [b, W, U, d, V]
    before = [keras.ops.convert_to_numpy(weight) for weight in weights]
    numbers = [0.1 * rng.standard_normal(weight.shape).astype(np.float32) for weight in weights]
    numbers[1] = np.linalg.qr(numbers[1])[0]
    try:
        for weight, value in zip(weights, numbers, strict=True):
            weight.assign(value)
        y = keras.ops.convert_to_numpy(model(images))
    finally:
        for weight, value in zip(weights, before, strict=True):
            weight.assign(value)
    if cause := cause_of_outputs(y, images, numbers):
        raise Wrong(f"{cause}.")


def cause_of_outputs(y: np.ndarray, images: np.ndarray, weights: Sequence[np.ndarray]) -> str:
    """Why probabilities (B, 10) are not those of the images, in words; empty if they are."""
    b, W, U, d, V = weights

    def probabilities(x: np.ndarray, h: np.ndarray) -> np.ndarray:
        for x_t in x.transpose(1, 0, 2):
            h = np.tanh(b + h @ W.T + x_t @ U.T)
        z = np.exp(d + h @ (V if V.shape[1] == len(d) else V.T))
        return z / z.sum(axis=1, keepdims=True)

    zeros = np.zeros((len(images), len(b)))
    candidates = {
        "": (images, zeros),
        "h_init has to be zeros": (images, zeros + 1),
        "x_t has to be row t, not column t": (images.transpose(0, 2, 1), zeros),
    }
    candidates |= {f"num_timestep is {t}, expected 28": (images[:, :t], zeros) for t in range(28)}
    return next(
        (words for words, (x, h) in candidates.items() if np.allclose(y, probabilities(x, h), atol=1e-4)),
        "RNN2 does not compute y = softmax(d + V h_28), with h_0 = 0 and x_t = row t of the image",
    )

"""Do all contenders compute the same? Held against `numpy_rnn` in float64, before anything is timed.

A rounding in float32 changes a number by u = 2⁻²⁴ of itself at most, and n of them, one upon the other, by γ_n = n u /
(1 - n u) (N. J. Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). Here n is the number of roundings
on the longest path from the weights to a gradient: T steps forward, each a sum of H + I terms, T steps back, each a sum
of as many terms as there are arguments a, and the sum over T steps and B examples. The weights drawn do not magnify a
rounding on its way through the steps, so a gradient is held to γ_n of its largest entry. A wrong gate, a lost transpose
or step, or a factor changes it by far more. The probabilities, of at most 1, are held to the same γ_n.
"""

from typing import Any

import numpy as np

from benchmarks.cases import Case, images_to_read
from benchmarks.contenders import PREDICTED_AT_ONCE
from numpy_rnn import adam, classifier
from numpy_rnn.sequences import from_images
from numpy_rnn.training import ROWS

# Rounded one by one in each step, beside the sums: products, activations and their derivatives.
ENTRY_BY_ENTRY = 20


def bound(case: Case) -> float:
    """γ_n for this size."""
    arguments = 4 * case.H if case.recurrence == "lstm" else case.H
    n = case.T * (case.H + ROWS + arguments + ENTRY_BY_ENTRY) + case.T * case.B
    return n * 2.0**-24 / (1 - n * 2.0**-24)


def exact(result: str, case: Case) -> Any:
    """The "gradients" of the first step, or "probabilities" of the first test images, with the weights before it."""
    if result == "gradients":
        return exact_gradients(case.model(), *case.batch())
    sequences = from_images(images_to_read()[:PREDICTED_AT_ONCE].astype(np.float64))
    return classifier.predict(in_float64(case.model()), sequences).T


def exact_gradients(model: classifier.Model, images: np.ndarray, labels: np.ndarray) -> classifier.Model:
    """Those of the first step, in float64."""
    return classifier.loss_and_gradients(in_float64(model), from_images(images.astype(np.float64)), labels)[1]


def in_float64(model: classifier.Model) -> classifier.Model:
    """The same numbers."""
    return adam.tree_map(lambda value: value.astype(np.float64), model)


def difference(found: Any, expected: Any) -> float:
    """The largest difference of an entry: of probabilities, or of gradients, as a part of the gradient's largest entry.

    nan if one is not a number. Raises ValueError for gradients of another form.
    """
    if isinstance(expected, np.ndarray):
        return float(np.abs(found - expected).max())
    parts = []
    pairs: Any = zip(classifier.axes(found), classifier.axes(expected), strict=True)
    for (name, value, _), (_, true, _) in pairs:
        if value.shape != true.shape:
            raise ValueError(f"{name}: expected {true.shape}, got {value.shape}")
        error = np.abs(value - true).max()
        parts.append(error / np.abs(true).max() if error else 0.0)
    return float(np.max(parts))

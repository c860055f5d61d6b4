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

from benchmarks.cases import Case
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


def exact_gradients(model: classifier.Model, images: np.ndarray, labels: np.ndarray) -> classifier.Model:
    """Those of the first step, in float64."""
    model = adam.tree_map(lambda value: value.astype(np.float64), model)
    return classifier.loss_and_gradients(model, from_images(images.astype(np.float64)), labels)[1]


def exact_probabilities(model: classifier.Model, images: np.ndarray) -> np.ndarray:
    """With the weights before the first step, in float64."""
    model = adam.tree_map(lambda value: value.astype(np.float64), model)
    return classifier.predict(model, from_images(images.astype(np.float64))).T


def difference(gradients: classifier.Model, exact: classifier.Model) -> float:
    """The largest difference of an entry, as a part of the largest entry of its gradient, over all gradients.

    nan if one is not a number. Raises ValueError for gradients of another form.
    """
    parts = []
    pairs: Any = zip(classifier.axes(gradients), classifier.axes(exact), strict=True)
    for (name, value, _), (_, expected, _) in pairs:
        if value.shape != expected.shape:
            raise ValueError(f"{name}: expected {expected.shape}, got {value.shape}")
        error = np.abs(value - expected).max()
        parts.append(error / np.abs(expected).max() if error else 0.0)
    return float(np.max(parts))

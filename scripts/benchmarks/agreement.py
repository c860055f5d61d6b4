"""Checks, before anything is timed, that a contender computes what `numpy_rnn` computes in float64.

A rounding in float32 changes a number by at most u = 2⁻²⁴ of itself, and n consecutive roundings by at most γ_n = n u /
(1 - n u) (N. J. Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). Here n is the number of roundings
on the longest path from the weights to a gradient: T steps forward, each a sum of H + I terms; T steps back, each a sum
with as many terms as there are arguments a; and the sum over T steps and B examples. The initial weights do not amplify
a rounding over the steps, so the bound for an error of a gradient is γ_n times its largest entry. A wrong gate, a lost
transpose or step, or a wrong factor causes a much larger error. The bound for probabilities is γ_n as well.
"""

from typing import Any

import numpy as np

from benchmarks.cases import Case, test_images
from benchmarks.contenders import PREDICTED_AT_ONCE
from numpy_rnn import adam, classifier
from numpy_rnn.sequences import from_images
from numpy_rnn.training import ROWS

# Roundings in each step besides those of the sums: products, activations and their derivatives.
ENTRY_BY_ENTRY = 20


def bound(case: Case) -> float:
    """Return γ_n for this size."""
    arguments = 4 * case.H if case.recurrence == "lstm" else case.H
    n = case.T * (case.H + ROWS + arguments + ENTRY_BY_ENTRY) + case.T * case.B
    return n * 2.0**-24 / (1 - n * 2.0**-24)


def exact(result: str, case: Case) -> Any:
    """Return the "gradients" of the first step, or the "probabilities" of the first test images, in float64."""
    if result == "gradients":
        return exact_gradients(case.model(), *case.batch())
    sequences = from_images(test_images()[:PREDICTED_AT_ONCE].astype(np.float64))
    return classifier.predict(in_float64(case.model()), sequences).T


def exact_gradients(model: classifier.Model, images: np.ndarray, labels: np.ndarray) -> classifier.Model:
    """Return the gradients of the first step in float64."""
    return classifier.loss_and_gradients(in_float64(model), from_images(images.astype(np.float64)), labels)[1]


def in_float64(model: classifier.Model) -> classifier.Model:
    """Return the model with its parameters converted to float64."""
    return adam.tree_map(lambda value: value.astype(np.float64), model)


def difference(found: Any, expected: Any) -> float:
    """Return the largest difference of an entry, for gradients divided by the gradient's largest entry.

    The result is nan if an entry is. Raises ValueError for gradients of another shape.
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

"""The read-out, last line of Fig. 1 and of Fig. 2, and the loss.

One column is one example. Forward, with h (H, B) the last state h_T

    z = d + V h                                 (3.1)
    y = softmax(z)                              (3.2)
    L = -(1/B) Σ_n log y_{k(n), n}              (3.3), k(n) the label of example n

Backward: log y_k = z_k - log Σ_j e^{z_j}, and the derivative of the second term by z_j is y_j, so (3.3) and (3.2)
together give, with e_k the one-hot column of the label,

    dz = (y - e_k) / B                          from (3.3) and (3.2)
    dV = dz hᵀ      dd = dz, summed over the batch      dh = Vᵀ dz          from (3.1)

The loss is taken from the logits z, for the probability of a hopeless digit underflows to 0 and its logarithm to -∞.
Source: C. M. Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4.
"""

from typing import Any, NamedTuple

import numpy as np

from numpy_rnn.activations import softmax
from numpy_rnn.checks import Argument, class_labels, fitting
from numpy_rnn.experiments import STANDARD_DEVIATION


class Params(NamedTuple):
    """d (C, 1), V (C, H), of one dtype."""

    d: np.ndarray
    V: np.ndarray


class Gradients(NamedTuple):
    """∂L/∂ the parameters, and h (H, B)."""

    params: Params
    h: np.ndarray


def init(rng: np.random.Generator, hidden_dim: int, output_dim: int, dtype: Any = np.float32) -> Params:
    """Parameters for H = `hidden_dim` and C = `output_dim`, each entry drawn from N(0, 0.05²)."""

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(0, STANDARD_DEVIATION, shape).astype(dtype)

    return Params(d=normal(output_dim, 1), V=normal(output_dim, hidden_dim))


def forward(params: Params, h: np.ndarray) -> np.ndarray:
    """The probabilities y (C, B) for h (H, B). Raises TypeError or ValueError for dtypes or shapes that don't fit."""
    d, V = params
    fitting(*axes(params), ("h", h, "H B"))
    z = d + V @ h  # (3.1)
    return softmax(z)  # (3.2)


def cross_entropy(params: Params, h: np.ndarray, labels: np.ndarray) -> float:
    """The mean loss over the batch, for h (H, B) and labels (B,), integers from 0 to C - 1, from the logits.

    Raises TypeError or ValueError for dtypes, shapes or labels that don't fit, and for an empty batch.
    """
    d, V = params
    sizes = fitting(*axes(params), ("h", h, "H B"))
    class_labels(labels, sizes["B"], sizes["C"])
    z = d + V @ h  # (3.1)
    z = z - z.max(axis=0)
    with np.errstate(under="ignore"):
        log_y = z - np.log(np.exp(z).sum(axis=0))  # log of (3.2)
    return float(-log_y[labels, np.arange(len(labels))].mean())  # (3.3)


def backward(params: Params, h: np.ndarray, labels: np.ndarray) -> Gradients:
    """The gradients of `cross_entropy`. Raises like it."""
    dz = forward(params, h)
    C, B = dz.shape
    class_labels(labels, B, C)
    dz[labels, np.arange(B)] -= 1  # ∂(3.3)/∂z, through (3.2)
    dz /= B
    return Gradients(
        Params(d=dz.sum(axis=1, keepdims=True), V=dz @ h.T),  # ∂(3.1)/∂d, ∂(3.1)/∂V
        h=params.V.T @ dz,  # ∂(3.1)/∂h
    )


def axes(params: Params) -> list[Argument]:
    """The parameters by name, with their axes, for `checks.fitting`."""
    return [("d", params.d, "C 1"), ("V", params.V, "C H")]

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
from numpy_rnn.checks import check_shapes, class_labels, fields, whole_number
from numpy_rnn.initialization import draw

AXES = {"d": "C 1", "V": "C H", "h": "H B"}


class Params(NamedTuple):
    """The parameters, of one dtype: d (C, 1), V (C, H)."""

    d: np.ndarray
    V: np.ndarray


class Gradients(NamedTuple):
    """∂L/∂ the parameters, and h (H, B)."""

    params: Params
    h: np.ndarray


def init(rng: np.random.Generator, hidden_dim: int, output_dim: int, dtype: Any = np.float32) -> Params:
    """Draws each parameter from N(0, 0.05²).

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the numbers.
    hidden_dim, output_dim : int
        H and C, 1 or more.
    dtype : dtype, optional
        float32 or float64.

    Returns
    -------
    Params
        New arrays.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    sizes = {"H": whole_number("hidden_dim", hidden_dim, 1), "C": whole_number("output_dim", output_dim, 1)}
    return draw(Params, AXES, sizes, rng, dtype)


def forward(params: Params, h: np.ndarray) -> np.ndarray:
    """Computes the probabilities.

    Parameters
    ----------
    params : Params
        d and V, float32 or float64.
    h : array (H, B)
        The last state of each example, of the same dtype.

    Returns
    -------
    array (C, B)
        The probabilities y; each column adds up to 1.

    Raises
    ------
    TypeError, ValueError
        If a type, a dtype or a shape is not as described; the message names the argument.
    """
    check_shapes(*fields("params", params, Params, AXES), ("h", h, AXES["h"]))
    d, V = params
    z = d + V @ h  # (3.1)
    return softmax(z)  # (3.2)


def cross_entropy(params: Params, h: np.ndarray, labels: np.ndarray) -> float:
    """Computes the mean loss over the batch, from the logits.

    Parameters
    ----------
    params : Params
        d and V, float32 or float64.
    h : array (H, B)
        The last state of each example, of the same dtype; B is 1 or more.
    labels : array (B,)
        Integers from 0 to C - 1.

    Returns
    -------
    float
        L.

    Raises
    ------
    TypeError, ValueError
        If a type, a dtype, a shape or a label is not as described; the message names the argument.
    """
    sizes = check_shapes(*fields("params", params, Params, AXES), ("h", h, AXES["h"]))
    class_labels(labels, sizes["B"], sizes["C"])
    d, V = params
    z = d + V @ h  # (3.1)
    z = z - z.max(axis=0)
    with np.errstate(under="ignore"):
        log_y = z - np.log(np.exp(z).sum(axis=0))  # log of (3.2)
    return float(-log_y[labels, np.arange(len(labels))].mean())  # (3.3)


def backward(params: Params, h: np.ndarray, labels: np.ndarray) -> Gradients:
    """Computes the gradients of `cross_entropy`.

    Parameters
    ----------
    params, h, labels
        Those of `cross_entropy`.

    Returns
    -------
    Gradients
        Those by the parameters and h.

    Raises
    ------
    TypeError, ValueError
        Like `cross_entropy`.
    """
    dz = forward(params, h)
    C, B = dz.shape
    class_labels(labels, B, C)
    dz[labels, np.arange(B)] -= 1  # ∂(3.3)/∂z, through (3.2)
    dz /= B
    return Gradients(
        Params(d=dz.sum(axis=1, keepdims=True), V=dz @ h.T),  # ∂(3.1)/∂d, ∂(3.1)/∂V
        h=params.V.T @ dz,  # ∂(3.1)/∂h
    )

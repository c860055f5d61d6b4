"""The activation functions, and their derivatives in terms of their outputs."""

import numpy as np


def sigmoid(a: np.ndarray) -> np.ndarray:
    """σ(a) = 1 / (1 + e^{-a}), entry by entry, without any warning.

    Where e^{-a} overflows to ∞ the quotient is the limit, 0.

    Parameters
    ----------
    a : array
        Numbers of any shape, float32 or float64.

    Returns
    -------
    array
        Numbers from 0 to 1, of the same shape and dtype.
    """
    with np.errstate(over="ignore", under="ignore"):
        return 1 / (1 + np.exp(-a))


def sigmoid_derivative(s: np.ndarray) -> np.ndarray:
    """σ′(a) = σ(a) (1 - σ(a)), entry by entry.

    Parameters
    ----------
    s : array
        σ(a), of any shape, float32 or float64.

    Returns
    -------
    array
        σ′(a), of the same shape and dtype.
    """
    return np.multiply(s, 1 - s)


def tanh_derivative(h: np.ndarray) -> np.ndarray:
    """tanh′(a) = 1 - tanh²(a), entry by entry.

    Parameters
    ----------
    h : array
        tanh(a), of any shape, float32 or float64.

    Returns
    -------
    array
        tanh′(a), of the same shape and dtype.
    """
    return 1 - np.square(h)


def softmax(z: np.ndarray) -> np.ndarray:
    """e^{z_k} / Σ_j e^{z_j} down each column.

    The shift by the column's largest entry cancels, and keeps e^z from overflowing.

    Parameters
    ----------
    z : array (C, B)
        Logits, float32 or float64.

    Returns
    -------
    array (C, B)
        Probabilities of the same dtype; each column adds up to 1.
    """
    with np.errstate(under="ignore"):
        e = np.exp(z - z.max(axis=0))
        return e / e.sum(axis=0)

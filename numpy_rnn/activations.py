"""The activation functions, and their derivatives in terms of their outputs."""

import numpy as np


def sigmoid(a: np.ndarray) -> np.ndarray:
    """σ(a) = 1 / (1 + e^{-a}), entry by entry; any shape, float32 or float64 in and out. Warns at nothing.

    Where e^{-a} overflows to ∞ the quotient is the limit, 0.
    """
    with np.errstate(over="ignore", under="ignore"):
        return 1 / (1 + np.exp(-a))


def sigmoid_derivative(s: np.ndarray) -> np.ndarray:
    """σ′(a) = σ(a) (1 - σ(a)), from s = σ(a)."""
    return s * (1 - s)


def tanh_derivative(h: np.ndarray) -> np.ndarray:
    """tanh′(a) = 1 - tanh²(a), from h = tanh(a)."""
    return 1 - h * h


def softmax(z: np.ndarray) -> np.ndarray:
    """e^{z_k} / Σ_j e^{z_j} down each column of z (C, B), same dtype out.

    The shift by the column's largest entry cancels, and keeps e^z from overflowing.
    """
    with np.errstate(under="ignore"):
        e = np.exp(z - z.max(axis=0))
        return e / e.sum(axis=0)

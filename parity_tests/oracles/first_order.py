"""Rounding error bounds for the probabilities of a long sequence, to first order in the unit roundoff u.

A bound that is propagated step by step grows by the factor |W| at every step; over 28 steps of 128 units it becomes
larger than any result. Here each rounding error is multiplied by the derivative of the logit z_k instead:

    |ẑ_k - z_k| ≤ Σ |∂z_k/∂v| · (the rounding error of v)     over every intermediate result v, plus O(u²)

The rounding errors of one step are those of `bounds`; the true derivative carries them to the end.
Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), section 1.6: forward error ≲ condition
number × backward error.
"""

from typing import Any, NamedTuple

import numpy as np

from numpy_rnn import classifier, lstm, rnn
from parity_tests.oracles.bounded_equations import softmax
from parity_tests.oracles.bounds import Arithmetic, Bounded, total


class Weighed(NamedTuple):
    """Σ |derivative| · |rounded number| for each logit (C, B), grouped by the operation that rounds."""

    sums: np.ndarray  # sums of H + I + 1 products, with the relative error γ of their absolute values
    tanh: np.ndarray
    sigmoid: np.ndarray
    products: np.ndarray  # products of two numbers, with the relative error u


def weigh(model: classifier.Model, x: np.ndarray, trace: rnn.Trace | lstm.Trace) -> Weighed:
    """The weighted roundings of all logits, from the values of a trace; a float32 trace gives them to one per cent."""
    of_recurrence: Any = _of_rnn if isinstance(trace, rnn.Trace) else _of_lstm
    rows = [of_recurrence(model.recurrence, trace, np.repeat(V_k[:, None], x.shape[2], 1)) for V_k in model.readout.V]
    return Weighed(*(np.stack(parts) for parts in zip(*rows, strict=True)))


def _of_rnn(params: rnn.Params, trace: rnn.Trace, dh: np.ndarray) -> Weighed:
    b, W, U = params
    (x, h), zero = trace, np.zeros(dh.shape[1])
    sums, tanh = zero, zero
    for t in range(len(x), 0, -1):
        tanh = tanh + np.abs(dh * h[t]).sum(axis=0)
        da = dh * (1 - h[t] ** 2)
        a = np.abs(b) + np.abs(W) @ np.abs(h[t - 1]) + np.abs(U) @ np.abs(x[t - 1])
        sums = sums + (np.abs(da) * a).sum(axis=0)
        dh = W.T @ da
    return Weighed(sums, tanh, zero, zero)


def _of_lstm(params: lstm.Params, trace: lstm.Trace, dh: np.ndarray) -> Weighed:
    (x, i, f, o, u, c, h), M = trace, np.concatenate(params)
    sums, tanh, sigmoid, products = np.zeros((4, dh.shape[1]))
    dc = np.zeros_like(dh)
    for t in range(len(x), 0, -1):
        i_t, f_t, o_t, u_t, tanh_c = i[t - 1], f[t - 1], o[t - 1], u[t - 1], np.tanh(c[t])
        dc = dh * o_t * (1 - tanh_c**2) + dc
        di, df, do, du = dc * u_t, dc * c[t - 1], dh * tanh_c, dc * i_t
        products = products + np.abs(dh * h[t]).sum(axis=0)
        products = products + 2 * (np.abs(dc) * (np.abs(i_t * u_t) + np.abs(f_t * c[t - 1]))).sum(axis=0)
        tanh = tanh + (np.abs(dh * h[t]) + np.abs(du * u_t)).sum(axis=0)
        sigmoid = sigmoid + (np.abs(di * i_t) + np.abs(df * f_t) + np.abs(do * o_t)).sum(axis=0)
        da = np.concatenate([di * i_t * (1 - i_t), df * f_t * (1 - f_t), do * o_t * (1 - o_t), du * (1 - u_t**2)])
        a = np.abs(M) @ np.abs(np.concatenate([h[t - 1], x[t - 1]]))
        sums = sums + (np.abs(da) * a).sum(axis=0)
        dz = M.T @ da
        dh, dc = dz[: len(dh)], dc * f_t
    return Weighed(sums, tanh, sigmoid, products)


def probabilities(system: Arithmetic, model: classifier.Model, weighed: Weighed, h: np.ndarray) -> Bounded:
    """The probabilities y (C, B), from the last h (H, B)."""
    ulps, u = system.ulps, system.u
    d, V = (system.take(value) for value in model.readout)
    z = total(d, (V, system.take(h)))
    n = model.recurrence[0].shape[0] + sum(value.shape[1] for value in model.recurrence)
    error = 1.01 * (
        system.gamma(n) * weighed.sums
        + 2 * u * (ulps.tanh * weighed.tanh + ulps.sigmoid * weighed.sigmoid)
        + u * weighed.products
    )
    y, _ = softmax(Bounded(z.value, z.error + error, system))
    return y

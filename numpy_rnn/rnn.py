"""The basic RNN of Fig. 1: forward, and backpropagation through time.

One column is one example, so `W @ h` in the code is W h in the figure.

Forward: h_0 = h_init, and for t = 1 … T

    a_t = b + W h_{t-1} + U x_t             (1.1)
    h_t = tanh(a_t)                         (1.2)

Backward: dv stands for ∂L/∂v, of the same shape as v. L depends on h_t in two ways, from outside (the read-out, say)
and through a_{t+1} in the next step's (1.1), so the chain rule adds two terms. For t = T … 1, with da_{T+1} = 0

    dh_t = ∂L/∂h_t from outside + Wᵀ da_{t+1}
    da_t = dh_t ∘ tanh′(a_t)                from (1.2); tanh′(a_t) = 1 - h_t²
    dx_t = Uᵀ da_t                          from (1.1)

and at last dh_0 = Wᵀ da_1. One and the same W acts at every step, so L depends on it in T ways, one through each a_t,
and the chain rule adds them all; so it does for U and b:

    dU = Σ_t da_t x_tᵀ      dW = Σ_t da_t h_{t-1}ᵀ      db = Σ_t da_t

where the products, and the sum in db, also run over the batch. Source: P. J. Werbos, Backpropagation through time: what
it does and how to do it, Proceedings of the IEEE 78 (1990).

Two steps by hand, for tanh(ln 2) = 3/5 and tanh(ln 3) = 4/5: let b = 0, W = 1/2, U = 1, h_0 = 1, and x_1, x_2 such that
a_1 = 1/2 + x_1 = ln 2 and a_2 = 3/10 + x_2 = ln 3. With L = h_2

    da_2 = 1 - 16/25 = .36      dh_1 = .36 / 2 = .18      da_1 = .18 (1 - 9/25) = .1152      dh_0 = .1152 / 2 = .0576
    dW = .36 h_1 + .1152 h_0 = .216 + .1152 = .3312       db = .36 + .1152 = .4752

>>> params = Params(b=np.array([[0.0]]), W=np.array([[0.5]]), U=np.array([[1.0]]))
>>> x = np.array([[[np.log(2) - 0.5]], [[np.log(3) - 0.3]]])
>>> trace = forward(params, x, h_init=np.array([[1.0]]))
>>> trace.h.ravel().round(12).tolist()
[1.0, 0.6, 0.8]
>>> gradients = backward(params, trace, dh=np.array([[[0.0]], [[1.0]]]))
>>> db, dW, dU = gradients.params
>>> [round(v.item(), 12) for v in (dW, db, gradients.h_init)]
[0.3312, 0.4752, 0.0576]
"""

from typing import Any, NamedTuple

import numpy as np

from numpy_rnn.activations import tanh_derivative
from numpy_rnn.checks import check_shapes, fields, whole_number
from numpy_rnn.initialization import allocate, draw

AXES = {"b": "H 1", "W": "H H", "U": "H I", "h_init": "H #B", "x": "T I B", "h": "T+1 H B", "dh": "T H B"}


class Params(NamedTuple):
    """The parameters, of one dtype: b (H, 1), W (H, H), U (H, I)."""

    b: np.ndarray
    W: np.ndarray
    U: np.ndarray


class Initial(NamedTuple):
    """The state before the first step, or its gradient: h_init (H, 1), one for all examples, or (H, B)."""

    h_init: Any


class Trace(NamedTuple):
    """Values saved by `forward` for `backward`: x (T, I, B), h (T+1, H, B), where h[t] is h_t and x[t-1] is x_t."""

    x: np.ndarray
    h: np.ndarray


class Gradients(NamedTuple):
    """∂L/∂ the parameters, x (T, I, B) and h_init (H, B). If one h_init is shared, sum its gradient over the batch."""

    params: Params
    x: np.ndarray
    h_init: np.ndarray


def init(rng: np.random.Generator, input_dim: int, hidden_dim: int, dtype: Any = np.float32) -> Params:
    """Draws each parameter from N(0, 0.05²).

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the numbers.
    input_dim, hidden_dim : int
        I and H, 1 or more.
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
    sizes = {"I": whole_number("input_dim", input_dim, 1), "H": whole_number("hidden_dim", hidden_dim, 1)}
    return draw(Params, AXES, sizes, rng, dtype)


def forward(params: Params, x: np.ndarray, h_init: np.ndarray, out: Trace | None = None) -> Trace:
    """Computes h_1 … h_T.

    Parameters
    ----------
    params : Params
        b, W and U, float32 or float64; all other arrays have the same dtype.
    x : array (T, I, B)
        The inputs; T may be 0.
    h_init : array (H, 1) or (H, B)
        The state before the first step, one for all examples or one for each.
    out : Trace, optional
        A trace of the same shapes, which is overwritten and returned in place of new memory. Its arrays must not share
        memory with each other or with the arguments, except `out.x` with `x` and `out.h` with `h_init`.

    Returns
    -------
    Trace
        The inputs and all states.

    Raises
    ------
    TypeError, ValueError
        If a type, a dtype or a shape is not as described; the message names the argument.
    """
    inputs = [*fields("params", params, Params, AXES), ("x", x, AXES["x"]), ("h_init", h_init, AXES["h_init"])]
    sizes = check_shapes(*inputs)
    out = allocate(Trace, AXES, sizes, x.dtype, out, inputs)

    b, W, U = params
    out.x[:] = x
    x, h = out
    h[0] = h_init
    for t, x_t in enumerate(x, start=1):
        a = b + W @ h[t - 1] + U @ x_t  # (1.1)
        h[t] = np.tanh(a)  # (1.2)
    return out


def backward(params: Params, trace: Trace, dh: np.ndarray) -> Gradients:
    """Computes the gradients of L by backpropagation through time.

    Parameters
    ----------
    params : Params
        Those that were given to `forward`.
    trace : Trace
        The result of `forward`.
    dh : array (T, H, B)
        ∂L/∂h_1 … ∂L/∂h_T from outside.

    Returns
    -------
    Gradients
        Those by the parameters, x and h_init.

    Raises
    ------
    TypeError, ValueError
        If a type, a dtype or a shape is not as described; the message names the argument.
    """
    check_shapes(
        *fields("params", params, Params, AXES), *fields("trace", trace, Trace, AXES, "trace."), ("dh", dh, AXES["dh"])
    )

    x, h = trace
    b, W, U = params
    db, dW, dU = np.zeros_like(b), np.zeros_like(W), np.zeros_like(U)
    dx = np.empty_like(x)
    dh_t = np.zeros_like(h[0])
    for t in range(len(x), 0, -1):
        dh_t = dh[t - 1] + dh_t  # both paths to h_t
        da = dh_t * tanh_derivative(h[t])  # ∂(1.2)/∂a
        dx[t - 1] = U.T @ da  # ∂(1.1)/∂x
        dU += da @ x[t - 1].T  # ∂(1.1)/∂U, summed over t
        dh_t = W.T @ da  # ∂(1.1)/∂h
        dW += da @ h[t - 1].T  # ∂(1.1)/∂W, summed over t
        db += da.sum(axis=1, keepdims=True)  # ∂(1.1)/∂b, summed over t
    return Gradients(Params(db, dW, dU), dx, dh_t)

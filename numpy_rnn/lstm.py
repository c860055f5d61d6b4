"""The LSTM of Fig. 2: forward, and backpropagation through time.

One column is one example, so `M @ z` in the code is M z in the figure. Forward: h_0 = h_init, c_0 = c_init, and for
t = 1 … T, with z_t = [h_{t-1}; x_t], h_{t-1} above x_t

    i_t = σ(M_input z_t)                    (2.1)
    f_t = σ(M_forget z_t)                   (2.2)
    o_t = σ(M_output z_t)                   (2.3)
    u_t = tanh(M_modulated_input z_t)       (2.4)
    c_t = i_t ∘ u_t + f_t ∘ c_{t-1}         (2.5)
    h_t = o_t ∘ tanh(c_t)                   (2.6)

Backward: dv stands for ∂L/∂v, of the same shape as v, and da_g for that of the argument of gate g's σ or tanh. L
depends on h_t from outside and through z_{t+1}. It depends on c_t in two ways as well: through h_t in (2.6), and past
h_t, through c_{t+1} in (2.5). On this second path no matrix and no tanh stand, only f_{t+1}: that is how an LSTM
remembers. For t = T … 1

    dh_t = ∂L/∂h_t from outside + the h-part of dz_{t+1}
    do_t = dh_t ∘ tanh(c_t)                                     from (2.6)
    dc_t = dh_t ∘ o_t ∘ tanh′(c_t) + dc_{t+1} ∘ f_{t+1}         from (2.6), and from (2.5) at t+1
    di_t = dc_t ∘ u_t      du_t = dc_t ∘ i_t      df_t = dc_t ∘ c_{t-1}                 from (2.5)
    da_u = du_t ∘ (1 - u_t²)      da_g = dg_t ∘ g_t ∘ (1 - g_t), for g = o, f, i        from (2.4) … (2.1)
    dz_t = Σ_g M_gᵀ da_g        dx_t = its x-part

and at last dh_0, the h-part of dz_1, and dc_0 = dc_1 ∘ f_1. One and the same M_g acts at every step, so L depends on it
in T ways and the chain rule adds them: dM_g = Σ_t da_g z_tᵀ, a product that also sums over the batch. Sources:
S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9 (1997); F. A. Gers, J. Schmidhuber and
F. Cummins, Learning to forget, Neural Computation 12 (2000).
"""

from typing import Any, NamedTuple

import numpy as np

from numpy_rnn.activations import sigmoid, sigmoid_derivative, tanh_derivative
from numpy_rnn.checks import check_shapes, fields, whole_number
from numpy_rnn.initialization import allocate, draw

AXES = {
    **dict.fromkeys(["M_input", "M_forget", "M_output", "M_modulated_input"], "H H+I"),
    **dict.fromkeys(["h_init", "c_init"], "H #B"),
    **dict.fromkeys(["i", "f", "o", "u", "dh"], "T H B"),
    **dict.fromkeys(["c", "h"], "T+1 H B"),
    "x": "T I B",
    "dc": "H B",
}


class Params(NamedTuple):
    """The parameters: four matrices (H, H+I) of one dtype; the columns are first the H of h, then the I of x."""

    M_input: np.ndarray
    M_forget: np.ndarray
    M_output: np.ndarray
    M_modulated_input: np.ndarray


class Initial(NamedTuple):
    """The states before the first step, or their gradients: h_init and c_init, (H, 1) for all examples, or (H, B)."""

    h_init: Any
    c_init: Any


class Trace(NamedTuple):
    """Values saved by `forward` for `backward` and for plots: x (T, I, B), and the gates and states of every step.

    The gates i, f, o, u are (T, H, B), where i[t-1] is i_t; c and h are (T+1, H, B), where c[t] is c_t.
    """

    x: np.ndarray
    i: np.ndarray
    f: np.ndarray
    o: np.ndarray
    u: np.ndarray
    c: np.ndarray
    h: np.ndarray


class Gradients(NamedTuple):
    """∂L/∂ the parameters, x (T, I, B), h_init and c_init (H, B).

    If one h_init or c_init is shared, sum its gradient over the batch.
    """

    params: Params
    x: np.ndarray
    h_init: np.ndarray
    c_init: np.ndarray


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


def forward(params: Params, x: np.ndarray, h_init: np.ndarray, c_init: np.ndarray, out: Trace | None = None) -> Trace:
    """Computes the gates and states of steps 1 … T.

    Parameters
    ----------
    params : Params
        The four matrices, float32 or float64; all other arrays have the same dtype.
    x : array (T, I, B)
        The inputs; T may be 0.
    h_init, c_init : array (H, 1) or (H, B)
        The states before the first step, one for all examples or one for each.
    out : Trace, optional
        A trace of the same shapes, which is overwritten and returned in place of new memory. Its arrays must not share
        memory with each other or with an argument, except with that of the same name: h with h_init, for example.

    Returns
    -------
    Trace
        The inputs, all gates and all states.

    Raises
    ------
    TypeError, ValueError
        If a type, a dtype or a shape is not as described; the message names the argument.
    """
    states = ("h_init", h_init, AXES["h_init"]), ("c_init", c_init, AXES["c_init"])
    inputs = [*fields("params", params, Params, AXES), ("x", x, AXES["x"]), *states]
    sizes = check_shapes(*inputs)
    out = allocate(Trace, AXES, sizes, x.dtype, out, inputs)

    H, B = sizes["H"], sizes["B"]
    out.x[:] = x
    x, i, f, o, u, c, h = out
    h[0] = h_init
    c[0] = c_init
    M = np.concatenate(params)
    a = np.empty((4 * H, B), M.dtype)
    a_i, a_f, a_o, a_u = np.split(a, 4)
    for t, (x_t, i_t, f_t, o_t, u_t) in enumerate(zip(x, i, f, o, u, strict=True), start=1):
        z = np.concatenate([h[t - 1], x_t])
        np.matmul(M, z, out=a)  # the arguments in (2.1) … (2.4)
        i_t[:] = sigmoid(a_i)  # (2.1)
        f_t[:] = sigmoid(a_f)  # (2.2)
        o_t[:] = sigmoid(a_o)  # (2.3)
        u_t[:] = np.tanh(a_u)  # (2.4)
        c[t] = i_t * u_t + f_t * c[t - 1]  # (2.5)
        h[t] = o_t * np.tanh(c[t])  # (2.6)
    return out


def backward(params: Params, trace: Trace, dh: np.ndarray, dc: np.ndarray | None = None) -> Gradients:
    """Computes the gradients of L by backpropagation through time.

    Parameters
    ----------
    params : Params
        Those that were given to `forward`.
    trace : Trace
        The result of `forward`.
    dh : array (T, H, B)
        ∂L/∂h_1 … ∂L/∂h_T from outside.
    dc : array (H, B), optional
        ∂L/∂c_T from outside, by default 0.

    Returns
    -------
    Gradients
        Those by the parameters, x, h_init and c_init.

    Raises
    ------
    TypeError, ValueError
        If a type, a dtype or a shape is not as described; the message names the argument.
    """
    outside = [("dh", dh, AXES["dh"])] if dc is None else [("dh", dh, AXES["dh"]), ("dc", dc, AXES["dc"])]
    check_shapes(*fields("params", params, Params, AXES), *fields("trace", trace, Trace, AXES, "trace."), *outside)

    x, i, f, o, u, c, h = trace
    T, H, B = dh.shape
    M = np.concatenate(params)
    dM = np.zeros_like(M)
    da = np.empty((4 * H, B), M.dtype)
    da_i, da_f, da_o, da_u = np.split(da, 4)
    dx = np.empty_like(x)
    dh_t, dc_t = np.zeros_like(h[0]), np.zeros_like(c[0]) if dc is None else dc.copy()
    for t in range(T, 0, -1):
        x_t, i_t, f_t, o_t, u_t = x[t - 1], i[t - 1], f[t - 1], o[t - 1], u[t - 1]
        tanh_c = np.tanh(c[t])
        dh_t = dh[t - 1] + dh_t  # both paths to h_t
        dc_t = dh_t * o_t * tanh_derivative(tanh_c) + dc_t  # ∂(2.6)/∂c, and the path past h_t
        do = dh_t * tanh_c  # ∂(2.6)/∂o
        df = dc_t * c[t - 1]  # ∂(2.5)/∂f
        du = dc_t * i_t  # ∂(2.5)/∂u
        di = dc_t * u_t  # ∂(2.5)/∂i
        dc_t = dc_t * f_t  # ∂(2.5)/∂c
        da_u[:] = du * tanh_derivative(u_t)  # ∂(2.4)/∂a_u
        da_o[:] = do * sigmoid_derivative(o_t)  # ∂(2.3)/∂a_o
        da_f[:] = df * sigmoid_derivative(f_t)  # ∂(2.2)/∂a_f
        da_i[:] = di * sigmoid_derivative(i_t)  # ∂(2.1)/∂a_i
        dM += da @ np.concatenate([h[t - 1], x_t]).T  # ∂(2.4) … ∂(2.1)/∂M_g, summed over t
        dz = M.T @ da  # ∂(2.4) … ∂(2.1)/∂z, summed over the gates
        dh_t, dx[t - 1] = dz[:H], dz[H:]
    return Gradients(Params(*np.split(dM, 4)), dx, dh_t, dc_t)

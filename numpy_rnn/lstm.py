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
from numpy_rnn.checks import Argument, fitting
from numpy_rnn.experiments import STANDARD_DEVIATION


class Params(NamedTuple):
    """Four matrices (H, H+I) of one dtype; the columns first the H of h, then the I of x."""

    M_input: np.ndarray
    M_forget: np.ndarray
    M_output: np.ndarray
    M_modulated_input: np.ndarray


class Trace(NamedTuple):
    """What `forward` leaves for `backward` and for pictures: x (T, I, B), and of every step the gates and the states.

    i, f, o, u (T, H, B), where i[t-1] is i_t; c, h (T+1, H, B), where c[t] is c_t.
    """

    x: np.ndarray
    i: np.ndarray
    f: np.ndarray
    o: np.ndarray
    u: np.ndarray
    c: np.ndarray
    h: np.ndarray


class Gradients(NamedTuple):
    """∂L/∂ the parameters, x (T, I, B), h_init and c_init (H, B); sum these over the batch if one vector served it."""

    params: Params
    x: np.ndarray
    h_init: np.ndarray
    c_init: np.ndarray


def init(rng: np.random.Generator, input_dim: int, hidden_dim: int, dtype: Any = np.float32) -> Params:
    """Parameters for I = `input_dim` and H = `hidden_dim`, each entry drawn from N(0, 0.05²)."""
    shape = hidden_dim, hidden_dim + input_dim
    return Params(*(rng.normal(0, STANDARD_DEVIATION, shape).astype(dtype) for _ in Params._fields))


def forward(params: Params, x: np.ndarray, h_init: np.ndarray, c_init: np.ndarray, out: Trace | None = None) -> Trace:
    """The gates and states of steps 1 … T, from x (T, I, B), h_init and c_init, each (H, B) or one (H, 1) for all.

    T may be 0. `out` is a trace of the same shapes to fill, in place of fresh memory. Raises TypeError unless all
    arrays are float32, or all float64, and ValueError, naming the argument, unless the shapes fit.
    """
    sizes = fitting(*axes(params), ("x", x, "T I B"), ("h_init", h_init, "H B?"), ("c_init", c_init, "H B?"))
    T, H, B = sizes["T"], sizes["H"], sizes["B"]
    if out is None:
        gates = (np.empty((T, H, B), x.dtype) for _ in range(4))
        states = (np.empty((T + 1, H, B), x.dtype) for _ in range(2))
        out = Trace(np.empty_like(x), *gates, *states)
    fitting(*_trace("out", out), dtype=x.dtype, **sizes)

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
    """The gradients of L, from dh (T, H, B), which is ∂L/∂h_1 … ∂L/∂h_T from outside.

    dc (H, B) is ∂L/∂c_T from outside, by default 0. Raises like `forward`.
    """
    outside = [("dh", dh, "T H B")] if dc is None else [("dh", dh, "T H B"), ("dc", dc, "H B")]
    fitting(*axes(params), *_trace("trace", trace), *outside)
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


def axes(params: Params) -> list[Argument]:
    """The parameters by name, with their axes, for `checks.fitting`."""
    return [(name, M, "H H+I") for name, M in params._asdict().items()]


def _trace(name: str, trace: Trace) -> list[Argument]:
    """The arrays of a trace by name, with their axes, for `checks.fitting`."""
    shapes = "T I B", *["T H B"] * 4, "T+1 H B", "T+1 H B"
    return [(f"{name}.{field}", v, shape) for field, v, shape in zip(Trace._fields, trace, shapes, strict=True)]

"""The equations of the figures, the loss, Adam and all derivatives, on `Bounded` arrays.

They give for every result its value and its error bound. Arguments have the axes of `numpy_rnn` and may be `Bounded`
themselves. Results are named as failures show them: h, c, the gates, y and loss, and dv for ∂L/∂v.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parity_tests.oracles.bounds import Arithmetic, Bounded, concatenate, stack, total
from parity_tests.oracles.specification import OUTPUTS

Quantities = dict[str, Bounded]


def rnn_forward(system: Arithmetic, params: Any, x: Any, h_init: Any) -> Quantities:
    """Fig. 1."""
    b, W, U, x = (system.take(value) for value in (*params, x))
    h = [_columns(system, h_init, x.value.shape[2])]
    for x_t in x:
        h.append(total(b, (W, h[-1]), (U, x_t)).tanh())
    return {"h": stack(h)}


def rnn(system: Arithmetic, params: Any, x: Any, h_init: Any, dh: Any) -> Quantities:
    """Fig. 1 and its derivatives."""
    h = rnn_forward(system, params, x, h_init)["h"]
    _, W, U, x, dh = (system.take(value) for value in (*params, x, dh))
    da: list[Bounded] = []
    for t in range(len(x), 0, -1):
        dh_t = total(dh[t - 1], (W.T, da[0])) if da else dh[t - 1]
        da.insert(0, dh_t * (1 - h[t] * h[t]))
    all_da = concatenate(da, axis=1)
    return {
        "h": h,
        "db": all_da.sum(axis=1)[:, None],
        "dW": total((all_da, concatenate(h[:-1], axis=1).T)),
        "dU": total((all_da, concatenate(x, axis=1).T)),
        "dx": stack(total((U.T, da_t)) for da_t in da),
        "dh_init": total((W.T, da[0])),
    }


def lstm_forward(system: Arithmetic, params: Any, x: Any, h_init: Any, c_init: Any) -> Quantities:
    """Fig. 2; for T = 0 the result has no gates."""
    M, x = [system.take(M_g) for M_g in params], system.take(x)
    B = x.value.shape[2]
    i, f, o, u, c, h = [], [], [], [], [_columns(system, c_init, B)], [_columns(system, h_init, B)]
    for x_t in x:
        a_i, a_f, a_o, a_u = (total((M_g, concatenate([h[-1], x_t]))) for M_g in M)
        i.append(a_i.sigmoid())
        f.append(a_f.sigmoid())
        o.append(a_o.sigmoid())
        u.append(a_u.tanh())
        c.append(i[-1] * u[-1] + f[-1] * c[-1])
        h.append(o[-1] * c[-1].tanh())
    return {name: stack(steps) for name, steps in zip(OUTPUTS["lstm"], (i, f, o, u, c, h), strict=True) if steps}


def lstm(system: Arithmetic, params: Any, x: Any, h_init: Any, c_init: Any, dh: Any, dc: Any) -> Quantities:
    """Fig. 2 and its derivatives."""
    outputs = lstm_forward(system, params, x, h_init, c_init)
    i, f, o, u, c, h = outputs.values()
    M, x, dh, dc_t = [system.take(M_g) for M_g in params], system.take(x), system.take(dh), system.take(dc)
    T, H = len(x), len(M[0])
    da: list[list[Bounded]] = [[], [], [], []]
    for t in range(T - 1, -1, -1):
        dh_t = total(dh[t], *((M_g.T[:H], da_g[0]) for M_g, da_g in zip(M, da, strict=True) if da_g))
        tanh_c = c[t + 1].tanh()
        dc_t = dh_t * o[t] * (1 - tanh_c * tanh_c) + dc_t
        da[0].insert(0, dc_t * u[t] * (i[t] * (1 - i[t])))
        da[1].insert(0, dc_t * c[t] * (f[t] * (1 - f[t])))
        da[2].insert(0, dh_t * tanh_c * (o[t] * (1 - o[t])))
        da[3].insert(0, dc_t * i[t] * (1 - u[t] * u[t]))
        dc_t = dc_t * f[t]
    dz = [total(*((M_g.T, da_g[t]) for M_g, da_g in zip(M, da, strict=True))) for t in range(T)]
    z = concatenate([concatenate([h[t], x[t]]) for t in range(T)], axis=1).T
    gates = ("M_input", "M_forget", "M_output", "M_modulated_input")
    return outputs | {
        **{f"d{gate}": total((concatenate(da_g, axis=1), z)) for gate, da_g in zip(gates, da, strict=True)},
        "dx": stack(dz_t[H:] for dz_t in dz),
        "dh_init": dz[0][:H],
        "dc_init": dc_t,
    }


FORWARD: dict[str, Callable[..., Quantities]] = {"rnn": rnn_forward, "lstm": lstm_forward}
BOTH: dict[str, Callable[..., Quantities]] = {"rnn": rnn, "lstm": lstm}


def readout(system: Arithmetic, params: Any, h: Any, labels: np.ndarray) -> Quantities:
    """The last line of both figures, the mean cross-entropy of `labels`, and the derivatives."""
    d, V, h = (system.take(value) for value in (*params, h))
    z = total(d, (V, h))
    y, relative = softmax(z)
    C, B = y.value.shape
    k = labels, np.arange(B)
    # log ŷ = log y + log(1 + r); the errors of z_k - log Σ e^z are no larger.
    log_y = Bounded(np.log(y.value[k]), _of_log(relative), system)
    log_y = log_y.off(log_y.value, log_y.error, 2 * system.ulps.log * system.u)
    dz = y - np.eye(C)[:, labels]
    # (y - e_k) / B, computed directly or by 1/y_k, takes up to six roundings of numbers up to 1.
    dz = dz.off(dz.value, dz.error + 6 * system.u, system.u) * (1 / B)
    return {
        "y": y,
        "loss": -log_y.sum(axis=0) * (1 / B),
        "dd": dz.sum(axis=1)[:, None],
        "dV": total((dz, h.T)),
        "dh": total((V.T, dz)),
    }


def softmax(z: Bounded) -> tuple[Bounded, np.ndarray]:
    """The probabilities with their bounds, and the largest relative error of each column.

    The relative error of each e^{z_k} is at most r = e^δ (1 + 2 k u) - 1, where δ is the error of z plus the rounding
    of the difference between z and the largest z. The same holds for their sum, up to γ_C, and the quotient is off by
    a factor of at most (1 + r) / (1 - r).
    """
    system = z.arithmetic
    shifted = z.value - z.value.max(axis=0)
    e = np.exp(shifted)
    y = e / e.sum(axis=0)
    delta = np.minimum(z.error + system.u * (np.abs(shifted) + 2 * z.error.max(axis=0)), 1)
    r = (np.expm1(delta) + 2 * system.ulps.exp * system.u * np.exp(delta)).max(axis=0)
    n = len(y) + 1
    known = r < 0.1
    relative = np.where(known, (1 + r) / (1 - np.minimum(r, 0.1)) * (1 + 2 * system.gamma(n)) - 1, 1)
    return Bounded(y, np.where(known, relative * y + 2 * n * system.tiny, 1), system), relative


def _of_log(relative: np.ndarray) -> np.ndarray:
    """The error of log v for a relative error r of v: at most -log(1 - r) ≤ r / (1 - r)."""
    return np.where(relative < 0.5, relative / (1 - np.minimum(relative, 0.5)), np.inf)


def classifier(kind: str, system: Arithmetic, model: Any, x: Any, initial: Any, labels: np.ndarray) -> Quantities:
    """The recurrence "rnn" or "lstm" and the read-out of its last h: y, loss and all gradients."""
    zeros = np.zeros((len(x), len(model.recurrence[0]), x.shape[2]))
    h = FORWARD[kind](system, model.recurrence, x, *initial)["h"]
    outside = readout(system, model.readout, h[-1], labels)
    dh = concatenate([system.take(zeros[1:]), outside.pop("dh")[None]])
    dc = [zeros[0]] if kind == "lstm" else []
    inside = BOTH[kind](system, model.recurrence, x, *initial, dh, *dc)
    return outside | {name: value for name, value in inside.items() if name.startswith("d")}


def adam(
    system: Arithmetic,
    theta: Any,
    g: Any,
    m: Any,
    v: Any,
    t: int,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[Bounded, Bounded, Bounded]:
    """θ, m and v after step t of Adam; each constant is rounded once, and β^t twice."""

    def constant(value: float, roundings: int = 1) -> Bounded:
        return system.take(value).off(np.array(value), 0, system.gamma(roundings))

    theta, g, m, v = (system.take(value) for value in (theta, g, m, v))
    m = m + (g - m) * constant(1 - beta_1)
    v = v + (g * g - v) * constant(1 - beta_2)
    alpha = (1 - constant(beta_2**t, 2)).sqrt() * constant(learning_rate) / (1 - constant(beta_1**t, 2))
    return theta - m * alpha / (v.sqrt() + constant(epsilon)), m, v


def in_shards(system: Arithmetic, parts: Sequence[tuple[int, Quantities]]) -> Quantities:
    """The loss and the gradients by the parameters of a batch, from each part's number of examples and results.

    A weight B_s / B is rounded twice: when it is computed in float64, and when it becomes a number of the dtype.
    """
    B = sum(examples for examples, _ in parts)
    weights = [system.take(examples / B).off(np.array(examples / B), 0, system.gamma(2)) for examples, _ in parts]
    return {
        name: total(*(part[name] * weight for weight, (_, part) in zip(weights, parts, strict=True)))
        for name in parts[0][1]
        if name == "loss" or (name.startswith("d") and name not in ("dx", "dh_init", "dc_init"))
    }


def clipped(system: Arithmetic, gradients: Any, clip_norm: float) -> Bounded:
    """All entries of gradients, one vector, after clipping; the largest of two numbers has no error of its own.

    The factor c / max(N, c) may also be computed as c · min(1/N, 1/c), which rounds three times.
    """
    g = system.take(gradients)
    N = (g * g).sum(axis=0).sqrt()
    largest = Bounded(np.maximum(N.value, clip_norm), N.error, system)
    c = system.take(np.array(clip_norm)).off(np.array(clip_norm), 0, system.gamma(3))
    return g * (c / largest)


def _columns(system: Arithmetic, state: Any, B: int) -> Bounded:
    """A state as (H, B), given with this shape or, if all examples share it, as (H, 1)."""
    if isinstance(state, Bounded):
        return state
    state = np.asarray(state, np.float64)
    return system.take(np.broadcast_to(state, (len(state), B)))

"""An LSTM with biases: a matrix and a bias for each gate, in a dict, time on the last axis, a function for one step."""

import numpy as np

from parity_tests.adapters import first_axis_last, last_axis_first, split_gates, stack_gates


def sigmoid(v):
    return np.where(v >= 0, 1 / (1 + np.exp(-np.abs(v))), np.exp(-np.abs(v)) / (1 + np.exp(-np.abs(v))))


def step_forward(xt, a_prev, c_prev, p):
    """The next a and c (n_a, m), and a cache, from xt (n_x, m)."""
    concat = np.concatenate([a_prev, xt])
    ft = sigmoid(p["Wf"] @ concat + p["bf"])
    it = sigmoid(p["Wi"] @ concat + p["bi"])
    cct = np.tanh(p["Wc"] @ concat + p["bc"])
    ot = sigmoid(p["Wo"] @ concat + p["bo"])
    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    return a_next, c_next, (concat, c_prev, c_next, ft, it, cct, ot, p)


def sequence_forward(x, a0, c0, p):
    """a and c (n_a, m, T+1), a0 and c0 first, from x (n_x, m, T), and the caches of all steps."""
    T, caches = x.shape[2], []
    a, c = np.zeros((2, *a0.shape, T + 1), x.dtype)
    a[:, :, 0], c[:, :, 0] = a0, c0
    for t in range(T):
        a[:, :, t + 1], c[:, :, t + 1], cache = step_forward(x[:, :, t], a[:, :, t], c[:, :, t], p)
        caches.append(cache)
    return a, c, caches


def step_backward(da, dc, cache, grads):
    """Adds one step to the gradients; returns those of xt, a_prev and c_prev."""
    concat, c_prev, c_next, ft, it, cct, ot, p = cache
    dc = dc + da * ot * (1 - np.tanh(c_next) ** 2)
    dot = da * np.tanh(c_next) * ot * (1 - ot)
    dft = dc * c_prev * ft * (1 - ft)
    dit = dc * cct * it * (1 - it)
    dcct = dc * it * (1 - cct**2)
    dconcat = np.zeros_like(concat)
    for gate, d in zip("fico", (dft, dit, dcct, dot), strict=True):
        grads[f"dW{gate}"] += d @ concat.T
        grads[f"db{gate}"] += d.sum(axis=1, keepdims=True)
        dconcat += p[f"W{gate}"].T @ d
    n_a = da.shape[0]
    return dconcat[n_a:], dconcat[:n_a], dc * ft


def sequence_backward(da, dc, caches):
    """The gradients by name, from those of all a (n_a, m, T) and of the last c (n_a, m)."""
    grads = {f"d{name}": np.zeros_like(value) for name, value in caches[0][-1].items()}
    da_prev, dx = np.zeros_like(dc), []
    for t in reversed(range(len(caches))):
        dxt, da_prev, dc = step_backward(da[:, :, t] + da_prev, dc, caches[t], grads)
        dx.append(dxt)
    return grads | {"dx": np.stack(dx[::-1], axis=2), "da0": da_prev, "dc0": dc}


# The adapter.
LIMITS = {"biases": True, "min_T": 1}


def forward(params, x, h_init, c_init):
    W, b = (np.split(part, 4) for part in np.split(stack_gates(params, "fiuo"), [-1], axis=1))
    p = dict(zip(["Wf", "Wi", "Wc", "Wo", "bf", "bi", "bc", "bo"], [*W, *b], strict=True))
    a, c, caches = sequence_forward(first_axis_last(x[:, :-1]), h_init, c_init, p)
    return {"h": last_axis_first(a), "c": last_axis_first(c), "caches": caches}


def backward(params, trace, dh, dc):
    g = sequence_backward(first_axis_last(dh), dc, trace["caches"])
    dM = split_gates(np.concatenate([np.hstack([g[f"dW{gate}"], g[f"db{gate}"]]) for gate in "fico"]), "fiuo")
    return dM | {"dx": last_axis_first(g["dx"]), "dh_init": g["da0"], "dc_init": g["dc0"]}

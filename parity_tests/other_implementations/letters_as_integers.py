"""An RNN for text, for one example: its input is a list of integers, which become one-hot columns; states in dicts."""

import numpy as np

from parity_tests.adapters import letters


def run(inputs, hprev, Wxh, Whh, bh):
    """One-hot inputs and states by step, from the letters' numbers; hs[-1] is the state before the first step."""
    xs, hs = {}, {}
    hs[-1] = np.copy(hprev)
    for t in range(len(inputs)):
        xs[t] = np.zeros((Wxh.shape[1], 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
    return xs, hs


def run_back(xs, hs, dys, Wxh, Whh, bh):
    """The gradients of the three parameters, from those of each state by the read-out, (H, 1)."""
    dWxh, dWhh, dbh = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(bh)
    dhnext = np.zeros_like(bh)
    for t in reversed(range(len(xs))):
        dh = dys[t] + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw)
    return dWxh, dWhh, dbh


# The adapter.
LIMITS = {"dtypes": ["float64"], "one_example": True, "one_hot": True}


def forward(params, x, h_init):
    xs, hs = run(letters(x)[:, 0], h_init, params.U, params.W, params.b)
    return {"h": np.stack([hs[t - 1] for t in range(len(hs))]), "xs": xs, "hs": hs}


def backward(params, trace, dh):
    dU, dW, db = run_back(trace["xs"], trace["hs"], dh, params.U, params.W, params.b)
    return {"dU": dU, "dW": dW, "db": db}

"""An LSTM as two functions: gates stacked in the order f, i, g, o, separate W and U, time first, examples in rows."""

import numpy as np

from parity_tests.adapters import split_gates, stack_gates, with_initial


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def lstm_forward(xs, h0, c0, W, U):
    """All h and c (T, B, H) and a cache, from xs (T, B, I), h0 and c0 (B, H), W (H, 4H), U (I, 4H)."""
    h, c = h0, c0
    hs, cs, cache = [], [], []
    for x in xs:
        f, i, g, o = np.split(x @ U + h @ W, 4, axis=1)
        f, i, g, o = sigmoid(f), sigmoid(i), np.tanh(g), sigmoid(o)
        c_prev, h_prev = c, h
        c = f * c_prev + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        cache.append((x, h_prev, c_prev, f, i, g, o, c))
    return np.array(hs), np.array(cs), cache


def lstm_backward(dhs, dc, W, U, cache):
    """The gradients of W, U, xs, h0 and c0, from those of all h (T, B, H) and of the last c (B, H)."""
    dW, dU = np.zeros_like(W), np.zeros_like(U)
    dxs = np.zeros((*dhs.shape[:2], len(U)), U.dtype)
    dh = np.zeros_like(dc)
    for t in range(len(cache) - 1, -1, -1):
        x, h_prev, c_prev, f, i, g, o, c = cache[t]
        dh = dh + dhs[t]
        do = dh * np.tanh(c)
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)
        dz_f = dc * c_prev * f * (1 - f)
        dz_i = dc * g * i * (1 - i)
        dz_g = dc * i * (1 - g**2)
        dz_o = do * o * (1 - o)
        dz = np.concatenate([dz_f, dz_i, dz_g, dz_o], axis=1)
        dW += h_prev.T @ dz
        dU += x.T @ dz
        dxs[t] = dz @ U.T
        dh = dz @ W.T
        dc = dc * f
    return dW, dU, dxs, dh, dc


# The adapter.
LIMITS = {"min_T": 1}


def forward(params, x, h_init, c_init):
    W, U = np.split(stack_gates(params, "fiuo").T, [len(h_init)])
    hs, cs, cache = lstm_forward(x.swapaxes(1, 2), h_init.T, c_init.T, W, U)
    h, c = with_initial(h_init, hs.swapaxes(1, 2)), with_initial(c_init, cs.swapaxes(1, 2))
    return {"h": h, "c": c, "saved": (W, U, cache)}


def backward(params, trace, dh, dc):
    dW, dU, dxs, dh0, dc0 = lstm_backward(dh.swapaxes(1, 2), dc.T, *trace["saved"])
    dM = split_gates(np.concatenate([dW, dU]).T, "fiuo")
    return dM | {"dx": dxs.swapaxes(1, 2), "dh_init": dh0.T, "dc_init": dc0.T}

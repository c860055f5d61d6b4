"""An LSTM in one function, with the cross-entropy inside its loops; its matrix has x's columns before h's."""

import numpy as np

from parity_tests.adapters import fused_loss, split_gates, stack_gates, with_initial


def sigm(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def loss_fun(x, targets, h_prev, s_prev, W, V, d):
    """The loss, all h and s (T, H, B), dW and dV, from x (T, I, B), targets (T, B), W (4H, I+H), V (C, H), d (C, 1)."""
    n = h_prev.shape[0]
    h, s, z, gates, p = {-1: h_prev}, {-1: s_prev}, {}, {}, {}
    loss = 0
    for t in range(len(x)):
        z[t] = np.vstack([x[t], h[t - 1]])
        a = W @ z[t]
        i, f, o, g = sigm(a[:n]), sigm(a[n : 2 * n]), sigm(a[2 * n : 3 * n]), np.tanh(a[3 * n :])
        s[t] = i * g + f * s[t - 1]
        h[t] = o * np.tanh(s[t])
        gates[t] = i, f, o, g
        e = np.exp(V @ h[t] + d)
        p[t] = e / e.sum(axis=0)
        loss -= np.log(p[t][targets[t], np.arange(targets.shape[1])]).sum()
    dW, dV = np.zeros_like(W), np.zeros_like(V)
    dh_next, ds = np.zeros_like(h_prev), np.zeros_like(s_prev)
    for t in reversed(range(len(x))):
        i, f, o, g = gates[t]
        dy = p[t].copy()
        dy[targets[t], np.arange(targets.shape[1])] -= 1
        dV += dy @ h[t].T
        dh = V.T @ dy + dh_next
        ds = ds + dh * o * (1 - np.tanh(s[t]) ** 2)
        da_i = ds * g * i * (1 - i)
        da_f = ds * s[t - 1] * f * (1 - f)
        da_o = dh * np.tanh(s[t]) * o * (1 - o)
        da_g = ds * i * (1 - g * g)
        da = np.vstack([da_i, da_f, da_o, da_g])
        dW += da @ z[t].T
        dh_next = W[:, -n:].T @ da
        ds = ds * f
    return loss, [h[t] for t in range(len(x))], [s[t] for t in range(len(x))], dW, dV


# The adapter.
LIMITS = {"min_T": 1, "no_dc": True}


def forward(params, x, h_init, c_init):
    W = np.roll(stack_gates(params), -len(h_init), axis=1)
    V, d, targets, _ = fused_loss(np.zeros((len(x), *h_init.shape), x.dtype))
    _, h, c, _, _ = loss_fun(x, targets, h_init, c_init, W, V, d)
    return {"h": with_initial(h_init, h), "c": with_initial(c_init, c), "given": (x, h_init, c_init, W)}


def backward(params, trace, dh):
    (x, h_init, c_init, W), (V, d, targets, scale) = trace["given"], fused_loss(dh)
    _, _, _, dW, _ = loss_fun(x, targets, h_init, c_init, W, V, d)
    return split_gates(np.roll(dW, len(h_init), axis=1) * dW.dtype.type(scale))

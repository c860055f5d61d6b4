"""An LSTM in a style that is common in tutorials: a class, examples in rows, one stacked matrix, `z @ M.T`.

The two functions at the end are the adapter with which the tests of `numpy_rnn.lstm` run on it:

    python -m pytest -m "not tensorflow" --implementation lstm=parity_tests.other_implementations.batch_first
"""

from types import SimpleNamespace

import numpy as np

from numpy_rnn.lstm import Gradients, Params


def sigmoid(a):
    """The logistic function by tanh, which does not overflow."""
    return (1 + np.tanh(a / 2)) / 2


class LSTM:
    """An LSTM whose `M` (4H, H+I) stacks the matrices of the input, forget and output gate and the modulated input."""

    def __init__(self, M):
        self.M = M

    def next_c(self, i, f, u, c):
        """The next cell state, equation (2.5)."""
        return f * c + i * u

    def forward(self, x, h, c):
        """h and c of every step, (B, T, H), from x (B, T, I) and the initial states (B, H)."""
        B, T, _ = x.shape
        hs, cs = np.empty((2, B, T, h.shape[1]), x.dtype)
        self.steps = []
        for t in range(T):
            z = np.hstack([h, x[:, t]])
            i, f, o, u = np.hsplit(z @ self.M.T, 4)
            i, f, o, u = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(u)
            previous, c = c, self.next_c(i, f, u, c)
            h = o * np.tanh(c)
            hs[:, t], cs[:, t] = h, c
            self.steps.append((z, i, f, o, u, previous, np.tanh(c)))
        return hs, cs

    def backward(self, dhs, dc):
        """The gradients of M, x, h_init and c_init, from ∂L/∂h of all steps (B, T, H) and ∂L/∂c_T (B, H)."""
        H = dc.shape[1]
        dM, dh = np.zeros_like(self.M), np.zeros_like(dc)
        dx = np.empty((*dhs.shape[:2], self.M.shape[1] - H), dc.dtype)
        for t in reversed(range(len(self.steps))):
            z, i, f, o, u, previous, tanh_c = self.steps[t]
            dh = dhs[:, t] + dh
            dc = dc + dh * o * (1 - tanh_c**2)
            di, df, do, du = dc * u, dc * previous, dh * tanh_c, dc * i
            da = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), du * (1 - u**2)])
            dM += da.T @ z
            dz = da @ self.M
            dh, dx[:, t], dc = dz[:, :H], dz[:, H:], dc * f
        return dM, dx, dh.copy(), dc.copy()


def forward(params, x, h_init, c_init, network=LSTM):
    net, wide = network(np.concatenate(params)), (len(h_init), x.shape[2])
    first = [np.broadcast_to(state, wide) for state in (h_init, c_init)]
    states = net.forward(x.transpose(2, 0, 1), *(state.T for state in first))
    h, c = (np.concatenate([s[None], later.transpose(1, 2, 0)]) for s, later in zip(first, states, strict=True))
    return SimpleNamespace(net=net, h=h, c=c)


def backward(params, trace, dh, dc):
    dM, dx, dh_init, dc_init = trace.net.backward(dh.transpose(2, 0, 1), dc.T)
    return Gradients(Params(*np.split(dM, 4)), dx.transpose(1, 2, 0), dh_init.T, dc_init.T)

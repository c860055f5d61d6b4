"""An LSTM in a style that is common in tutorials: a class, examples in rows, one stacked matrix, `z @ M.T`.

The two functions at the end are the adapter, through which the suite judges it:

    python -m parity_tests lstm parity_tests/other_implementations/batch_first.py
"""

from types import SimpleNamespace

import numpy as np

from numpy_rnn.lstm import Gradients, Params
from parity_tests.adapters import first_axis_last, last_axis_first, stack_gates, with_initial


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


# The adapter.
def forward(params, x, h_init, c_init, network=LSTM):
    net = network(stack_gates(params))
    h, c = net.forward(last_axis_first(x), h_init.T, c_init.T)
    h, c = with_initial(h_init, first_axis_last(h)), with_initial(c_init, first_axis_last(c))
    return SimpleNamespace(net=net, h=h, c=c)


def backward(params, trace, dh, dc):
    dM, dx, dh_init, dc_init = trace.net.backward(last_axis_first(dh), dc.T)
    return Gradients(Params(*np.split(dM, 4)), first_axis_last(dx), dh_init.T, dc_init.T)

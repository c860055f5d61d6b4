"""An RNN for classification, with examples in rows: it returns its last state, and takes the gradient of that only."""

import numpy as np

from parity_tests.adapters import first_axis_last, last_axis_first, with_initial


class RNN:
    """h = tanh(x Wx + h Wh + b), from h = 0; x is (batch, time, features)."""

    def __init__(self, Wx, Wh, b):
        self.Wx, self.Wh, self.b = Wx, Wh, b

    def forward(self, x):
        """The last state (batch, units)."""
        batch, time, _ = x.shape
        self.x = x
        self.states = np.zeros((time + 1, batch, len(self.b)), x.dtype)
        for t in range(time):
            pre = x[:, t] @ self.Wx + self.states[t] @ self.Wh + self.b
            self.states[t + 1] = np.tanh(pre)
        return self.states[-1]

    def backward(self, dlast):
        """The gradients of Wx, Wh, b and x, from that of the last state."""
        dWx, dWh, db = np.zeros_like(self.Wx), np.zeros_like(self.Wh), np.zeros_like(self.b)
        dx, delta = np.zeros_like(self.x), dlast
        for t in range(self.x.shape[1] - 1, -1, -1):
            dpre = delta * (1 - self.states[t + 1] ** 2)
            dWx += self.x[:, t].T @ dpre
            dWh += self.states[t].T @ dpre
            db += dpre.sum(axis=0)
            dx[:, t] = dpre @ self.Wx.T
            delta = dpre @ self.Wh.T
        return dWx, dWh, db, dx


# The adapter.
LIMITS = {"last_step_only": True, "zero_h_init": True, "min_T": 1}


def forward(params, x, h_init):
    net = RNN(params.U.T, params.W.T, params.b[:, 0])
    net.forward(last_axis_first(x))
    return {"h": with_initial(h_init, net.states[1:].swapaxes(1, 2)), "net": net}


def backward(params, trace, dh):
    dWx, dWh, db, dx = trace["net"].backward(dh[-1].T)
    return {"dU": dWx.T, "dW": dWh.T, "db": db[:, None], "dx": first_axis_last(dx)}

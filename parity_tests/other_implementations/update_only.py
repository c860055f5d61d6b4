"""An RNN without a bias whose `sgd_step` updates the parameters by truncated BPTT and returns no gradients."""

import numpy as np

from parity_tests.adapters import LEARNING_RATE, from_update


class RNN:
    """Backpropagates the gradient of each step through at most `bptt_truncate` steps."""

    def __init__(self, U, W, bptt_truncate=30):
        self.U, self.W, self.bptt_truncate = U, W, bptt_truncate

    def propagate(self, x, start):
        """All states (T+1, H, B), the initial one first, from x (T, I, B)."""
        s = np.zeros((len(x) + 1, *start.shape))
        s[0] = start
        for t in range(len(x)):
            s[t + 1] = np.tanh(self.U @ x[t] + self.W @ s[t])
        return s

    def sgd_step(self, x, s, ds, learning_rate):
        """One step of gradient descent, from the gradients of the states by the read-out, (T, H, B)."""
        dU, dW = np.zeros(self.U.shape), np.zeros(self.W.shape)
        for t in range(len(x) - 1, -1, -1):
            delta = ds[t] * (1 - s[t + 1] ** 2)
            for step in range(t, max(t - self.bptt_truncate, -1), -1):
                dW += delta @ s[step].T
                dU += delta @ x[step].T
                delta = (self.W.T @ delta) * (1 - s[step] ** 2)
        self.U = self.U - learning_rate * dU
        self.W = self.W - learning_rate * dW


# The adapter.
LIMITS = {"dtypes": ["float64"], "zero_b": True, "truncation": 30}


def forward(params, x, h_init):
    net = RNN(params.U, params.W)
    return {"h": net.propagate(x, h_init), "net": net, "x": x}


def backward(params, trace, dh):
    net = trace["net"]
    net.sgd_step(trace["x"], trace["h"], dh, LEARNING_RATE)
    return {"dU": from_update(params.U, net.U), "dW": from_update(params.W, net.W)}

"""An RNN in float32 that clips its gradients inside `backward` and takes a list of inputs, an array for each step."""

import numpy as np

from parity_tests.adapters import with_initial


class VanillaRNN:
    """Examples in columns; the parameters are kept in float32."""

    def __init__(self, Waa, Wax, ba):
        self.Waa, self.Wax, self.ba = (value.astype(np.float32) for value in (Waa, Wax, ba))

    def forward(self, xs, a0):
        """The states after each step."""
        self.xs, self.a = xs, [a0]
        for x in xs:
            self.a.append(np.tanh(self.Waa @ self.a[-1] + self.Wax @ x + self.ba))
        return self.a[1:]

    def backward(self, das, max_value=5.0):
        """The gradients of the parameters and of a0, each clipped to ± max_value."""
        grads = {"Waa": np.zeros_like(self.Waa), "Wax": np.zeros_like(self.Wax), "ba": np.zeros_like(self.ba)}
        da_next = np.zeros_like(self.a[0])
        for t in range(len(self.xs), 0, -1):
            da = das[t - 1] + da_next
            dz = da * (1 - self.a[t] ** 2)
            grads["Waa"] += dz @ self.a[t - 1].T
            grads["Wax"] += dz @ self.xs[t - 1].T
            grads["ba"] += dz.sum(axis=1, keepdims=True)
            da_next = self.Waa.T @ dz
        grads["a0"] = da_next
        return {name: np.clip(value, -max_value, max_value) for name, value in grads.items()}


# The adapter.
LIMITS = {"dtypes": ["float32"], "clip": 5.0, "min_T": 1}


def forward(params, x, h_init):
    net = VanillaRNN(params.W, params.U, params.b)
    return {"h": with_initial(h_init, net.forward(list(x), h_init)), "net": net}


def backward(params, trace, dh):
    grads = trace["net"].backward(dh)
    return {"dW": grads["Waa"], "dU": grads["Wax"], "db": grads["ba"], "dh_init": grads["a0"]}

"""An LSTM that takes one example at a time, as vectors, and always starts from zero."""

import numpy as np

from parity_tests.adapters import each_example, with_initial


def logistic(a):
    return 1 / (1 + np.exp(-np.clip(a, -500, 500)))


class Node:
    """One step of an LSTM; it holds its values for the way back."""

    def __init__(self, weights, x, s_before, h_before):
        Wi, Wf, Wo, Wg = weights
        self.weights, self.s_before = weights, s_before
        self.xc = np.append(h_before, x)
        self.i, self.f, self.o = logistic(Wi @ self.xc), logistic(Wf @ self.xc), logistic(Wo @ self.xc)
        self.g = np.tanh(Wg @ self.xc)
        self.s = self.g * self.i + s_before * self.f
        self.h = self.o * np.tanh(self.s)

    def back(self, dh, ds, diffs):
        """Adds to the gradients of the weights; returns those of h_before, s_before and x."""
        ds = ds + self.o * dh * (1 - np.tanh(self.s) ** 2)
        da_i = ds * self.g * self.i * (1 - self.i)
        da_f = ds * self.s_before * self.f * (1 - self.f)
        da_o = dh * np.tanh(self.s) * self.o * (1 - self.o)
        da_g = ds * self.i * (1 - self.g**2)
        dxc = np.zeros_like(self.xc)
        for W, diff, da in zip(self.weights, diffs, (da_i, da_f, da_o, da_g), strict=True):
            diff += np.outer(da, self.xc)
            dxc += W.T @ da
        return dxc[: len(dh)], ds * self.f, dxc[len(dh) :]


class Network:
    """The steps of one sequence."""

    def __init__(self, weights):
        self.weights, self.nodes = weights, []

    def read(self, xs):
        """h and s of each step, lists of vectors (H,)."""
        s = h = np.zeros(len(self.weights[0]))
        for x in xs:
            self.nodes.append(Node(self.weights, x, s, h))
            s, h = self.nodes[-1].s, self.nodes[-1].h
        return [node.h for node in self.nodes], [node.s for node in self.nodes]

    def learn(self, dhs):
        """The gradients of the four weights and of the inputs, from those of each h."""
        diffs = [np.zeros_like(W) for W in self.weights]
        dh = ds = np.zeros(len(dhs[0]))
        dxs = np.empty((len(dhs), len(self.weights[0][0]) - len(dh)))
        for t in reversed(range(len(dhs))):
            dh, ds, dxs[t] = self.nodes[t].back(dh + dhs[t], ds, diffs)
        return *diffs, dxs


# The adapter.
LIMITS = {"dtypes": ["float64"], "min_T": 1, "min_B": 1, "zero_h_init": True, "zero_c_init": True, "no_dc": True}


def forward(params, x, h_init, c_init):
    nets = [Network(params) for _ in x[0, 0]]
    states = each_example(lambda net, xs: dict(zip("hc", map(np.array, net.read(xs)), strict=True)), nets, x)
    return {"h": with_initial(h_init, states["h"]), "c": with_initial(c_init, states["c"]), "nets": nets}


def backward(params, trace, dh):
    names = "dM_input", "dM_forget", "dM_output", "dM_modulated_input", "dx"
    return each_example(lambda net, dhs: dict(zip(names, net.learn(dhs), strict=True)), trace["nets"], dh)

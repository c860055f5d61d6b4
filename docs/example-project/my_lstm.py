"""An LSTM with biases, as somebody wrote it, and at the end the adapter through which the judge calls it."""

import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


class MyLSTM:
    def __init__(self, W, b):
        self.W, self.b = W, b  # (4H, H+I) and (4H, 1): input, forget and output gate, candidate

    def forward(self, xs, h, c):
        self.steps, hs, cs = [], [h], [c]
        for x in xs:
            z = np.concatenate([h, x])
            i, f, o, g = np.split(self.W @ z + self.b, 4)
            i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
            self.steps.append((z, i, f, o, g, c, np.tanh(f * c + i * g)))
            c = f * c + i * g
            h = o * np.tanh(c)
            hs.append(h)
            cs.append(c)
        return np.array(hs), np.array(cs)

    def backward(self, dhs, dc):
        dW, db, dxs = np.zeros_like(self.W), np.zeros_like(self.b), []
        dh = np.zeros_like(dc)
        for dh_t, (z, i, f, o, g, c, tanh_c) in zip(dhs[::-1], self.steps[::-1], strict=True):
            dh = dh + dh_t
            dc = dc + dh * o * (1 - tanh_c**2)
            di, df, do, dg = dc * g, dc * c, dh * tanh_c, dc * i
            da = np.concatenate([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)])
            dW += da @ z.T
            db += da.sum(axis=1, keepdims=True)
            dz = self.W.T @ da
            dh, dx = np.split(dz, [len(c)])
            dxs.append(dx)
            dc = dc * f
        return dW, db, np.array(dxs[::-1]), dh, dc


LIMITS = {"biases": True, "min_T": 1}


def forward(params, x, h_init, c_init):
    M = np.concatenate(params)
    net = MyLSTM(W=M[:, :-1], b=M[:, -1:])
    h, c = net.forward(x[:, :-1], h_init, c_init)
    return {"h": h, "c": c, "net": net}


def backward(params, trace, dh, dc):
    dW, db, dx, dh_init, dc_init = trace["net"].backward(dh, dc)
    dM = zip([f"d{name}" for name in params._fields], np.split(np.hstack([dW, db]), 4), strict=True)
    return {**dict(dM), "dx": dx, "dh_init": dh_init, "dc_init": dc_init}

"""An LSTM as a PyTorch module, with examples on the first axis; PyTorch computes the gradients."""

import torch
from torch import nn
from torch.func import functional_call, vjp

from parity_tests.adapters import split_gates, stack_gates, with_initial


class LSTM(nn.Module):
    """The gates are stacked in the order i, f, g, o; W is (4H, H+I), and b is (4H,)."""

    def __init__(self, inputs, units):
        super().__init__()
        self.W, self.b = nn.Parameter(torch.empty(4 * units, units + inputs)), nn.Parameter(torch.empty(4 * units))

    def forward(self, x, h, c):
        """h and c of all steps, each (B, T, H), from x (B, T, I) and the initial states (B, H)."""
        hs, cs = [], []
        for x_t in x.unbind(dim=1):
            i, f, g, o = (torch.cat([h, x_t], dim=1) @ self.W.T + self.b).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            hs.append(h)
            cs.append(c)
        return torch.stack(hs, dim=1), torch.stack(cs, dim=1)


# The adapter.
LIMITS = {"biases": True, "min_T": 1}


def run(M, x, h, c):
    h, c = functional_call(LSTM(x.shape[1], len(h)), {"W": M[:, :-1], "b": M[:, -1]}, (x.movedim(-1, 0), h.T, c.T))
    return h.movedim(0, -1), c.movedim(0, -1), c[:, -1].T


def forward(params, x, h_init, c_init):
    (h, c, _), pullback = vjp(run, *map(torch.tensor, (stack_gates(params, "ifuo"), x[:, :-1], h_init, c_init)))
    return {"h": with_initial(h_init, h.numpy()), "c": with_initial(c_init, c.numpy()), "pullback": pullback}


def backward(params, trace, dh, dc):
    dM, dx, dh_init, dc_init = (grad.numpy() for grad in trace["pullback"](tuple(map(torch.tensor, (dh, 0 * dh, dc)))))
    return split_gates(dM, "ifuo") | {"dx": dx, "dh_init": dh_init, "dc_init": dc_init}

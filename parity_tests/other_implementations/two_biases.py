"""An RNN with two biases, as in some libraries: one is added to the input's product, one to the state's."""

import numpy as np

from parity_tests.adapters import first_axis_last, last_axis_first


def rnn(inputs, hidden, w_ih, w_hh, b_ih, b_hh):
    """All hidden states (N, L+1, H), the given one (N, H) first, from inputs (N, L, F)."""
    outputs = [hidden]
    for step in range(inputs.shape[1]):
        hidden = np.tanh(inputs[:, step] @ w_ih.T + b_ih + hidden @ w_hh.T + b_hh)
        outputs.append(hidden)
    return np.stack(outputs, axis=1)


def rnn_gradients(inputs, outputs, grad_outputs, w_ih, w_hh):
    """The gradients of inputs, hidden, w_ih, w_hh, b_ih and b_hh, from those of the hidden states (N, L, H)."""
    grad_inputs = np.zeros_like(inputs)
    grad_w_ih, grad_w_hh = np.zeros_like(w_ih), np.zeros_like(w_hh)
    grad_b_ih, grad_b_hh = np.zeros_like(w_hh[0]), np.zeros_like(w_hh[0])
    grad_hidden = np.zeros_like(outputs[:, 0])
    for step in range(inputs.shape[1])[::-1]:
        grad_hidden = grad_hidden + grad_outputs[:, step]
        grad_sum = (1 - outputs[:, step + 1] ** 2) * grad_hidden
        grad_w_ih += grad_sum.T @ inputs[:, step]
        grad_w_hh += grad_sum.T @ outputs[:, step]
        grad_b_ih += grad_sum.sum(0)
        grad_b_hh += grad_sum.sum(0)
        grad_inputs[:, step] = grad_sum @ w_ih
        grad_hidden = grad_sum @ w_hh
    return grad_inputs, grad_hidden, grad_w_ih, grad_w_hh, grad_b_ih, grad_b_hh


# The adapter.
LIMITS = {"biases": True}


def forward(params, x, h_init):
    outputs = rnn(last_axis_first(x[:, :-1]), h_init.T, params.U[:, :-1], params.W, params.U[:, -1], params.b[:, 0])
    return {"h": first_axis_last(outputs), "inputs": last_axis_first(x[:, :-1]), "outputs": outputs}


def backward(params, trace, dh):
    given = trace["inputs"], trace["outputs"], last_axis_first(dh), params.U[:, :-1], params.W
    dx, dh_init, dU, dW, db_ih, db_hh = rnn_gradients(*given)
    dU = np.column_stack([dU, db_ih])
    return {"dx": first_axis_last(dx), "dh_init": dh_init.T, "dU": dU, "dW": dW, "db": db_hh[:, None]}

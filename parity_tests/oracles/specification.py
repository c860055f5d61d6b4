"""The equations of Figs. 1 and 2 as scalar loops over real or complex numbers: the oracle for outputs and gradients.

Arrays are nested lists with the axes of `numpy_rnn`: x[t][i][n] is input i of step t + 1 for example n. A number is a
Python number, or a NumPy array of alternative values for it, as in `complex_step`.
"""

from numpy import exp, log, tanh

# The outputs of each recurrence over time, in the order in which `lstm` returns them: gates, then states.
OUTPUTS = {"rnn": ("h",), "lstm": ("i", "f", "o", "u", "c", "h")}


def dot(row, columns, n):
    """Entry n of the product of a row with a matrix."""
    return sum(weight * entry[n] for weight, entry in zip(row, columns, strict=True))


def sigmoid(a):
    return 1 / (1 + exp(-a))


def rnn(b, W, U, x, h_init):
    """Fig. 1: [h_0, …, h_T], each (H, B)."""
    h = [h_init]
    for x_t in x:
        a = [
            [b_j[0] + dot(W_j, h[-1], n) + dot(U_j, x_t, n) for n in range(len(h_init[0]))]
            for b_j, W_j, U_j in zip(b, W, U, strict=True)
        ]
        h.append([[tanh(entry) for entry in row] for row in a])
    return h


def lstm(M_input, M_forget, M_output, M_modulated_input, x, h_init, c_init):
    """Fig. 2: the gates [i_1, …], [f_1, …], [o_1, …], [u_1, …], and the states [c_0, …, c_T], [h_0, …, h_T]."""
    i, f, o, u, c, h = [], [], [], [], [c_init], [h_init]
    places = [(j, n) for j in range(len(h_init)) for n in range(len(h_init[0]))]

    def each(function):
        """An array (H, B) whose entry (j, n) is function(j, n)."""
        entries = iter([function(j, n) for j, n in places])
        return [[next(entries) for _ in row] for row in h_init]

    for t, x_t in enumerate(x):
        z = h[t] + x_t
        i.append(each(lambda j, n, z=z: sigmoid(dot(M_input[j], z, n))))
        f.append(each(lambda j, n, z=z: sigmoid(dot(M_forget[j], z, n))))
        o.append(each(lambda j, n, z=z: sigmoid(dot(M_output[j], z, n))))
        u.append(each(lambda j, n, z=z: tanh(dot(M_modulated_input[j], z, n))))
        c.append(each(lambda j, n, t=t: i[t][j][n] * u[t][j][n] + f[t][j][n] * c[t][j][n]))
        h.append(each(lambda j, n, t=t: o[t][j][n] * tanh(c[t + 1][j][n])))
    return i, f, o, u, c, h


def readout(d, V, h):
    """The last line of both figures: the probabilities y (C, B)."""
    z = [[d_k[0] + dot(V_k, h, n) for n in range(len(h[0]))] for d_k, V_k in zip(d, V, strict=True)]
    sums = [sum(exp(row[n]) for row in z) for n in range(len(h[0]))]
    return [[exp(entry) / total for entry, total in zip(row, sums, strict=True)] for row in z]


def cross_entropy(d, V, h, labels):
    """The mean over the examples of -log y of the label."""
    y = readout(d, V, h)
    return -sum(log(y[label][n]) for n, label in enumerate(labels)) / len(labels)

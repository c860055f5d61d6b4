"""What typical wrong answers to notebook 2 compute, so that its checks can name the mistake."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product

import numpy as np

from numpy_rnn.activations import sigmoid

Arrays = Mapping[str, np.ndarray]
Computed = Callable[..., np.ndarray]

MATRICES = {"i": "M_input", "f": "M_forget", "o": "M_output", "u": "M_modulated_input"}


def softmax(a: np.ndarray) -> np.ndarray:
    """The softmax of each row."""
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# What is applied to M [h; x]: errors in words, and an empty text for what is right.
OF_A_GATE: dict[str, Computed] = {
    "": sigmoid,
    "tanh is applied in place of σ": np.tanh,
    "σ is missing": lambda a: a,
    "the sign in exp(-a) of σ is missing": lambda a: sigmoid(-a),
    "σ is applied twice": lambda a: sigmoid(sigmoid(a)),
    "relu is applied in place of σ": lambda a: np.maximum(a, 0),
    "softmax is applied in place of σ": softmax,
}
OF_U: dict[str, Computed] = {
    "": np.tanh,
    "σ is applied in place of tanh": sigmoid,
    "tanh is missing": lambda a: a,
    "tanh is applied to -a": lambda a: np.tanh(-a),
    "tanh is applied twice": lambda a: np.tanh(np.tanh(a)),
    "relu is applied in place of tanh": lambda a: np.maximum(a, 0),
    "softmax is applied in place of tanh": softmax,
}

# By what M is multiplied.
VECTORS: dict[str, Computed] = {
    "": lambda h, c, x: np.hstack([h, x]),
    "[x; h] is used in place of [h; x]": lambda h, c, x: np.hstack([x, h]),
    "the part of x is missing in M [h; x]": lambda h, c, x: np.hstack([h, 0 * x]),
    "the part of h is missing in M [h; x]": lambda h, c, x: np.hstack([0 * h, x]),
    "c is used in place of h in [h; x]": lambda h, c, x: np.hstack([c, x]),
}

# c_t from the gates, and from h_{t-1} and c_{t-1}, which are h and c.
CELL_STATES: dict[str, Computed] = {
    "f ∘ c is missing": lambda i, f, o, u, h, c: i * u,
    "i ∘ u is missing": lambda i, f, o, u, h, c: f * c,
    "c is unchanged, the c of the step before": lambda i, f, o, u, h, c: c,
    "i and f are exchanged": lambda i, f, o, u, h, c: f * u + i * c,
    "i + u is written in place of i ∘ u": lambda i, f, o, u, h, c: i + u + f * c,
    "f + c is written in place of f ∘ c": lambda i, f, o, u, h, c: i * u + f + c,
    "+ and ∘ are exchanged": lambda i, f, o, u, h, c: (i + u) * (f + c),
    "i ∘ u and f ∘ c are multiplied in place of added": lambda i, f, o, u, h, c: i * u * f * c,
    "f ∘ c is subtracted in place of added": lambda i, f, o, u, h, c: i * u - f * c,
    "i is missing in i ∘ u": lambda i, f, o, u, h, c: u + f * c,
    "u is missing in i ∘ u": lambda i, f, o, u, h, c: i + f * c,
    "f is missing in f ∘ c": lambda i, f, o, u, h, c: i * u + c,
    "c is missing in f ∘ c": lambda i, f, o, u, h, c: i * u + f,
    "o is used in place of i": lambda i, f, o, u, h, c: o * u + f * c,
    "o is used in place of f": lambda i, f, o, u, h, c: i * u + o * c,
    "i is used in place of f": lambda i, f, o, u, h, c: i * u + i * c,
    "f is used in place of i": lambda i, f, o, u, h, c: f * u + f * c,
    "h is used in place of c": lambda i, f, o, u, h, c: i * u + f * h,
    "u is used in place of c": lambda i, f, o, u, h, c: i * u + f * u,
    "1 - i is used in place of f": lambda i, f, o, u, h, c: i * u + (1 - i) * c,
    "1 - f is used in place of f": lambda i, f, o, u, h, c: i * u + (1 - f) * c,
    "1 - f is used in place of i": lambda i, f, o, u, h, c: (1 - f) * u + f * c,
    "c is multiplied by f twice; a line overwrites c before (2.5) uses it": (
        lambda i, f, o, u, h, c: i * u + f * (f * c)
    ),
    "c is overwritten by i ∘ u before f ∘ c uses it": lambda i, f, o, u, h, c: i * u + f * (i * u),
    "tanh is applied to the new c, which only (2.6) does": lambda i, f, o, u, h, c: np.tanh(i * u + f * c),
    "σ is applied to the new c": lambda i, f, o, u, h, c: sigmoid(i * u + f * c),
    "tanh is applied to u, which is a tanh already": lambda i, f, o, u, h, c: i * np.tanh(u) + f * c,
    "tanh is applied to the c of the step before": lambda i, f, o, u, h, c: i * u + f * np.tanh(c),
}

# h_t from the gates, from c_t, which is c, and from h_{t-1} and c_{t-1}, which are h and c_old.
HIDDEN_STATES: dict[str, Computed] = {
    "tanh is missing": lambda i, f, o, u, h, c_old, c: o * c,
    "o is missing": lambda i, f, o, u, h, c_old, c: np.tanh(c),
    "h is unchanged, the h of the step before": lambda i, f, o, u, h, c_old, c: h,
    "the c of the step before is used, not the new one": lambda i, f, o, u, h, c_old, c: o * np.tanh(c_old),
    "h is used in place of c": lambda i, f, o, u, h, c_old, c: o * np.tanh(h),
    "tanh is applied to o ∘ c in place of c": lambda i, f, o, u, h, c_old, c: np.tanh(o * c),
    "+ is written in place of ∘": lambda i, f, o, u, h, c_old, c: o + np.tanh(c),
    "σ is applied to c in place of tanh": lambda i, f, o, u, h, c_old, c: o * sigmoid(c),
    "tanh is applied to o in place of c": lambda i, f, o, u, h, c_old, c: np.tanh(o) * c,
    "tanh is applied to o too": lambda i, f, o, u, h, c_old, c: np.tanh(o) * np.tanh(c),
    "tanh is applied to c twice": lambda i, f, o, u, h, c_old, c: o * np.tanh(np.tanh(c)),
    "i is used in place of o": lambda i, f, o, u, h, c_old, c: i * np.tanh(c),
    "f is used in place of o": lambda i, f, o, u, h, c_old, c: f * np.tanh(c),
    "u is used in place of o": lambda i, f, o, u, h, c_old, c: u * np.tanh(c),
    "u is used in place of tanh(c)": lambda i, f, o, u, h, c_old, c: o * u,
    "tanh is applied to u in place of c": lambda i, f, o, u, h, c_old, c: o * np.tanh(u),
    "1 - o is used in place of o": lambda i, f, o, u, h, c_old, c: (1 - o) * np.tanh(c),
    "the h of the step before is added": lambda i, f, o, u, h, c_old, c: h + o * np.tanh(c),
    "h has the values of c": lambda i, f, o, u, h, c_old, c: c,
}


def mistakes(name: str, params: Arrays, before: Arrays, right: Arrays) -> Iterator[tuple[str, np.ndarray]]:
    """The mistakes in a gate or a state, in words, and what each of them computes in one step.

    Parameters
    ----------
    name : str
        "i", "f", "o", "u", "c" or "h".
    params : mapping of str to array (H, H+I)
        The four matrices.
    before : mapping of str to array
        h (B, H) and c (B, H) before the step, and x (B, I).
    right : mapping of str to array (B, H)
        The right gates, and the right c and h after the step.

    Yields
    ------
    tuple of (str, array (B, H))
        A mistake that consists of fewer errors comes earlier.
    """
    gates = {gate: right[gate] for gate in MATRICES}
    if name == "c":
        for words, computed in CELL_STATES.items():
            yield words, computed(**gates, h=before["h"], c=before["c"])
    elif name == "h":
        for words, computed in HIDDEN_STATES.items():
            yield words, computed(**gates, h=before["h"], c_old=before["c"], c=right["c"])
    else:
        yield from of_gate(name, params, before)


def of_gate(name: str, params: Arrays, before: Arrays) -> Iterator[tuple[str, np.ndarray]]:
    """A gate with another function, another matrix or another vector, or with several of these errors."""
    matrices = {
        "" if gate == name else f"{matrix} is used in place of {MATRICES[name]}": params[matrix]
        for gate, matrix in MATRICES.items()
    }
    functions = OF_U if name == "u" else OF_A_GATE
    parts = product(functions.items(), matrices.items(), VECTORS.items())
    for (function, apply), (matrix, M), (vector, stacked) in sorted(
        parts, key=lambda three: sum(bool(words) for words, _ in three)
    ):
        errors = [words for words in (matrix, vector, function) if words]
        if errors:
            yield " and ".join(errors), apply(stacked(**before) @ M.T)

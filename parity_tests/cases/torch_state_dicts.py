"""Random state dicts of `torch.nn.RNN` and `torch.nn.LSTM`, and what such layers compute: h of the last layer.

PyTorch documents the names, shapes and equations: gates in the order i, f, g, o, two biases, and for each layer the
outputs of both directions side by side as the inputs of the next.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from numpy_rnn import lstm, rnn
from numpy_rnn.sequences import with_ones
from numpy_rnn.torch_weights import from_state_dict
from parity_tests.cases.recurrences import SEEDS
from parity_tests.oracles.bounded_equations import FORWARD
from parity_tests.oracles.bounds import Arithmetic, Bounded, concatenate

Arrays = dict[str, Any]
GATES = {"rnn": 1, "lstm": 4}
MODULES: dict[str, Any] = {"rnn": rnn, "lstm": lstm}


class StackSpec(NamedTuple):
    """A stack of layers, and its inputs: `bias` says whether an LSTM has biases; an RNN always has them."""

    kind: str
    layers: int
    bidirectional: bool
    bias: bool
    T: int
    H: int
    I: int
    B: int
    seed: int
    dtype: str

    @property
    def directions(self) -> list[tuple[bool, str]]:
        """Whether a direction is the second, and the ending of its names."""
        return [(False, ""), (True, "_reverse")][: 1 + self.bidirectional]


SIZE = st.integers(1, 4)
STACK_SPECS = st.builds(
    StackSpec,
    st.sampled_from(["rnn", "lstm"]),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
    *[SIZE] * 4,
    SEEDS,
    st.sampled_from(["float32", "float64"]),
)


# Two layers with two directions, whose sizes differ.
RNN, LSTM = (StackSpec(kind, 2, True, True, 2, 3, 4, 5, 0, "float64") for kind in ("rnn", "lstm"))


def random_stack(spec: StackSpec) -> tuple[Arrays, np.ndarray]:
    """The state dict of a stack, all numbers distinct, and random inputs x (T, I, B)."""
    rng = np.random.default_rng(spec.seed)
    rows, state_dict = GATES[spec.kind] * spec.H, {}
    for layer in range(spec.layers):
        inputs = spec.H * len(spec.directions) if layer else spec.I
        for _, ending in spec.directions:
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, inputs), "weight_hh": (rows, spec.H)}
            if spec.bias or spec.kind == "rnn":
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            for name, shape in shapes.items():
                state_dict[f"{name}_l{layer}{ending}"] = rng.uniform(-0.5, 0.5, shape).astype(spec.dtype)
    return state_dict, rng.uniform(-1, 1, (spec.T, spec.I, spec.B)).astype(spec.dtype)


def through_all_layers(spec: StackSpec, x: Any, join: Callable[[list[Any]], Any], h_of: Callable[..., Any]) -> Any:
    """h (T, H, B) of the last layer; `h_of` computes one direction, and `join` puts two side by side."""
    for layer in range(spec.layers):
        both = []
        for reverse, ending in spec.directions:
            turn = slice(None, None, -1 if reverse else 1)
            both.append(h_of(layer, reverse, ending, x[turn])[turn])
        x = join(both)
    return x


def by_numpy_rnn(spec: StackSpec, state_dict: Arrays, x: np.ndarray) -> np.ndarray:
    """h of the last layer by `numpy_rnn` with the converted weights."""
    module = MODULES[spec.kind]

    def h_of(layer: int, reverse: bool, ending: str, x: np.ndarray) -> np.ndarray:
        params = from_state_dict(state_dict, layer, reverse)
        zeros = [np.zeros((spec.H, 1), spec.dtype) for _ in module.Initial._fields]
        return module.forward(params, with_ones(x) if spec.kind == "lstm" and spec.bias else x, *zeros).h[1:]

    return through_all_layers(spec, x, lambda both: np.concatenate(both, axis=1), h_of)


def by_formula(spec: StackSpec, state_dict: Arrays, x: np.ndarray) -> np.ndarray:
    """h of the last layer by the equations that PyTorch documents, with examples in rows."""

    def h_of(layer: int, reverse: bool, ending: str, x: np.ndarray) -> np.ndarray:
        w_ih, w_hh, *b = (state_dict[name] for name in state_dict if name.endswith(f"_l{layer}{ending}"))
        h = c = np.zeros((spec.B, spec.H), spec.dtype)
        steps = []
        for x_t in x.transpose(0, 2, 1):
            a = sum(b, x_t @ w_ih.T + h @ w_hh.T)
            if spec.kind == "rnn":
                h = np.tanh(a)
            else:
                i, f, g, o = np.split(a, 4, axis=1)
                c = 1 / (1 + np.exp(-f)) * c + 1 / (1 + np.exp(-i)) * np.tanh(g)
                h = 1 / (1 + np.exp(-o)) * np.tanh(c)
            steps.append(h.T)
        return np.stack(steps)

    return through_all_layers(spec, x, lambda both: np.concatenate(both, axis=1), h_of)


def bounded_h(spec: StackSpec, system: Arithmetic, state_dict: Arrays, x: np.ndarray) -> Bounded:
    """The bounded h of the last layer; both biases are weights of inputs that are 1, and terms may be in any order."""

    def h_of(layer: int, reverse: bool, ending: str, x: Bounded) -> Bounded:
        U, W, *biases = (state_dict[f"{name}_l{layer}{ending}"] for name in names)
        columns = [b[:, None] for b in biases]
        ones = system.take(np.ones((len(x), len(columns) - (spec.kind == "rnn"), spec.B)))
        if spec.kind == "rnn":
            params: Any = rnn.Params(columns[0], W, np.hstack([U, columns[1]]))
        else:
            i, f, g, o = np.split(np.hstack([W, U, *columns]), 4)
            params = lstm.Params(M_input=i, M_forget=f, M_output=o, M_modulated_input=g)
        zeros = [np.zeros((spec.H, 1))] * len(MODULES[spec.kind].Initial._fields)
        return FORWARD[spec.kind](system, params, concatenate([x, ones], axis=1), *zeros)["h"][1:]

    names = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if spec.bias or spec.kind == "rnn" else [])]
    return through_all_layers(spec, system.take(x), lambda both: concatenate(both, axis=1), h_of)

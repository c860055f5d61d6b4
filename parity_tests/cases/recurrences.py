"""Random cases for a recurrence: Hypothesis draws a short `CaseSpec`, from which `make_case` makes the arrays."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from numpy_rnn import lstm, readout, rnn

PARAMS: dict[str, Any] = {"rnn": rnn.Params, "lstm": lstm.Params}
STATES = {"rnn": ["h_init"], "lstm": ["h_init", "c_init"]}


class CaseSpec(NamedTuple):
    """Sizes, seed, the largest parameter, input, state and upstream gradient; shared initial states are (H, 1)."""

    T: int
    H: int
    I: int
    B: int
    C: int
    seed: int = 0
    weights: float = 0.5
    inputs: float = 1.0
    states: float = 1.0
    upstream: float = 1.0
    shared: bool = False


class Case(NamedTuple):
    """Arrays for a recurrence: `initial` holds h_init and, for an LSTM, c_init; `dc` holds ∂L/∂c_T for an LSTM."""

    params: Any
    x: np.ndarray
    initial: list[np.ndarray]
    dh: np.ndarray
    dc: list[np.ndarray]

    @property
    def states(self) -> dict[str, np.ndarray]:
        """The initial states by name."""
        return dict(zip(STATES["lstm"], self.initial, strict=False))

    def inputs(self) -> dict[str, np.ndarray]:
        """The parameters, x and the initial states (H, B) by name: all that a loss depends on."""
        B = self.x.shape[2]
        wide = {name: np.broadcast_to(state, (len(state), B)) for name, state in self.states.items()}
        return self.params._asdict() | {"x": self.x} | wide

    def named(self) -> dict[str, np.ndarray]:
        """All arrays by name, with dc for an LSTM."""
        rest = {"dc": self.dc[0]} if self.dc else {}
        return {**self.params._asdict(), "x": self.x, **self.states, "dh": self.dh, **rest}

    def arrays(self) -> list[np.ndarray]:
        """All arrays, in a fixed order."""
        return [*self.params, self.x, *self.initial, self.dh, *self.dc]

    def map(self, change: Callable[[np.ndarray], np.ndarray]) -> "Case":
        """The case with `change` applied to each array."""
        return self.with_arrays([change(array) for array in self.arrays()])

    def with_arrays(self, arrays: list[np.ndarray]) -> "Case":
        """The case with other arrays, in the order of `arrays`."""
        rest = iter(arrays)
        params = type(self.params)(*(next(rest) for _ in self.params))
        return Case(params, next(rest), [next(rest) for _ in self.initial], next(rest), [next(rest) for _ in self.dc])


def named_gradients(kind: str, gradients: Any) -> dict[str, np.ndarray]:
    """The gradients that `backward` of a recurrence returns, by name, such as dW."""
    inputs = {name: getattr(gradients, name) for name in ("x", *STATES[kind])}
    return {f"d{name}": value for name, value in (gradients.params._asdict() | inputs).items()}


SIZE = st.sampled_from([1, 1, 1, 2, 3, 4, 5, 6])
# With a single class the probability is always 1 and the gradient 0, so C is at least 2.
DISTINCT = st.permutations(range(1, 7)).map(lambda sizes: [*sizes[:4], sizes[4] if sizes[4] > 1 else sizes[5]])
FREE = st.tuples(SIZE, SIZE, SIZE, SIZE, st.integers(2, 6))
# H = I, so that the shape of U or U.T does not reveal a missing transpose.
SQUARE = FREE.map(lambda sizes: [sizes[0], sizes[1], sizes[1], *sizes[3:]])

SEEDS = st.integers(0, 2**32 - 1)


def case_specs(sizes: Any, *rest: Any) -> Any:
    """A strategy for CaseSpecs, from strategies for the five sizes and for the fields after the seed."""
    return st.tuples(sizes, SEEDS, *rest).map(lambda parts: CaseSpec(*parts[0], *parts[1:]))


CASE_SPECS = case_specs(
    st.sampled_from([DISTINCT] * 4 + [FREE, SQUARE]).flatmap(lambda strategy: strategy),
    st.sampled_from([0.5, 0.05, 1.5]),
    st.sampled_from([1.0, 0.01, 10.0]),
    st.sampled_from([1.0, 100.0]),
    st.sampled_from([1.0, 0.001, 1000.0]),
    st.booleans(),
)

PINNED_SPECS = [
    CaseSpec(1, 1, 1, 1, 2),
    CaseSpec(4, 3, 3, 3, 3),  # square matrices, as above
    CaseSpec(3, 4, 2, 5, 6, shared=True),
]


def arrays(spec: CaseSpec, dtype: Any, *shapes: tuple[float, tuple[int, ...]]) -> list[np.ndarray]:
    """A random array for each scale and shape, all numbers distinct, between -scale and scale."""
    rng = np.random.default_rng(spec.seed)
    return [(scale * rng.uniform(-1, 1, shape)).astype(dtype) for scale, shape in shapes]


def make_case(kind: str, spec: CaseSpec, dtype: Any = np.float64) -> Case:
    """The random arrays of a spec for an "rnn" or an "lstm"."""
    T, H, I, B = spec[:4]
    sizes = [(H, 1), (H, H), (H, I)] if kind == "rnn" else [(H, H + I)] * 4
    states = 1 if kind == "rnn" else 2
    x, dh, *rest = arrays(
        spec,
        dtype,
        (spec.inputs, (T, I, B)),
        (spec.upstream, (T, H, B)),
        *[(spec.states, (H, 1 if spec.shared else B))] * states,
        *[(spec.upstream, (H, B))] * (states - 1),
        *((spec.weights, size) for size in sizes),
    )
    return Case(PARAMS[kind](*rest[2 * states - 1 :]), x, rest[:states], dh, rest[states : 2 * states - 1])


def make_readout_case(spec: CaseSpec, dtype: Any = np.float64) -> tuple[readout.Params, np.ndarray, np.ndarray]:
    """The parameters of a read-out, h (H, B) between -1 and 1 like a tanh, and labels (B,)."""
    d, V, h = arrays(spec, dtype, (spec.weights, (spec.C, 1)), (spec.weights, (spec.C, spec.H)), (1, (spec.H, spec.B)))
    return readout.Params(d, V), h, np.random.default_rng(spec.seed).integers(0, spec.C, spec.B)

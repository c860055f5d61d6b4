"""What Hypothesis draws: sizes, a seed and scales, in a `CaseSpec` short enough to read; and the arrays behind it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from numpy_rnn import lstm, readout, rnn

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
PARAMS = {"rnn": rnn.Params, "lstm": lstm.Params}


class CaseSpec(NamedTuple):
    """Sizes, seed, scales of the parameters, inputs, states and upstream gradients, and whether h_init is (H, 1)."""

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
    """Arrays for a recurrence: `initial` is h_init, and c_init for an LSTM, `dc` empty or ∂L/∂c_T."""

    params: Any
    x: np.ndarray
    initial: list[np.ndarray]
    dh: np.ndarray
    dc: list[np.ndarray]

    def arrays(self) -> list[np.ndarray]:
        """All of them."""
        return [*self.params, self.x, *self.initial, self.dh, *self.dc]

    def map(self, change: Callable[[np.ndarray], np.ndarray]) -> "Case":
        """A case with each array changed, in the order of `arrays`."""
        return self.of([change(array) for array in self.arrays()])

    def of(self, arrays: list[np.ndarray]) -> "Case":
        """The case with these in place of its `arrays`."""
        rest = iter(arrays)
        params = type(self.params)(*(next(rest) for _ in self.params))
        return Case(params, next(rest), [next(rest) for _ in self.initial], next(rest), [next(rest) for _ in self.dc])


SIZE = st.sampled_from([1, 1, 1, 2, 3, 4, 5, 6])
# Of one class alone the probability is 1 and the gradient 0, so C is 2 at least.
DISTINCT = st.permutations(range(1, 7)).map(lambda sizes: [*sizes[:4], sizes[4] if sizes[4] > 1 else sizes[5]])
FREE = st.tuples(SIZE, SIZE, SIZE, SIZE, st.integers(2, 6))
# H = I, where a transpose would not show in a shape.
SQUARE = FREE.map(lambda sizes: [sizes[0], sizes[1], sizes[1], *sizes[3:]])

SEEDS = st.integers(0, 2**32 - 1)


def case_specs(sizes: Any, *rest: Any) -> Any:
    """Of the five sizes, the seed, and what else there is."""
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
    CaseSpec(4, 3, 3, 3, 3),  # square: a transpose does not show in a shape
    CaseSpec(3, 4, 2, 5, 6, shared=True),
]


def given_case_specs(test: Any) -> Any:
    """Runs a test on draws, the pinned ones first."""
    for spec in PINNED_SPECS:
        test = example(spec)(test)
    return given(CASE_SPECS)(test)


def half_as_many_examples(test: Any) -> Any:
    """Half as many examples as elsewhere, for a test whose every example calls TensorFlow many times."""
    return settings(max_examples=(settings().max_examples + 1) // 2)(test)


def arrays(spec: CaseSpec, dtype: Any, *shapes: tuple[float, tuple[int, ...]]) -> list[np.ndarray]:
    """An array for each scale and shape, every number another."""
    rng = np.random.default_rng(spec.seed)
    return [(scale * rng.uniform(-1, 1, shape)).astype(dtype) for scale, shape in shapes]


def make_case(kind: str, spec: CaseSpec, dtype: Any = np.float64) -> Case:
    """The arrays of a spec for a "rnn" or "lstm"."""
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
    """The read-out's parameters, h (H, B) in ±1 as tanh leaves it, and labels."""
    d, V, h = arrays(spec, dtype, (spec.weights, (spec.C, 1)), (spec.weights, (spec.C, spec.H)), (1, (spec.H, spec.B)))
    return readout.Params(d, V), h, np.random.default_rng(spec.seed).integers(0, spec.C, spec.B)

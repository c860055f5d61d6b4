"""Cases that follow the limits of an implementation, small enough for the oracles and with |a| up to 40.

At |a| = 44, e^2a overflows in float32, and usual ways to write tanh by exponentials return NaN.
"""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from parity_tests.cases.recurrences import (
    DISTINCT,
    FREE,
    SQUARE,
    Case,
    CaseSpec,
    case_specs,
    make_case,
    make_readout_case,
)
from parity_tests.judging.limits import Limits
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import ANY, Arithmetic

# Rows of at most 6 + 6 + 1 numbers up to 1 times states and inputs up to 3 give |a| ≤ 40.
SHORT = case_specs(
    st.sampled_from([DISTINCT] * 4 + [FREE, SQUARE]).flatmap(lambda strategy: strategy),
    st.sampled_from([0.5, 0.05, 1.0]),
    st.sampled_from([1.0, 0.01, 3.0]),
    st.sampled_from([1.0, 0.01, 3.0]),
    st.sampled_from([1.0, 0.001, 100.0]),
)
# The smallest case comes first: with one step, a wrong quantity is not a consequence of another one.
PINNED_SHORT = [
    CaseSpec(1, 1, 1, 1, 2),
    CaseSpec(1, 3, 2, 1, 2),
    CaseSpec(2, 2, 3, 1, 2),
    CaseSpec(4, 3, 3, 3, 3),
    CaseSpec(3, 4, 2, 5, 6),
]
LONG_SIZES = st.tuples(st.just(28), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.just(2))
LONG = case_specs(LONG_SIZES)
PINNED_LONG = [CaseSpec(28, 2, 1, 1, 2), CaseSpec(100, 2, 2, 1, 2)]
NO_STEPS = [CaseSpec(0, 2, 3, 1, 2), CaseSpec(0, 3, 2, 2, 2)]
NO_EXAMPLES = [CaseSpec(3, 2, 4, 0, 3)]


class ReadoutCase(NamedTuple):
    """Arguments for a read-out: its parameters, h (H, B) and the labels (B,)."""

    params: Any
    h: np.ndarray
    labels: np.ndarray


AnyCase = Case | ReadoutCase


def fitted(spec: CaseSpec, limits: Limits) -> CaseSpec:
    """The spec with the nearest T and B that the limits allow."""
    T = max(spec.T, limits.min_T)
    T = T if limits.truncation is None else min(T, limits.truncation)
    return spec._replace(T=T, B=1 if limits.one_example else max(spec.B, limits.min_B), shared=False)


def short_case(kind: str, spec: CaseSpec, limits: Limits, dtype: Any) -> Case:
    """A case with random numbers, of a spec with sizes up to 6."""
    spec = fitted(spec, limits)
    return limited(make_case(kind, spec._replace(I=spec.I + limits.biases), dtype), limits, spec)


def readout_case(kind: str, spec: CaseSpec, limits: Limits, dtype: Any) -> ReadoutCase:
    """A case for a read-out, which has no limits but its dtypes."""
    return ReadoutCase(*make_readout_case(spec, dtype))


def long_case(kind: str, spec: CaseSpec, limits: Limits, dtype: Any) -> Case:
    """A case whose first step has an influence on the last one that is far larger than the bound, for 100 steps."""
    spec = fitted(spec, limits)._replace(weights=0.1, inputs=1.0, states=0.5, upstream=1.0)
    case = make_case(kind, spec._replace(I=spec.I + limits.biases), dtype)
    rng = np.random.default_rng(spec.seed)
    H = spec.H
    if kind == "rnn":
        # One large number in each row and column of W: a bound grows as slowly as the states.
        W = np.roll(np.eye(H), 1, axis=0) * rng.uniform(0.9, 1, (H, 1)) * rng.choice([-1, 1], (H, 1))
        case = case._replace(params=case.params._replace(W=W.astype(dtype)))
    else:
        # Positive inputs keep the forget gates between 0.9 and 1, the input gates below 1/2, and so c small. Positive
        # upstream gradients add up, which makes gradients large in comparison with their bounds.
        case = case._replace(x=(np.abs(case.x) / 2 + 0.5) / spec.I, dh=np.abs(case.dh))
        M_forget, M_input = (np.copy(M) for M in (case.params.M_forget, case.params.M_input))
        M_forget[:, H:] = rng.uniform(4, 6, M_forget[:, H:].shape)
        M_input[:, H:] = rng.uniform(-2, -1, M_input[:, H:].shape)
        if limits.biases:  # their input is 1 and adds to the others, whose sum is up to 1
            M_forget[:, -1], M_input[:, -1] = M_forget[:, -1] / 10, M_input[:, -1] / 10
        case = case._replace(params=case.params._replace(M_forget=M_forget, M_input=M_input), x=case.x.astype(dtype))
    return limited(case, limits, spec)


def limited(case: Case, limits: Limits, spec: CaseSpec) -> Case:
    """The case with inputs, states and upstream gradients that the limits allow."""
    x, dh, params = case.x.copy(), case.dh.copy(), case.params
    if limits.one_hot:
        letters = np.random.default_rng(spec.seed).integers(0, spec.I, (spec.T, spec.B))
        x[:, : spec.I] = (letters[:, None] == np.arange(spec.I)[:, None]).astype(x.dtype)
    if limits.biases:
        x[:, -1] = 1
    if limits.zero_b:
        params = params._replace(b=np.zeros_like(params.b))
    if limits.last_step_only:
        dh[:-1] = 0
    zero = limits.zero_h_init, limits.zero_c_init
    initial = [np.zeros_like(state) if is_zero else state for state, is_zero in zip(case.initial, zero, strict=False)]
    dc = [np.zeros_like(one) if limits.no_dc else one for one in case.dc]
    case = Case(params, x, initial, dh, dc)
    return case if limits.clip is None or not case.dh.size else unclipped(case, limits.clip)


def unclipped(case: Case, threshold: float) -> Case:
    """The case with upstream gradients so small that the norm of all gradients is below the threshold."""
    kind = "lstm" if case.dc else "rnn"
    system = Arithmetic(case.x.dtype.name, ANY)
    bounded = bounded_equations.BOTH[kind](system, case.params, case.x, *case.initial, case.dh, *case.dc)
    norm = np.sqrt(sum(np.sum(value.most**2) for name, value in bounded.items() if name.startswith("d")))
    norm += np.sqrt(np.sum(case.dh**2))
    # The factor 64 leaves room for code that also clips ∂L/∂h of every step.
    scale = 2.0 ** min(0, np.floor(np.log2(threshold / (64 * norm)))) if norm else 1
    scale = case.x.dtype.type(scale)
    return case._replace(dh=case.dh * scale, dc=[dc * scale for dc in case.dc])

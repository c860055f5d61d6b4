"""Does right code pass within the bounds for foreign code, however it writes σ and tanh?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.recurrences import DISTINCT, CaseSpec, case_specs, make_case
from parity_tests.comparison import assert_within, ratios
from parity_tests.oracles import bounded_equations, complex_step, specification
from parity_tests.oracles.bounds import ANY, Arithmetic
from parity_tests.oracles.specification import OUTPUTS
from parity_tests.oracles.ways_to_write import LARGEST, WAYS, naive

KINDS = pytest.mark.parametrize("kind", ["rnn", "lstm"])


def rnn(tanh, params, x, h_init, dh):
    """A right RNN, without any part of `numpy_rnn`: h and all gradients by name."""
    (b, W, U), h = params, [h_init]
    for x_t in x:
        h.append(tanh(b + W @ h[-1] + U @ x_t))
    gradients = {name: np.zeros_like(p) for name, p in [("db", b), ("dW", W), ("dU", U), ("dx", x)]}
    dh_t = np.zeros_like(h[0])
    for t in reversed(range(len(x))):
        da = (dh[t] + dh_t) * (1 - h[t + 1] ** 2)
        gradients["db"] += da.sum(axis=1, keepdims=True)
        gradients["dW"] += da @ h[t].T
        gradients["dU"] += da @ x[t].T
        gradients["dx"][t] = U.T @ da
        dh_t = W.T @ da
    return {"h": np.stack(h), **gradients, "dh_init": dh_t}


def lstm(sigmoid, tanh, params, x, h_init, c_init, dh, dc):
    """A right LSTM, without any part of `numpy_rnn`: h, c and all gradients by name."""
    h, c, gates, H = [h_init], [c_init], [], len(h_init)
    for x_t in x:
        z = np.concatenate([h[-1], x_t])
        i, f, o, u = (function(M @ z) for function, M in zip([sigmoid] * 3 + [tanh], params, strict=True))
        c.append(f * c[-1] + i * u)
        h.append(o * tanh(c[-1]))
        gates.append((z, i, f, o, u))
    dM, dx, dh_t = [np.zeros_like(M) for M in params], np.empty_like(x), np.zeros_like(h_init)
    for t in reversed(range(len(x))):
        z, i, f, o, u = gates[t]
        dh_t, tanh_c = dh[t] + dh_t, tanh(c[t + 1])
        dc = dc + dh_t * o * (1 - tanh_c**2)
        da = [dc * u * i * (1 - i), dc * c[t] * f * (1 - f), dh_t * tanh_c * o * (1 - o), dc * i * (1 - u**2)]
        for dM_g, da_g in zip(dM, da, strict=True):
            dM_g += da_g @ z.T
        dz = sum(M.T @ da_g for M, da_g in zip(params, da, strict=True))
        dh_t, dx[t], dc = dz[:H], dz[H:], dc * f
    of_matrices = {f"d{name}": dM_g for name, dM_g in zip(params._fields, dM, strict=True)}
    return {"h": np.stack(h), "c": np.stack(c), **of_matrices, "dx": dx, "dh_init": dh_t, "dc_init": dc}


RIGHT: dict[str, Callable[..., Any]] = {"rnn": rnn, "lstm": lstm}
# The functions of each recurrence: each way to write one of them, beside the most usual way to write the other.
FUNCTIONS: dict[str, dict[str, tuple[Any, ...]]] = {
    "rnn": {f"tanh = {way}": (tanh,) for way, tanh in WAYS["tanh"].items()},
    "lstm": {f"σ = {way}": (sigmoid, np.tanh) for way, sigmoid in WAYS["sigmoid"].items()}
    | {f"tanh = {way}": (naive, tanh) for way, tanh in WAYS["tanh"].items()},
}


def limited(spec):
    """The spec with weights so small that no argument of σ or tanh exceeds ±LARGEST."""
    return spec._replace(weights=min(spec.weights, LARGEST / (1 + spec.H * spec.states + spec.I * spec.inputs)))


# With small and large weights, inputs, states and upstream gradients; in many cases σ and tanh are saturated.
SPECS = case_specs(
    DISTINCT,
    st.sampled_from([0.5, 0.05, 1.5, 6.0]),
    st.sampled_from([1.0, 0.01, 10.0]),
    st.sampled_from([1.0, 30.0]),
    st.sampled_from([1.0, 0.001, 1000.0]),
).map(limited)


def results(kind, functions, case):
    return RIGHT[kind](*functions, case.params, case.x, *case.initial, case.dh, *case.dc)


def expected_results(kind, case):
    """h, c and the gradients, by the specification and the complex step."""

    def outputs(**inputs):
        values = getattr(specification, kind)(**inputs)
        return dict(zip(OUTPUTS[kind], [values] if kind == "rnn" else values, strict=True))

    def loss(**inputs):
        states = outputs(**inputs)
        last = [complex_step.weighted(states["c"][-1], dc.tolist()) for dc in case.dc]
        return sum(last, complex_step.weighted(states["h"][1:], case.dh.tolist()))

    exact = outputs(**complex_step.lists(case.inputs()))
    gradients = complex_step.gradients(loss, case.inputs())
    return {name: np.array(exact[name], np.longdouble)[..., 0] for name in ("h", "c") if name in exact} | {
        f"d{name}": gradient for name, gradient in gradients.items()
    }


def bounds_for(kind, case, spec, system):
    """The bounds of a result in this arithmetic, plus that of the complex step."""
    factor = 1 + complex_step.part_of_bound(spec.T, spec.H, spec.I, spec.B, spec.C, system.u)
    quantities = bounded_equations.BOTH[kind](system, case.params, case.x, *case.initial, case.dh, *case.dc)
    return {name: quantity.error * factor for name, quantity in quantities.items()}


@DTYPES
@KINDS
@given(SPECS)
@example(CaseSpec(4, 3, 2, 5, 6))
@example(limited(CaseSpec(2, 3, 4, 2, 5, weights=6.0, inputs=10.0)))
def test_each_way_passes_in_right_code(kind, dtype, spec):
    case = make_case(kind, spec, dtype)
    expected = expected_results(kind, case)
    bounds = bounds_for(kind, case, spec, Arithmetic(np.dtype(dtype).name, ANY))
    for way, functions in FUNCTIONS[kind].items():
        assert_within(results(kind, functions, case), expected, bounds, dtype, f" with {way}")


@DTYPES
@KINDS
@pytest.mark.parametrize("way", ["(e^a - e^-a) / (e^a + e^-a)", "(e^2a - 1) / (e^2a + 1)", "1 - 2 / (e^2a + 1)"])
def test_tanh_by_exponentials_needs_the_floor(way, kind, dtype):
    """With small weights, inputs and states, tanh by exponentials has little relative accuracy."""
    scale = 0.1 if dtype == np.float32 else 0.02
    spec = CaseSpec(4, 3, 2, 5, 6, weights=0.05, inputs=scale, states=scale)
    case, system = make_case(kind, spec, dtype), Arithmetic(np.dtype(dtype).name, ANY)
    actual, expected = results(kind, FUNCTIONS[kind][f"tanh = {way}"], case), expected_results(kind, case)
    # These bounds are wider than those of any library, except that tanh has no floor.
    without_floor = system._replace(ulps=ANY._replace(tanh=8, sigmoid=8, sigmoid_floor=16, tanh_floor=0))
    assert max(ratios(actual, expected, bounds_for(kind, case, spec, without_floor)).values()) > 1
    # Outside of Hypothesis this also asserts that the bounds are not vacuous.
    assert_within(actual, expected, bounds_for(kind, case, spec, system), dtype)

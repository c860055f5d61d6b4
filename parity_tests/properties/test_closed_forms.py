"""Do recurrences with a closed form give its outputs and gradients, and exactly where the closed form is exact?"""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from numpy_rnn import lstm
from parity_tests.cases.decorators import DTYPES, given_case_specs
from parity_tests.cases.recurrences import CASE_SPECS, CaseSpec, make_case
from parity_tests.comparison import assert_same_bits, assert_within

OPEN, CLOSED = 1000, -1000  # σ(1000) = 1 and σ(-1000) = 0 exactly, because e^-1000 underflows and e^1000 overflows


def assert_closed_form(implementation, case, expected, dtype):
    """The results equal the closed form within the bounds of both sides; expected zeros are exact."""
    results = implementation.results(case)
    for name in [name for name in expected if not np.any(expected[name])]:
        np.testing.assert_array_equal(results.pop(name), expected.pop(name), err_msg=name)
    errors, errors_of_closed_form = (implementation.errors(case, precision) for precision in (dtype, np.float64))
    actual = {name: results[name] for name in expected}
    assert_within(actual, expected, {name: errors[name] + errors_of_closed_form[name] for name in actual}, dtype)


def without_weights(case):
    return case._replace(params=type(case.params)(*map(np.zeros_like, case.params)))


@DTYPES
@given_case_specs
def test_an_rnn_with_w_zero_has_no_memory(an_rnn, dtype, spec):
    case = make_case("rnn", spec, dtype)
    b, W, U = case.params
    case = case._replace(params=case.params._replace(W=np.zeros_like(W)))
    h_init = np.broadcast_to(case.initial[0], (spec.H, spec.B))
    h = np.concatenate([h_init[None], np.tanh(b + np.einsum("hi,tib->thb", U, case.x, dtype=np.float64))])
    da = case.dh * (1 - h[1:] ** 2)
    expected = {
        "h": h,
        "db": da.sum(axis=(0, 2))[:, None],
        "dW": np.einsum("thb,tkb->hk", da, h[:-1]),
        "dU": np.einsum("thb,tib->hi", da, case.x),
        "dx": np.einsum("thb,hi->tib", da, U),
        "dh_init": np.zeros_like(h_init),
    }
    assert_closed_form(an_rnn, case, expected, dtype)
    other = case._replace(initial=[-3 * case.initial[0]])
    np.testing.assert_array_equal(an_rnn.outputs(other)["h"][1:], an_rnn.outputs(case)["h"][1:])


@DTYPES
@given_case_specs
def test_an_rnn_without_weights_is_zero(an_rnn, dtype, spec):
    case = without_weights(make_case("rnn", spec, dtype))
    h = an_rnn.outputs(case)["h"]
    np.testing.assert_array_equal(h[0], np.broadcast_to(case.initial[0], h[0].shape))
    np.testing.assert_array_equal(h[1:], np.zeros_like(h[1:]))


@DTYPES
@given_case_specs
def test_an_lstm_without_weights_halves_c(an_lstm, dtype, spec):
    case = without_weights(make_case("lstm", spec, dtype))
    h_init, c_init = (np.broadcast_to(state, (spec.H, spec.B)) for state in case.initial)
    outputs = an_lstm.outputs(case)
    halves = dtype(0.5) ** np.arange(spec.T + 1, dtype=dtype)[:, None, None]
    np.testing.assert_array_equal(outputs["c"], c_init * halves)
    for gate in ("i", "f", "o"):
        np.testing.assert_array_equal(outputs[gate], np.full_like(case.dh, 0.5), err_msg=gate)

    c = c_init.astype(np.float64) * halves
    h = np.concatenate([h_init[None], np.tanh(c[1:]) / 2])
    through_h = case.dh * (1 - np.tanh(c[1:]) ** 2) / 2
    through_h[-1] += case.dc[0]
    # ∂L/∂c_t sums the gradients through h_s of all s ≥ t, each halved s - t times.
    t = np.arange(spec.T)
    dc = np.einsum("ts,shb->thb", np.triu(0.5 ** (t - t[:, None])), through_h)
    z = np.concatenate([h[:-1], case.x], axis=1)
    expected = {
        "h": h,
        "dM_input": np.zeros_like(case.params.M_input),
        "dM_forget": np.einsum("thb,tkb->hk", dc * c[:-1] / 4, z),
        "dM_output": np.einsum("thb,tkb->hk", case.dh * np.tanh(c[1:]) / 4, z),
        "dM_modulated_input": np.einsum("thb,tkb->hk", dc / 2, z),
        "dx": np.zeros_like(case.x),
        "dh_init": np.zeros_like(h_init),
        "dc_init": dc[0] / 2,
    }
    assert_closed_form(an_lstm, case, expected, dtype)


@DTYPES
@given(CASE_SPECS)
def test_a_sequence_of_no_steps(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec._replace(T=0), dtype)
    outputs, gradients = recurrence.outputs(case), recurrence.gradients(case)
    for name, state in case.states.items():
        np.testing.assert_array_equal(outputs[name[0]], np.broadcast_to(state, (1, spec.H, spec.B)))
    assert gradients.pop("dx").shape == case.x.shape
    if recurrence.kind == "lstm":
        np.testing.assert_array_equal(gradients.pop("dc_init"), case.dc[0])
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient), err_msg=name)


@DTYPES
@given(CASE_SPECS)
@example(CaseSpec(0, 2, 3, 2, 2))
def test_dc_is_zero_by_default(dtype, spec):
    case = make_case("lstm", spec, dtype)
    h_init, c_init = case.initial
    trace = lstm.forward(case.params, case.x, h_init, c_init)
    without = lstm.backward(case.params, trace, case.dh)
    zero = lstm.backward(case.params, trace, case.dh, np.zeros_like(case.dc[0]))
    assert_same_bits(without, zero)


def with_gates(case, **gates):
    """The case with M_g z = a at every step for each given gate, through a last input that is always 1."""
    case.x[:, -1] = 1
    for name, a in gates.items():
        M = np.zeros_like(case.params.M_input)
        M[:, -1] = a
        case = case._replace(params=case.params._replace(**{name: M}))
    return case


@DTYPES
@given(CASE_SPECS, st.integers(1, 100))
def test_an_lstm_that_forgets_nothing_keeps_c(an_lstm, dtype, spec, steps):
    case = with_gates(make_case("lstm", spec._replace(T=steps), dtype), M_input=CLOSED, M_forget=OPEN)
    c = an_lstm.outputs(case)["c"]
    np.testing.assert_array_equal(c, np.broadcast_to(case.initial[1], c.shape))
    gradients = an_lstm.gradients(case._replace(dh=np.zeros_like(case.dh)))
    np.testing.assert_array_equal(gradients["dc_init"], case.dc[0])


@DTYPES
@given(CASE_SPECS)
def test_the_c_of_an_lstm_that_forgets_everything_comes_from_the_last_step(an_lstm, dtype, spec):
    case = with_gates(make_case("lstm", spec, dtype), M_input=OPEN, M_forget=CLOSED)
    outputs = an_lstm.outputs(case)
    np.testing.assert_array_equal(outputs["c"][1:], outputs["u"])
    other = case._replace(initial=[case.initial[0], -3 * case.initial[1]])
    np.testing.assert_array_equal(an_lstm.outputs(other)["c"][1:], outputs["c"][1:])
    dc_init = an_lstm.gradients(case)["dc_init"]
    np.testing.assert_array_equal(dc_init, np.zeros_like(dc_init))


@DTYPES
@pytest.mark.parametrize("value", [1000, -1e15])
@given(CASE_SPECS)
def test_tanh_of_a_huge_initial_state_is_one(an_rnn, dtype, value, spec):
    case = make_case("rnn", spec, dtype)
    signs = np.sign(case.params.W[:, :1])
    case = case._replace(
        params=case.params._replace(W=signs * np.eye(spec.H, dtype=dtype)),
        initial=[np.full((spec.H, spec.B), value, dtype)],
    )
    np.testing.assert_array_equal(an_rnn.outputs(case)["h"][1], signs * np.sign(case.initial[0]))
    dh_init = an_rnn.gradients(case)["dh_init"]
    np.testing.assert_array_equal(dh_init, np.zeros_like(dh_init))


@DTYPES
@pytest.mark.parametrize("value", [1000, -1e15])
@given(CASE_SPECS)
def test_huge_initial_states_leave_all_results_finite(recurrence, dtype, value, spec):
    case = make_case(recurrence.kind, spec, dtype)
    case = case._replace(initial=[np.full_like(state, value) for state in case.initial])
    results = recurrence.results(case)
    assert np.all(np.abs(results["h"][1:]) <= 1)
    for name, array in results.items():
        assert np.all(np.isfinite(array)), name

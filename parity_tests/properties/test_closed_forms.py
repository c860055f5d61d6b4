"""Where a recurrence has a closed form, does it compute that, forward and backward, and exactly where it is exact?"""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from numpy_rnn import lstm
from parity_tests.cases.public_functions import flat
from parity_tests.cases.recurrences import DRAWS, DTYPES, Draw, case, cases
from parity_tests.comparison import assert_within

OPEN, CLOSED = 1000, -1000  # σ of them is 1 and 0, for e^-1000 underflows and e^1000 overflows


def assert_closed_form(implementation, drawn, expected, dtype):
    """The results are the expected ones, each side within its bound; where nothing is expected, exactly nothing."""
    results = implementation.results(drawn)
    for name in [name for name in expected if not np.any(expected[name])]:
        np.testing.assert_array_equal(results.pop(name), expected.pop(name), err_msg=name)
    own, closed = implementation.errors(drawn, dtype), implementation.errors(drawn, np.float64)
    actual = {name: results[name] for name in expected}
    assert_within(actual, expected, {name: own[name] + closed[name] for name in actual}, dtype)


def without_weights(drawn):
    return drawn._replace(params=type(drawn.params)(*map(np.zeros_like, drawn.params)))


@DTYPES
@cases
def test_an_rnn_with_w_zero_has_no_memory(an_rnn, dtype, draw):
    drawn = case("rnn", draw, dtype)
    b, W, U = drawn.params
    drawn = drawn._replace(params=drawn.params._replace(W=np.zeros_like(W)))
    h_init = np.broadcast_to(drawn.initial[0], (draw.H, draw.B))
    h = np.concatenate([h_init[None], np.tanh(b + np.einsum("hi,tib->thb", U, drawn.x, dtype=np.float64))])
    da = drawn.dh * (1 - h[1:] ** 2)
    expected = {
        "h": h,
        "db": da.sum(axis=(0, 2))[:, None],
        "dW": np.einsum("thb,tkb->hk", da, h[:-1]),
        "dU": np.einsum("thb,tib->hi", da, drawn.x),
        "dx": np.einsum("thb,hi->tib", da, U),
        "dh_init": np.zeros_like(h_init),
    }
    assert_closed_form(an_rnn, drawn, expected, dtype)
    elsewhere = drawn._replace(initial=[-3 * drawn.initial[0]])
    np.testing.assert_array_equal(an_rnn.outputs(elsewhere)["h"][1:], an_rnn.outputs(drawn)["h"][1:])


@DTYPES
@cases
def test_an_rnn_without_weights_is_zero(an_rnn, dtype, draw):
    drawn = without_weights(case("rnn", draw, dtype))
    h = an_rnn.outputs(drawn)["h"]
    np.testing.assert_array_equal(h[0], np.broadcast_to(drawn.initial[0], h[0].shape))
    np.testing.assert_array_equal(h[1:], np.zeros_like(h[1:]))


@DTYPES
@cases
def test_an_lstm_without_weights_halves_c(an_lstm, dtype, draw):
    drawn = without_weights(case("lstm", draw, dtype))
    h_init, c_init = (np.broadcast_to(state, (draw.H, draw.B)) for state in drawn.initial)
    outputs = an_lstm.outputs(drawn)
    halves = dtype(0.5) ** np.arange(draw.T + 1, dtype=dtype)[:, None, None]
    np.testing.assert_array_equal(outputs["c"], c_init * halves)
    for gate in {"i", "f", "o"} & outputs.keys():
        np.testing.assert_array_equal(outputs[gate], np.full_like(drawn.dh, 0.5), err_msg=gate)

    c = c_init.astype(np.float64) * halves
    h = np.concatenate([h_init[None], np.tanh(c[1:]) / 2])
    own = drawn.dh * (1 - np.tanh(c[1:]) ** 2) / 2
    own[-1] += drawn.dc[0]
    # ∂L/∂c_t: what comes by h_s for every s ≥ t, halved s - t times.
    t = np.arange(draw.T)
    dc = np.einsum("ts,shb->thb", np.triu(0.5 ** (t - t[:, None])), own)
    z = np.concatenate([h[:-1], drawn.x], axis=1)
    expected = {
        "h": h,
        "dM_input": np.zeros_like(drawn.params.M_input),
        "dM_forget": np.einsum("thb,tkb->hk", dc * c[:-1] / 4, z),
        "dM_output": np.einsum("thb,tkb->hk", drawn.dh * np.tanh(c[1:]) / 4, z),
        "dM_modulated_input": np.einsum("thb,tkb->hk", dc / 2, z),
        "dx": np.zeros_like(drawn.x),
        "dh_init": np.zeros_like(h_init),
        "dc_init": dc[0] / 2,
    }
    assert_closed_form(an_lstm, drawn, expected, dtype)


@DTYPES
@given(DRAWS)
def test_no_step_at_all(recurrence, dtype, draw):
    drawn = case(recurrence.kind, draw._replace(T=0), dtype)
    outputs, gradients = recurrence.outputs(drawn), recurrence.gradients(drawn)
    for name, state in zip("hc", drawn.initial, strict=False):
        np.testing.assert_array_equal(outputs[name], np.broadcast_to(state, (1, draw.H, draw.B)))
    assert gradients.pop("dx").shape == drawn.x.shape
    if recurrence.kind == "lstm":
        np.testing.assert_array_equal(gradients.pop("dc_init"), drawn.dc[0])
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient), err_msg=name)


@DTYPES
@given(DRAWS)
@example(Draw(0, 2, 3, 2, 2))
def test_without_dc_it_is_zero(dtype, draw):
    drawn = case("lstm", draw, dtype)
    h_init, c_init = drawn.initial
    trace = lstm.forward(drawn.params, drawn.x, h_init, c_init)
    without = lstm.backward(drawn.params, trace, drawn.dh)
    zero = lstm.backward(drawn.params, trace, drawn.dh, np.zeros_like(drawn.dc[0]))
    for one, other in zip(flat(without), flat(zero), strict=True):
        np.testing.assert_array_equal(one, other)


def with_gates(drawn, **gates):
    """The case with these arguments of the gates at every step; the last input is 1, and they need no h."""
    drawn.x[:, -1] = 1
    for name, a in gates.items():
        M = np.zeros_like(drawn.params.M_input)
        M[:, -1] = a
        drawn = drawn._replace(params=drawn.params._replace(**{name: M}))
    return drawn


@DTYPES
@given(DRAWS, st.integers(1, 100))
def test_an_lstm_that_forgets_nothing_keeps_c_forever(an_lstm, dtype, draw, steps):
    drawn = with_gates(case("lstm", draw._replace(T=steps), dtype), M_input=CLOSED, M_forget=OPEN)
    c = an_lstm.outputs(drawn)["c"]
    np.testing.assert_array_equal(c, np.broadcast_to(drawn.initial[1], c.shape))
    gradients = an_lstm.gradients(drawn._replace(dh=np.zeros_like(drawn.dh)))
    np.testing.assert_array_equal(gradients["dc_init"], drawn.dc[0])


@DTYPES
@given(DRAWS)
def test_an_lstm_that_forgets_all_keeps_the_last_step_alone(an_lstm, dtype, draw):
    drawn = with_gates(case("lstm", draw, dtype), M_input=OPEN, M_forget=CLOSED)
    outputs = an_lstm.outputs(drawn)
    if "u" in outputs:
        np.testing.assert_array_equal(outputs["c"][1:], outputs["u"])
    elsewhere = drawn._replace(initial=[drawn.initial[0], -3 * drawn.initial[1]])
    np.testing.assert_array_equal(an_lstm.outputs(elsewhere)["c"][1:], outputs["c"][1:])
    dc_init = an_lstm.gradients(drawn)["dc_init"]
    np.testing.assert_array_equal(dc_init, np.zeros_like(dc_init))


@DTYPES
@pytest.mark.parametrize("value", [1000, -1e15])
@given(DRAWS)
def test_tanh_of_a_huge_initial_state_is_one(an_rnn, dtype, value, draw):
    drawn = case("rnn", draw, dtype)
    signs = np.sign(drawn.params.W[:, :1])
    drawn = drawn._replace(
        params=drawn.params._replace(W=signs * np.eye(draw.H, dtype=dtype)),
        initial=[np.full((draw.H, draw.B), value, dtype)],
    )
    np.testing.assert_array_equal(an_rnn.outputs(drawn)["h"][1], signs * np.sign(drawn.initial[0]))
    dh_init = an_rnn.gradients(drawn)["dh_init"]
    np.testing.assert_array_equal(dh_init, np.zeros_like(dh_init))


@DTYPES
@pytest.mark.parametrize("value", [1000, -1e15])
@given(DRAWS)
def test_huge_initial_states_do_no_harm(recurrence, dtype, value, draw):
    drawn = case(recurrence.kind, draw, dtype)
    drawn = drawn._replace(initial=[np.full_like(state, value) for state in drawn.initial])
    results = recurrence.results(drawn)
    assert np.all(np.abs(results["h"][1:]) <= 1)
    for name, array in results.items():
        assert np.all(np.isfinite(array)), name

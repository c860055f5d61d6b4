"""Where a recurrence has a closed form, does it compute that, forward and backward, and exactly where it is exact?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import lstm, rnn
from parity_tests.numpy_cases import DTYPES, SEEDS, SIZES, eps, flat

RECURRENCES = pytest.mark.parametrize("kind", [rnn, lstm])
OPEN, CLOSED = 1000, -1000  # σ of them is 1 and 0, for e^-1000 underflows and e^1000 overflows


def drawn(sizes, seed, dtype):
    """A function from the name of a shape to an array in ±1."""
    T, H, I, B = (sizes[letter] for letter in "THIB")
    shapes = {"b": (H, 1), "W": (H, H), "U": (H, I), "M": (H, H + I), "x": (T, I, B), "state": (H, B), "dh": (T, H, B)}
    rng = np.random.default_rng(seed)
    return lambda name: rng.uniform(-1, 1, shapes[name]).astype(dtype)


def drawn_params(kind, draw):
    return kind.Params(*(draw(name) for name in (["b", "W", "U"] if kind is rnn else ["M"] * 4)))


def zeros(params):
    return type(params)(*map(np.zeros_like, params))


def initial_states(kind, draw):
    """h_init, and for the LSTM c_init."""
    return [draw("state") for _ in range(2 if kind is lstm else 1)]


def assert_sum(actual, subscripts, da, at_most, *factors):
    """`actual` is the sum of products `np.einsum(subscripts, da, *factors)`, where |da| ≤ `at_most`.

    With a da that is off by 8 eps of `at_most` at the most (tanh, 1 - h² and the products in it), a sum of n products
    is off by (n + 8) eps times the sum of their absolute values, whatever its order.
    """
    bound = (da.size + 8) * eps(actual.dtype) * np.einsum(subscripts, at_most, *map(np.abs, factors))
    expected = np.einsum(subscripts, da, *factors, dtype=np.float64)
    assert np.all(np.abs(actual - expected) <= bound)


@DTYPES
@given(SIZES, SEEDS)
def test_an_rnn_with_w_zero_has_no_memory(dtype, sizes, seed):
    draw = drawn(sizes, seed, dtype)
    b, U, x, dh = (draw(name) for name in ("b", "U", "x", "dh"))
    params = rnn.Params(b, np.zeros_like(draw("W")), U)
    trace = rnn.forward(params, x, draw("state"))
    a = b + np.einsum("hi,tib->thb", U, x, dtype=np.float64)
    # A sum of n = I + 1 terms in ±1 is off by n² eps / 2 on either side, and tanh enlarges no error and adds its own.
    bound = ((sizes["I"] + 1) ** 2 + 4) * eps(dtype)
    np.testing.assert_allclose(trace.h[1:], np.tanh(a), rtol=0, atol=bound)
    np.testing.assert_array_equal(rnn.forward(params, x, 100 * draw("state")).h[1:], trace.h[1:])

    gradients = rnn.backward(params, trace, dh)
    da = dh * (1 - np.square(trace.h[1:], dtype=np.float64))
    assert_sum(gradients.params.b[:, 0], "thb->h", da, abs(dh))
    assert_sum(gradients.params.U, "thb,tib->hi", da, abs(dh), x)
    assert_sum(gradients.params.W, "thb,tkb->hk", da, abs(dh), trace.h[:-1])
    assert_sum(gradients.x, "thb,hi->tib", da, abs(dh), U)
    np.testing.assert_array_equal(gradients.h_init, np.zeros_like(gradients.h_init))


@DTYPES
@given(SIZES, SEEDS)
def test_an_rnn_without_weights_is_zero(dtype, sizes, seed):
    draw = drawn(sizes, seed, dtype)
    h_init = draw("state")
    trace = rnn.forward(zeros(drawn_params(rnn, draw)), draw("x"), h_init)
    np.testing.assert_array_equal(trace.h[0], h_init)
    np.testing.assert_array_equal(trace.h[1:], np.zeros_like(trace.h[1:]))


@DTYPES
@given(SIZES, SEEDS)
def test_an_lstm_without_weights_halves_c(dtype, sizes, seed):
    draw = drawn(sizes, seed, dtype)
    params, x, dh, dc = zeros(drawn_params(lstm, draw)), draw("x"), draw("dh"), draw("state")
    h_init, c_init = initial_states(lstm, draw)
    trace = lstm.forward(params, x, h_init, c_init)
    halves = dtype(0.5) ** np.arange(sizes["T"] + 1, dtype=dtype)[:, None, None]
    for gate in (trace.i, trace.f, trace.o):
        np.testing.assert_array_equal(gate, np.full_like(gate, 0.5))
    np.testing.assert_array_equal(trace.u, np.zeros_like(trace.u))
    np.testing.assert_array_equal(trace.c, c_init * halves)
    np.testing.assert_array_max_ulp(trace.h[1:], np.tanh(trace.c[1:]) / 2, maxulp=4, dtype=dtype)

    exact = lstm.backward(params, trace, np.zeros_like(dh), dc)
    np.testing.assert_array_equal(exact.c_init, dc * halves[-1])

    gradients = lstm.backward(params, trace, dh, dc)
    tanh_c = np.tanh(trace.c[1:], dtype=np.float64)
    own, own_at_most = dh * (1 - tanh_c**2) / 2, abs(dh) / 2
    own[-1] += dc
    own_at_most[-1] += abs(dc)
    da_u, at_most = halved(own) / 2, halved(own_at_most) / 2
    z = np.concatenate([trace.h[:-1], x], axis=1)
    assert_sum(gradients.params.M_modulated_input, "thb,tkb->hk", da_u, at_most, z)
    assert_sum(gradients.params.M_forget, "thb,tkb->hk", da_u / 2 * trace.c[:-1], at_most / 2 * abs(trace.c[:-1]), z)
    assert_sum(gradients.params.M_output, "thb,tkb->hk", dh * tanh_c / 4, abs(dh) / 4, z)
    assert_sum(gradients.c_init, "thb->hb", da_u[:1], at_most[:1])
    for gradient in (gradients.params.M_input, gradients.x, gradients.h_init):
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient))


def halved(own):
    """Σ over s ≥ t of own_s / 2^(s-t), for every t."""
    t = np.arange(len(own))
    return np.einsum("ts,shb->thb", np.triu(0.5 ** (t - t[:, None])), own)


@DTYPES
@RECURRENCES
@given(SIZES, SEEDS)
def test_no_step_at_all(kind, dtype, sizes, seed):
    draw = drawn(sizes | {"T": 0}, seed, dtype)
    params, x, states = drawn_params(kind, draw), draw("x"), initial_states(kind, draw)
    trace = kind.forward(params, x, *states)
    np.testing.assert_array_equal(trace.h, states[:1])
    dc = [draw("state") for _ in states[1:]]
    gradients = kind.backward(params, trace, draw("dh"), *dc)
    for gradient in (*gradients.params, gradients.h_init):
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient))
    assert gradients.x.shape == x.shape
    if kind is lstm:
        np.testing.assert_array_equal(trace.c, states[1:])
        np.testing.assert_array_equal(gradients.c_init, *dc)


def with_gates(params, **gates):
    """The LSTM parameters with these arguments of the gates at every step, if the last input is 1; they need no h."""
    for name, a in gates.items():
        M = np.zeros_like(params.M_input)
        M[:, -1] = a
        params = params._replace(**{name: M})
    return params


def constant_one(x):
    x[:, -1] = 1
    return x


@DTYPES
@given(SIZES, SEEDS, st.integers(1, 100))
def test_an_lstm_that_forgets_nothing_keeps_c_forever(dtype, sizes, seed, steps):
    draw = drawn(sizes | {"T": steps}, seed, dtype)
    params = with_gates(drawn_params(lstm, draw), M_input=CLOSED, M_forget=OPEN)
    c_init, dc = draw("state"), draw("state")
    trace = lstm.forward(params, constant_one(draw("x")), draw("state"), c_init)
    np.testing.assert_array_equal(trace.c, np.broadcast_to(c_init, trace.c.shape))
    gradients = lstm.backward(params, trace, np.zeros_like(draw("dh")), dc)
    np.testing.assert_array_equal(gradients.c_init, dc)


@DTYPES
@given(SIZES, SEEDS)
def test_an_lstm_that_forgets_all_keeps_the_last_step_alone(dtype, sizes, seed):
    draw = drawn(sizes, seed, dtype)
    params = with_gates(drawn_params(lstm, draw), M_input=OPEN, M_forget=CLOSED)
    trace = lstm.forward(params, constant_one(draw("x")), draw("state"), draw("state"))
    np.testing.assert_array_equal(trace.c[1:], trace.u)
    gradients = lstm.backward(params, trace, draw("dh"), draw("state"))
    np.testing.assert_array_equal(gradients.c_init, np.zeros_like(gradients.c_init))


@DTYPES
@pytest.mark.parametrize("value", [1000, -1e30])
@given(SIZES, SEEDS)
def test_tanh_of_a_huge_initial_state_is_one(dtype, value, sizes, seed):
    draw = drawn(sizes, seed, dtype)
    signs = np.sign(draw("W")[:, :1])
    params = drawn_params(rnn, draw)._replace(W=signs * np.eye(sizes["H"], dtype=dtype))
    h_init = np.full_like(draw("state"), value)
    trace = rnn.forward(params, draw("x"), h_init)
    np.testing.assert_array_equal(trace.h[1], signs * np.sign(h_init))
    gradients = rnn.backward(params, trace, draw("dh"))
    np.testing.assert_array_equal(gradients.h_init, np.zeros_like(h_init))


@DTYPES
@RECURRENCES
@pytest.mark.parametrize("value", [1000, -1e30])
@given(SIZES, SEEDS)
def test_huge_initial_states_do_no_harm(kind, dtype, value, sizes, seed):
    draw = drawn(sizes, seed, dtype)
    params = drawn_params(kind, draw)
    states = [np.full_like(state, value) for state in initial_states(kind, draw)]
    trace = kind.forward(params, draw("x"), *states)
    assert np.all(np.abs(trace.h[1:]) <= 1)
    for array in flat((trace, kind.backward(params, trace, draw("dh")))):
        assert np.all(np.isfinite(array))

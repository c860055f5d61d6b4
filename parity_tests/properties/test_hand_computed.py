"""Does the code agree with one step written out for single Python numbers, and with the examples in docstrings?"""

import doctest
import importlib
import pkgutil
from math import exp, log, tanh

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import numpy_rnn
from numpy_rnn import lstm, rnn
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.recurrences import Case
from parity_tests.comparison import assert_within
from parity_tests.implementations import Implementation

MODULES = [f"numpy_rnn.{module.name}" for module in pkgutil.iter_modules(numpy_rnn.__path__)]

# Eighths are exact in floating point, so that only operations round.
EIGHTHS = st.integers(-16, 16).filter(bool).map(lambda number: number / 8)


def eighths(count):
    return st.tuples(*[EIGHTHS] * count)


def single(value, dtype, axes=2):
    return np.full((1,) * axes, value, dtype)


def assert_numbers(kind, case, expected, dtype):
    """Each result of the case has the expected one or two numbers, which Python computed in float64."""
    implementation = Implementation(kind, {"rnn": rnn, "lstm": lstm}[kind])
    errors, errors_by_hand = (implementation.errors(case, precision) for precision in (dtype, np.float64))
    arrays = {name: np.reshape(expected[name], errors[name].shape) for name in expected}
    bounds = {name: errors[name] + errors_by_hand[name] for name in expected}
    actual = implementation.results(case)
    assert actual.keys() == expected.keys()
    assert_within(actual, arrays, bounds, dtype)


def sigma(a):
    return 1 / (1 + exp(-a))


@DTYPES
@given(eighths(6))
def test_one_step_of_an_rnn(dtype, case):
    b, W, U, x, h_0, dh = case
    h_1 = tanh(b + W * h_0 + U * x)
    da = dh * (1 - h_1**2)

    params = rnn.Params(*(single(value, dtype) for value in (b, W, U)))
    given = Case(params, single(x, dtype, 3), [single(h_0, dtype)], single(dh, dtype, 3), [])
    expected = {"h": [h_0, h_1], "db": da, "dW": da * h_0, "dU": da * x, "dx": da * U, "dh_init": da * W}
    assert_numbers("rnn", given, expected, dtype)


@DTYPES
@given(eighths(4), eighths(4), eighths(5))
def test_one_step_of_an_lstm(dtype, by_h, by_x, case):
    x, h_0, c_0, dh, dc = case
    a_i, a_f, a_o, a_u = (w * h_0 + v * x for w, v in zip(by_h, by_x, strict=True))
    i, f, o, u = sigma(a_i), sigma(a_f), sigma(a_o), tanh(a_u)
    c_1 = i * u + f * c_0
    h_1 = o * tanh(c_1)
    dc_1 = dc + dh * o * (1 - tanh(c_1) ** 2)
    da_i = dc_1 * u * i * (1 - i)
    da_f = dc_1 * c_0 * f * (1 - f)
    da_o = dh * tanh(c_1) * o * (1 - o)
    da_u = dc_1 * i * (1 - u**2)
    da = da_i, da_f, da_o, da_u
    dh_0, dx = (sum(da_g * w for da_g, w in zip(da, row, strict=True)) for row in (by_h, by_x))

    params = lstm.Params(*(np.array([row], dtype) for row in zip(by_h, by_x, strict=True)))
    states = [single(h_0, dtype), single(c_0, dtype)]
    given = Case(params, single(x, dtype, 3), states, single(dh, dtype, 3), [single(dc, dtype)])
    expected = {
        "i": i,
        "f": f,
        "o": o,
        "u": u,
        "c": [c_0, c_1],
        "h": [h_0, h_1],
        **{f"d{name}": [da_g * h_0, da_g * x] for name, da_g in zip(lstm.Params._fields, da, strict=True)},
        "dx": dx,
        "dh_init": dh_0,
        "dc_init": dc_1 * f,
    }
    assert_numbers("lstm", given, expected, dtype)


@DTYPES
def test_two_steps_by_hand(dtype):
    params = rnn.Params(single(0, dtype), single(0.5, dtype), single(1, dtype))
    x = np.array([[[log(2) - 0.5]], [[log(3) - 0.3]]], dtype)
    given = Case(params, x, [single(1, dtype)], np.array([[[0]], [[1]]], dtype), [])
    expected = {"h": [1, 3 / 5, 4 / 5], "db": 0.4752, "dW": 0.3312, "dU": 0.36 * x[1, 0, 0] + 0.1152 * x[0, 0, 0]}
    # In float32 the rounding of x, which tanh does not amplify, is far larger than all later roundings.
    rounding_of_x = 2 * np.spacing(x).max()
    implementation = Implementation("rnn", rnn)
    actual, errors = implementation.results(given), implementation.errors(given, dtype)
    assert_within(
        {name: actual[name] for name in expected},
        {name: np.reshape(expected[name], actual[name].shape) for name in expected},
        {name: errors[name] + rounding_of_x for name in expected},
        dtype,
    )


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0
    assert results.attempted > 0 or name != "numpy_rnn.rnn"

"""Do one step written out in Python's own numbers, and the example in the docstring, give what the code gives?"""

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
from parity_tests.numpy_cases import DTYPES, eps, flat

MODULES = [f"numpy_rnn.{module.name}" for module in pkgutil.iter_modules(numpy_rnn.__path__)]

# Eighths are floating-point numbers, so that rounding begins with the first operation.
EIGHTHS = st.integers(-16, 16).map(lambda number: number / 8)


def numbers(count):
    return st.tuples(*[EIGHTHS] * count)


def column(value, dtype, axes=2):
    return np.full((1,) * axes, value, dtype)


def assert_numbers(arrays, expected, dtype):
    """Each array holds its one number, up to rounding.

    From numbers in ±2 come gates off by at most 18 u, a c_1 off by 42 u, a dc_1 by 200 u, da_g by 400 u, and dz, the
    sum of four such times 2, by 1500 u. The RNN stays below that. On either side that makes 1500 eps.
    """
    for array, number in zip(flat(arrays), expected, strict=True):
        assert array.item() == pytest.approx(number, rel=0, abs=1500 * eps(dtype))


def sigma(a):
    return 1 / (1 + exp(-a))


@DTYPES
@given(numbers(6))
def test_one_step_of_an_rnn(dtype, drawn):
    b, W, U, x, h_0, dh = drawn
    h_1 = tanh(b + W * h_0 + U * x)
    da = dh * (1 - h_1**2)

    params = rnn.Params(*(column(value, dtype) for value in (b, W, U)))
    trace = rnn.forward(params, column(x, dtype, 3), column(h_0, dtype))
    assert_numbers((trace.x, trace.h[0], trace.h[1]), [x, h_0, h_1], dtype)
    gradients = rnn.backward(params, trace, column(dh, dtype, 3))
    # db, dW, dU, dx, dh_0
    assert_numbers(gradients, [da, da * h_0, da * x, da * U, da * W], dtype)


@DTYPES
@given(numbers(4), numbers(4), numbers(5))
def test_one_step_of_an_lstm(dtype, by_h, by_x, drawn):
    x, h_0, c_0, dh, dc = drawn
    a_i, a_f, a_o, a_u = (w * h_0 + v * x for w, v in zip(by_h, by_x, strict=True))
    i, f, o, u = sigma(a_i), sigma(a_f), sigma(a_o), tanh(a_u)
    c_1 = i * u + f * c_0
    h_1 = o * tanh(c_1)
    dc_1 = dc + dh * o * (1 - tanh(c_1) ** 2)
    da_i = dc_1 * u * i * (1 - i)
    da_f = dc_1 * c_0 * f * (1 - f)
    da_o = dh * tanh(c_1) * o * (1 - o)
    da_u = dc_1 * i * (1 - u**2)
    dM = [[da * h_0, da * x] for da in (da_i, da_f, da_o, da_u)]
    dh_0, dx = (sum(da * w for da, w in zip((da_i, da_f, da_o, da_u), row, strict=True)) for row in (by_h, by_x))

    params = lstm.Params(*(np.array([row], dtype) for row in zip(by_h, by_x, strict=True)))
    trace = lstm.forward(params, column(x, dtype, 3), column(h_0, dtype), column(c_0, dtype))
    assert_numbers(trace[:5], [x, i, f, o, u], dtype)
    assert_numbers((*trace.c, *trace.h), [c_0, c_1, h_0, h_1], dtype)
    gradients = lstm.backward(params, trace, column(dh, dtype, 3), column(dc, dtype))
    assert_numbers(gradients[1:], [dx, dh_0, dc_1 * f], dtype)
    for actual, row in zip(gradients.params, dM, strict=True):
        assert_numbers(tuple(actual.ravel()), row, dtype)


@DTYPES
def test_two_steps_by_hand(dtype):
    params = rnn.Params(column(0, dtype), column(0.5, dtype), column(1, dtype))
    x = np.array([[[log(2) - 0.5]], [[log(3) - 0.3]]], dtype)
    trace = rnn.forward(params, x, column(1, dtype))
    assert_numbers(tuple(trace.h), [1, 3 / 5, 4 / 5], dtype)
    gradients = rnn.backward(params, trace, np.array([[[0]], [[1]]], dtype))
    dU = 0.36 * x[1].item() + 0.1152 * x[0].item()
    assert_numbers(
        (gradients.params, *gradients.x, gradients.h_init), [0.4752, 0.3312, dU, 0.1152, 0.36, 0.0576], dtype
    )


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0
    assert results.attempted > 0 or name != "numpy_rnn.rnn"

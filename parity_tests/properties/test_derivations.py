"""Each identity of `docs/derivations*.md`: by SymPy where all values are scalars, by a complex step for matrices.

The matrices hold small whole numbers, and the complex step is a power of two, so that the comparisons are exact.
"""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from parity_tests import ROOT, requirements

requirements.need("guide")

import sympy  # noqa: E402

PAGES = "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("docs/derivations*.md")))
STEP = 2.0**-100
STEPS = 3
a, c, o, g = sympy.symbols("a c o g", real=True)
SIZES = st.fixed_dictionaries({letter: st.integers(1, 4) for letter in "HIBC"})


class Sigmoid(sympy.Function):
    """σ as a symbol with the derivative that `test_derivative_of_sigmoid` verifies."""

    def fdiff(self, argindex=1):
        return self * (1 - self)


def whole(data, *shape):
    """A matrix of small whole numbers."""
    return data.draw(arrays(np.float64, shape, elements=st.integers(-9, 9).map(float)))


def by_complex_step(value, at):
    """The derivative of a sum, `value`, by each entry of a matrix."""
    derivative = np.empty_like(at)
    for entry in np.ndindex(at.shape):
        moved = at.astype(complex)
        moved[entry] += 1j * STEP
        derivative[entry] = value(moved).imag / STEP
    return derivative


def is_zero(expression):
    return sympy.simplify(sympy.expand(expression)) == 0


def test_derivative_of_tanh():
    assert is_zero(sympy.diff(sympy.tanh(a), a) - (1 - sympy.tanh(a) ** 2))


def test_derivative_of_sigmoid():
    sigmoid = 1 / (1 + sympy.exp(-a))
    assert is_zero(sympy.diff(sigmoid, a) - sigmoid * (1 - sigmoid))


@given(data=st.data(), sizes=SIZES)
def test_derivatives_of_a_product(data, sizes):
    rows, columns, B = sizes["H"], sizes["I"], sizes["B"]
    M, z, da = whole(data, rows, columns), whole(data, columns, B), whole(data, rows, B)
    assert np.array_equal(by_complex_step(lambda M: (da * (M @ z)).sum(), M), da @ z.T)
    assert np.array_equal(by_complex_step(lambda z: (da * (M @ z)).sum(), z), M.T @ da)


@given(data=st.data(), sizes=SIZES)
def test_derivative_of_a_bias(data, sizes):
    H, B = sizes["H"], sizes["B"]
    b, v, da = whole(data, H, 1), whole(data, H, B), whole(data, H, B)
    assert np.array_equal(by_complex_step(lambda b: (da * (b + v)).sum(), b), da.sum(axis=1, keepdims=True))


@given(data=st.data(), sizes=SIZES)
def test_derivative_of_a_product_by_entries(data, sizes):
    u, v, g = (whole(data, sizes["H"], sizes["B"]) for _ in "uvg")
    assert np.array_equal(by_complex_step(lambda u: (g * (u * v)).sum(), u), g * v)


@given(data=st.data(), sizes=SIZES)
def test_parts_of_a_stack(data, sizes):
    H, I, B = sizes["H"], sizes["I"], sizes["B"]
    h, x, dz = whole(data, H, B), whole(data, I, B), whole(data, H + I, B)
    assert np.array_equal(by_complex_step(lambda h: (dz * np.concatenate([h, x])).sum(), h), dz[:H])
    assert np.array_equal(by_complex_step(lambda x: (dz * np.concatenate([h, x])).sum(), x), dz[H:])


def symbols(letter, first=1):
    return sympy.symbols(f"{letter}{first}:{STEPS + 1}", real=True)


def test_rnn_through_time():
    """The whole backward pass of three steps equals the derivative of the loss written as one expression."""
    b, W, U, h_init = sympy.symbols("b W U h0", real=True)
    x, outside = symbols("x"), symbols("g")
    h = [h_init]
    for x_t in x:
        h.append(sympy.tanh(b + W * h[-1] + U * x_t))
    loss = sum(g_t * h_t for g_t, h_t in zip(outside, h[1:], strict=True))

    dh_t, dW, dU, db = 0, 0, 0, 0
    for t in range(STEPS, 0, -1):
        dh_t = outside[t - 1] + dh_t
        da = dh_t * (1 - h[t] ** 2)
        assert sympy.expand(sympy.diff(loss, x[t - 1]) - U * da) == 0
        dh_t = W * da
        dW, dU, db = dW + da * h[t - 1], dU + da * x[t - 1], db + da
    for found, variable in [(dW, W), (dU, U), (db, b), (dh_t, h_init)]:
        assert sympy.expand(sympy.diff(loss, variable) - found) == 0


def test_lstm_cell():
    tanh = sympy.tanh(c)
    assert is_zero(sympy.diff(g * o * tanh, c) - g * o * (1 - tanh**2))
    assert is_zero(sympy.diff(g * o * tanh, o) - g * tanh)
    i, f, u, before = sympy.symbols("i f u before", real=True)
    cell = g * (i * u + f * before)
    assert [sympy.diff(cell, v) for v in (i, u, f, before)] == [g * u, g * i, g * before, g * f]


def test_lstm_through_time():
    """The whole backward pass of two steps equals the derivative of the loss written as one expression."""
    steps = 2
    names = "ifou"
    weights = {gate: sympy.symbols(f"W_{gate} U_{gate}", real=True) for gate in names}
    x, outside = symbols("x")[:steps], symbols("g")[:steps]
    h_init, c_init = sympy.symbols("h0 c0", real=True)
    h, cell, gates = [h_init], [c_init], []
    for x_t in x:
        arguments = {gate: W * h[-1] + U * x_t for gate, (W, U) in weights.items()}
        gates.append({gate: (sympy.tanh if gate == "u" else Sigmoid)(arguments[gate]) for gate in names})
        cell.append(gates[-1]["i"] * gates[-1]["u"] + gates[-1]["f"] * cell[-1])
        h.append(gates[-1]["o"] * sympy.tanh(cell[-1]))
    loss = sum(g_t * h_t for g_t, h_t in zip(outside, h[1:], strict=True))

    dh_t, dc_t, dW = 0, 0, dict.fromkeys(names, 0)
    for t in range(steps, 0, -1):
        i, f, o_t, u = (gates[t - 1][gate] for gate in names)
        dh_t = outside[t - 1] + dh_t
        dc_t = dh_t * o_t * (1 - sympy.tanh(cell[t]) ** 2) + dc_t
        da = {"i": dc_t * u * i * (1 - i), "f": dc_t * cell[t - 1] * f * (1 - f), "u": dc_t * i * (1 - u**2)}
        da["o"] = dh_t * sympy.tanh(cell[t]) * o_t * (1 - o_t)
        dW = {gate: dW[gate] + da[gate] * h[t - 1] for gate in names}
        dh_t, dc_t = sum(weights[gate][0] * da[gate] for gate in names), dc_t * f
    expected = {h_init: dh_t, c_init: dc_t, **{weights[gate][0]: dW[gate] for gate in names}}
    for variable, found in expected.items():
        assert sympy.expand(sympy.diff(loss, variable) - found) == 0


@pytest.mark.parametrize("label", range(3))
def test_softmax_with_cross_entropy(label):
    z = sympy.symbols("z0:3", real=True)
    e = [sympy.exp(z_k) for z_k in z]
    y = [e_k / sum(e) for e_k in e]
    loss = -sympy.log(y[label])
    assert all(is_zero(sympy.diff(loss, z[k]) - (y[k] - int(k == label))) for k in range(3))


def test_the_means_of_adam():
    """(4.1) is the usual β m + (1 - β) g, and a gradient that is always g gives the mean (1 - βᵗ) g."""
    m, beta = sympy.symbols("m beta", positive=True)
    assert sympy.expand(m + (1 - beta) * (g - m) - (beta * m + (1 - beta) * g)) == 0
    mean = sympy.Integer(0)
    for t in range(1, 6):
        mean = mean + (1 - beta) * (g - mean)
        assert sympy.expand(mean - (1 - beta**t) * g) == 0


def test_the_first_step_of_adam():
    """The first step has the length η, whatever the gradient, but for ε."""
    slope, eta, beta_1, beta_2 = sympy.symbols("slope eta beta_1 beta_2", positive=True)
    alpha = eta * sympy.sqrt(1 - beta_2) / (1 - beta_1)
    m, v = (1 - beta_1) * slope, (1 - beta_2) * slope**2
    assert sympy.simplify((alpha * m / sympy.sqrt(v) - eta).subs(beta_2, 1 - sympy.Symbol("s", positive=True))) == 0


def test_the_pages_link_to_each_of_these_tests():
    others = {"test_the_pages_link_to_each_of_these_tests", "test_a_wrong_derivative_of_a_product_is_seen"}
    tests = {name for name in globals() if name.startswith("test_")} - others
    assert set(re.findall(r"\[`(test_\w+)`\]\(\.\./parity_tests/properties/test_derivations\.py\)", PAGES)) == tests


@pytest.mark.parametrize("wrong", [lambda M, da: M @ da, lambda M, da: -M.T @ da, lambda M, da: M[:1].T @ da[:1]])
def test_a_wrong_derivative_of_a_product_is_seen(wrong):
    M, z, da = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[7.0], [2.0]]), np.array([[1.0], [3.0]])
    derivative = by_complex_step(lambda z: (da * (M @ z)).sum(), z)
    assert np.array_equal(derivative, M.T @ da)
    assert not np.array_equal(derivative, wrong(M, da))

"""Does Adam update every number as Keras's formula does, for any tree of parameters?"""

import pickle
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import adam
from parity_tests.cases.decorators import DTYPES
from parity_tests.cases.public_functions import flat
from parity_tests.cases.recurrences import SEEDS
from parity_tests.cases.trees import Pair, all_numbers, random_tree
from parity_tests.comparison import assert_same_bits, assert_within
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import arithmetic
from parity_tests.refusals import refused

CONSTANTS = st.sampled_from(
    [
        {},
        {"learning_rate": 1.0},
        {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.75, "epsilon": 0.125},
        {"learning_rate": 0.01, "beta_1": 0.75, "beta_2": 0.25, "epsilon": 0.125},
    ]
)


def by_the_formula(p, gradients, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """One parameter p, and its m and v, after a step for each gradient, by Keras's formula in Python floats."""
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m += (g - m) * (1 - beta_1)
        v += (g * g - v) * (1 - beta_2)
        alpha = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)
        p -= m * alpha / (sqrt(v) + epsilon)
    return p, m, v


@DTYPES
@given(SEEDS, st.integers(1, 8), CONSTANTS)
def test_steps(dtype, seed, steps, constants):
    rng = np.random.default_rng(seed)
    params = random_tree(rng, dtype)
    gradients = [random_tree(rng, dtype, low=0.5) for _ in range(steps)]
    expected = [
        by_the_formula(p, column, **constants)
        for p, *column in zip(*(all_numbers(tree).tolist() for tree in (params, *gradients)), strict=True)
    ]
    state = adam.init(params)
    system = arithmetic("numpy", dtype)
    bounded = all_numbers(params), *[np.zeros_like(all_numbers(params))] * 2
    for t, gradient in enumerate(gradients, start=1):
        params, state = adam.step(params, gradient, state, **constants)
        theta, m, v = bounded
        bounded = bounded_equations.adam(system, theta, all_numbers(gradient), m, v, t, **constants)
    assert state.t == steps
    names = "θ", "m", "v"
    actual = [all_numbers(tree) for tree in (params, state.m, state.v)]
    # The expected values are one more evaluation with rounding, in float64.
    errors = [2 * quantity.error for quantity in bounded]
    columns = [np.array(column) for column in zip(*expected, strict=True)]
    results, exact, bounds = (dict(zip(names, values, strict=True)) for values in (actual, columns, errors))
    assert_within(results, exact, bounds, dtype)


@DTYPES
@given(SEEDS, st.sampled_from([0.001, 0.1, 1.0]))
def test_the_first_step_has_the_length_of_the_learning_rate(dtype, seed, learning_rate):
    rng = np.random.default_rng(seed)
    params, gradients = random_tree(rng, dtype), random_tree(rng, dtype, low=0.5)
    moved, _ = adam.step(params, gradients, adam.init(params), learning_rate)
    theta, g = all_numbers(params), all_numbers(gradients).astype(np.float64)
    # m = (1 - β₁) g and v = (1 - β₂) g², so the step is η sign(g), except for ε.
    expected = theta - learning_rate * np.sign(g) / (1 + 1e-7 / (sqrt(1 - 0.999) * np.abs(g)))
    zero = np.zeros_like(g)
    bounded, _, _ = bounded_equations.adam(arithmetic("numpy", dtype), theta, g, zero, zero, 1, learning_rate)
    assert_within({"θ": all_numbers(moved)}, {"θ": expected}, {"θ": 2 * bounded.error}, dtype)


@DTYPES
@given(SEEDS)
def test_form_and_dtype_are_kept_and_no_argument_is_changed(dtype, seed):
    rng = np.random.default_rng(seed)
    params, gradients = random_tree(rng, dtype), random_tree(rng, dtype)
    state = adam.init(params)
    arguments = tuple(flat((params, gradients, state.m, state.v)))
    copies = tuple(array.copy() for array in arguments)
    for array in arguments:
        array.flags.writeable = False
    after, new = adam.step(params, gradients, state)
    assert_same_bits(adam.step(params, gradients, state), (after, new))
    assert (state.t, new.t) == (0, 1)
    assert_same_bits(arguments, copies)
    for tree in (after, new.m, new.v):
        assert type(tree) is type(tree.first) is Pair
        assert [(v.dtype, v.shape) for v in flat(tree)] == [(dtype, v.shape) for v in flat(params)]
    results = list(flat((after, new.m, new.v)))
    for k, result in enumerate(results):
        assert not any(np.shares_memory(result, other) for other in [*arguments, *results[:k]])


def test_the_initial_state_is_zero():
    params = random_tree(np.random.default_rng(0), np.float32)
    state = adam.init(params)
    assert state.t == 0
    np.testing.assert_array_equal(all_numbers((state.m, state.v)), 0)


def test_a_gradient_of_zero_changes_nothing():
    params = random_tree(np.random.default_rng(0), np.float32)
    after, _ = adam.step(params, adam.init(params).m, adam.init(params))
    np.testing.assert_array_equal(all_numbers(after), all_numbers(params))


@pytest.mark.parametrize(
    ("wrong", "got"),
    [
        (np.zeros((4, 1), np.float32), "float32 (4, 1)"),
        (np.zeros(4, np.float32), "float32 (4,)"),
        (np.zeros((1, 4)), "float64 (1, 4)"),
        (np.zeros((1, 1), np.float32), "float32 (1, 1)"),
    ],
)
def test_gradients_that_do_not_fit(wrong, got):
    params = random_tree(np.random.default_rng(0), np.float32)
    state = adam.init(params)
    everything = [*flat(params), *flat(state.m), *flat(state.v)]
    for name, gradients, before in [
        ("gradients", params._replace(second=wrong), state),
        ("state.m", params, state._replace(m=state.m._replace(second=wrong))),
        ("state.v", params, state._replace(v=state.v._replace(second=wrong))),
    ]:
        with refused(ValueError, f"{name}.second", "float32 (1, 4) as in params", got, everything):
            adam.step(params, gradients, before)


@DTYPES
def test_gradients_of_the_other_precision(dtype):
    other = {np.float32: np.float64, np.float64: np.float32}[dtype]
    params, gradients = random_tree(np.random.default_rng(0), dtype), random_tree(np.random.default_rng(0), other)
    with refused(ValueError, "gradients.first.first", f"{np.dtype(dtype)} (3, 1)", f"{np.dtype(other)} (3, 1)"):
        adam.step(params, gradients, adam.init(params))


@DTYPES
def test_gradients_loaded_from_a_pickle(dtype):
    # The loaded dtype is equal to the original one, but another object.
    params, gradients = (random_tree(np.random.default_rng(seed), dtype) for seed in (0, 1))
    loaded = pickle.loads(pickle.dumps(gradients))
    assert loaded.first.first.dtype is not gradients.first.first.dtype
    after, _ = adam.step(params, loaded, adam.init(params))
    expected, _ = adam.step(params, gradients, adam.init(params))
    assert_same_bits(after, expected)


@DTYPES
@pytest.mark.parametrize("number", [float, np.float64, np.float32, np.array])
def test_constants_of_any_type_keep_the_dtype(dtype, number):
    params, gradients = (random_tree(np.random.default_rng(seed), dtype) for seed in (0, 1))
    constants = {"learning_rate": 0.25, "beta_1": 0.5, "beta_2": 0.75, "epsilon": 0.125}
    converted = {name: number(value) for name, value in constants.items()}
    actual = adam.step(params, gradients, adam.init(params), **converted)
    assert_same_bits(actual, adam.step(params, gradients, adam.init(params), **constants))
    after, state = actual
    assert all(array.dtype == dtype for array in flat((after, state.m, state.v)))


PAIR = f"{Pair.__module__}.Pair"


@pytest.mark.parametrize(
    ("change", "place", "expected", "found"),
    [
        (lambda tree: tree[:1], "", f"{PAIR} as in params", "tuple"),
        (lambda tree: tree._asdict(), "", f"{PAIR} as in params", "dict"),
        (lambda tree: tree.second, "", f"{PAIR} as in params", "numpy.ndarray"),
        (lambda tree: Pair(tree.first, tree.first), ".second", "a NumPy array as in params", PAIR),
        (lambda tree: Pair(tree.first, ()), ".second", "a NumPy array as in params", "tuple"),
        (
            lambda tree: Pair(tree.second, tree.second),
            ".first",
            f"{PAIR} as in params",
            "numpy.ndarray",
        ),
        (lambda tree: Pair(tree.first, tree.second.tolist()), ".second", "a NumPy array as in params", "list"),
    ],
)
def test_trees_of_another_form(change, place, expected, found):
    params = random_tree(np.random.default_rng(0), np.float32)
    state, wrong = adam.init(params), change(params)
    with refused(TypeError, f"gradients{place}", expected, found, flat(params)):
        adam.step(params, wrong, state)
    with refused(TypeError, f"state.m{place}", expected, found, flat(params)):
        adam.step(params, params, state._replace(m=wrong))
    with refused(TypeError, f"state.v{place}", expected, found, flat(params)):
        adam.step(params, params, state._replace(v=wrong))


@pytest.mark.parametrize(
    ("second", "place", "found"),
    [((np.zeros(3),), ".second", "tuple"), ({"W": np.zeros(3)}, ".second", "dict"), ([0.5], ".second", "list")],
)
def test_parameters_that_are_no_tree_of_arrays(second, place, found):
    params = random_tree(np.random.default_rng(0), np.float32)
    wrong = params._replace(second=second)
    with refused(TypeError, f"params{place}", "NumPy arrays in NamedTuples", found):
        adam.init(wrong)
    with refused(TypeError, f"params{place}", "NumPy arrays in NamedTuples", found):
        adam.step(wrong, params, adam.init(params))


def test_a_state_that_is_none():
    params = random_tree(np.random.default_rng(0), np.float32)
    state: Any = tuple(adam.init(params))
    with refused(TypeError, "state", "numpy_rnn.adam.State", "tuple"):
        adam.step(params, params, state)


def test_nothing_beside_the_arrays_is_kept():
    params = Pair(random_tree(np.random.default_rng(0), np.float32), ())
    after, state = adam.step(params, params, adam.init(params))
    assert after.second == state.m.second == state.v.second == ()

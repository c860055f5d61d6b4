"""Are the arrays of PyTorch's state dicts converted by name, gate and bias as PyTorch documents, and back?"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import torch_weights
from parity_tests.cases.torch_state_dicts import (
    LSTM,
    RNN,
    STACK_SPECS,
    bounded_h,
    by_formula,
    by_numpy_rnn,
    random_stack,
)
from parity_tests.comparison import assert_same_bits, assert_within
from parity_tests.oracles.bounds import ANY, Arithmetic, arithmetic


@given(STACK_SPECS)
def test_layers_and_directions_compute_the_documented_equations(spec):
    state_dict, x = random_stack(spec)
    systems = arithmetic("numpy", spec.dtype), Arithmetic(spec.dtype, ANY)
    bound = sum(bounded_h(spec, system, state_dict, x).error for system in systems)
    ours, theirs = by_numpy_rnn(spec, state_dict, x), by_formula(spec, state_dict, x)
    assert_within({"h": ours}, {"h": theirs}, {"h": bound}, spec.dtype)


@given(STACK_SPECS, st.sampled_from(["", "lstm.", "model.rnn."]))
def test_conversion_and_back(spec, prefix):
    plain, _ = random_stack(spec)
    state_dict = {prefix + name: value for name, value in plain.items()}
    has_biases = len(plain) % 4 == 0 and any("bias" in name for name in plain)
    column = has_biases and spec.kind == "lstm"
    back: dict[str, Any] = {}
    for layer in range(spec.layers):
        for reverse, _ in spec.directions:
            params = torch_weights.from_state_dict(state_dict, layer, reverse, prefix)
            arrays = torch_weights.to_state_dict(params, layer, reverse, prefix, column)
            assert_same_bits(torch_weights.from_state_dict(arrays, layer, reverse, prefix), params)
            back |= arrays
    assert list(back) == list(state_dict)
    for name, value in state_dict.items():
        expected = value
        if "bias" in name:
            expected = value + state_dict[name.replace("_ih", "_hh")] if "_ih" in name else np.zeros_like(value)
        assert_same_bits(back[name], expected)


def test_each_gate_has_its_own_place():
    # PyTorch documents weight_ih_l0 as (W_ii | W_if | W_ig | W_io).
    rows = np.repeat([1.0, 2.0, 3.0, 4.0], 3)
    state_dict = {
        "weight_ih_l0": np.tile(rows[:, None], (1, 2)),
        "weight_hh_l0": np.tile(10 * rows[:, None], (1, 3)),
        "bias_ih_l0": 100 * rows,
        "bias_hh_l0": 1000 * rows,
    }
    params: Any = torch_weights.from_state_dict(state_dict)
    for number, gate in enumerate(["M_input", "M_forget", "M_modulated_input", "M_output"], start=1):
        expected = number * np.array([10, 10, 10, 1, 1, 1100])
        np.testing.assert_array_equal(getattr(params, gate), np.tile(expected, (3, 1)))


@pytest.mark.parametrize("spec", [RNN, LSTM], ids=["rnn", "lstm"])
def test_no_memory_is_shared_and_nothing_changes(spec):
    state_dict, _ = random_stack(spec)
    before = {name: value.copy() for name, value in state_dict.items()}
    params = torch_weights.from_state_dict(state_dict)
    arrays = torch_weights.to_state_dict(params, bias_column=spec.kind == "lstm")
    for value in params:
        assert not any(np.shares_memory(value, other) for other in (*state_dict.values(), *arrays.values()))
        value[...] = 0
    for name, value in before.items():
        np.testing.assert_array_equal(state_dict[name], value)
    assert all(value.flags.c_contiguous and value.flags.writeable and value.any() for value in [*arrays.values()][:3])


class Tensor:
    """A value that NumPy converts, as it does PyTorch's tensors."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return self.values


def test_whatever_numpy_takes_is_an_array():
    state_dict, _ = random_stack(LSTM)
    expected = torch_weights.from_state_dict(state_dict)
    for change in (np.ndarray.tolist, Tensor, np.asfortranarray):
        changed = {name: change(value) for name, value in state_dict.items()}
        assert_same_bits(torch_weights.from_state_dict(changed), expected)


def test_other_modules_are_ignored_with_a_prefix():
    state_dict, _ = random_stack(LSTM)
    whole = {f"lstm.{name}": value for name, value in state_dict.items()} | {"fc.weight": np.zeros((2, 3))}
    assert_same_bits(torch_weights.from_state_dict(whole, prefix="lstm."), torch_weights.from_state_dict(state_dict))

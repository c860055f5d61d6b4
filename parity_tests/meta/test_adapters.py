"""Do the helpers for adapters convert arrays as their docstrings say, and how exact are a fused loss and an update?"""

from types import SimpleNamespace

import numpy as np
import pytest

from numpy_rnn.lstm import Params
from parity_tests import adapters

T, H, I, B = 4, 3, 2, 5


def drawn(*shape, dtype=np.float64):
    return np.random.default_rng(7).normal(size=shape).astype(dtype)


@pytest.mark.parametrize("order", ["ifou", "fiuo", "uofi"])
def test_gates_are_stacked_in_any_order_and_split_again(order):
    params = Params(*drawn(4, H, H + I))
    stacked = adapters.stack_gates(params, order)
    assert stacked.shape == (4 * H, H + I)
    names = {"i": "M_input", "f": "M_forget", "o": "M_output", "u": "M_modulated_input"}
    for k, gate in enumerate(order):
        assert np.array_equal(stacked[k * H : (k + 1) * H], getattr(params, names[gate]))
    split = adapters.split_gates(stacked, order)
    assert sorted(split) == sorted(f"d{name}" for name in Params._fields)
    assert all(np.array_equal(split[f"d{name}"], getattr(params, name)) for name in Params._fields)


def test_the_usual_order_is_that_of_params():
    params = Params(*drawn(4, H, H + I))
    assert np.array_equal(adapters.stack_gates(params), np.concatenate(params))
    assert list(adapters.split_gates(adapters.stack_gates(params))) == [f"d{name}" for name in Params._fields]


def test_an_axis_is_moved_and_moved_back():
    x, h = drawn(T, I, B), drawn(H, B)
    assert np.array_equal(adapters.last_axis_first(x), x.transpose(2, 0, 1))
    assert np.array_equal(adapters.last_axis_first(h), h.T)
    assert np.array_equal(adapters.first_axis_last(x), x.transpose(1, 2, 0))
    for array in (x, h):
        assert np.array_equal(adapters.first_axis_last(adapters.last_axis_first(array)), array)


def test_the_initial_state_is_the_first():
    initial, later = drawn(H, B), drawn(T, H, B)
    states = adapters.with_initial(initial, later)
    assert states.shape == (T + 1, H, B)
    assert np.array_equal(states[0], initial)
    assert np.array_equal(states[1:], later)
    assert np.array_equal(adapters.with_initial(initial, list(later)), states)


def test_letters_of_one_hot_columns():
    expected = np.array([[0, 2], [1, 1], [2, 0]])
    assert np.array_equal(adapters.letters(np.eye(3)[expected].swapaxes(1, 2)), expected)


def test_examples_one_at_a_time():
    """Arrays are joined, gradients of parameters are summed, and other objects are kept in a list."""
    dh, objects = drawn(T, H, B), [SimpleNamespace(number=n) for n in range(B)]

    def one(example, of_batch):
        assert of_batch.shape == (T, H)
        return {"dx": of_batch[:, :2], "dW": np.full((H, H), example.number), "net": example}

    results = adapters.each_example(one, objects, dh)
    assert np.array_equal(results["dx"], dh[:, :2])
    assert np.array_equal(results["dW"], np.full((H, H), sum(range(B))))
    assert results["net"] == objects
    assert np.array_equal(adapters.each_example(lambda x: {"h": 2 * x}, dh)["h"], 2 * dh)


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 1e-26), (np.float64, 1e-250)])
@pytest.mark.parametrize("size", [1.0, 1e-3, 100.0, 0.0])
def test_a_fused_loss_gives_the_upstream_gradients(dtype, error, size):
    dh, h = (size * drawn(T, H, B)).astype(dtype), np.tanh(drawn(T, H, B)).astype(dtype)
    dh[1, :, 2] = 0
    V, d, targets, scale = adapters.fused_loss(dh)
    assert (V.dtype, d.dtype, targets.shape) == (dtype, dtype, (T, B))
    assert V.shape == (1 + T * B, H)
    assert d.shape == (1 + T * B, 1)
    assert np.log2(scale) == round(np.log2(scale))
    assert np.abs(V @ h).max() <= 1
    for t in range(T):
        with np.errstate(all="raise", under="ignore"):
            e = np.exp(V @ h[t] + d)  # without the largest subtracted
            y = e / e.sum(axis=0)
        y[targets[t], np.arange(B)] -= 1
        # V is dh / scale, rounded once only if it underflows.
        assert np.abs(scale * (V.T @ y) - dh[t]).max() <= error * max(np.abs(dh).max(), np.finfo(dtype).tiny)


def test_a_fused_loss_without_steps():
    V, d, targets, scale = adapters.fused_loss(np.zeros((0, H, B)))
    assert (V.shape, d.shape, targets.shape, scale) == ((1, H), (1, 1), (0, B), 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1.0, 1e-12, 1e6])
def test_a_gradient_from_an_update(dtype, size):
    before, gradient = drawn(H, I, dtype=dtype), (size * drawn(I, H).T).astype(dtype)
    after = before - dtype(adapters.LEARNING_RATE) * gradient
    found = adapters.from_update(before, after)
    assert found.dtype == dtype
    u = np.finfo(dtype).eps / 2
    assert np.all(
        np.abs(found - gradient) <= 2 * u * np.abs(gradient) + 2 * u * np.abs(before) / adapters.LEARNING_RATE
    )


def test_a_gradient_from_an_update_with_another_learning_rate():
    before, gradient = drawn(H, I), drawn(I, H).T
    found = adapters.from_update(before, before - 0.5 * gradient, 0.5)
    assert np.allclose(found, gradient, rtol=0, atol=1e-15)

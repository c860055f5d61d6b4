"""Do the cells work wherever Keras accepts a cell, with the same results as a plain loop over them?"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given
from hypothesis import strategies as st

from parity_tests.cases.decorators import half_as_many_examples
from parity_tests.cases.layers import SIZES, assign_random, bounded_states
from parity_tests.cases.recurrences import SEEDS
from parity_tests.comparison import assert_within
from parity_tests.oracles.bounds import Bounded, concatenate
from tf_rnn import LSTMCell, RNNCell

CELLS = pytest.mark.parametrize("cell_class", [RNNCell, LSTMCell])


def random_cell(cell_class, H, inputs, rng):
    cell = cell_class(H, dtype="float64")
    cell.build((None, inputs))
    assign_random(cell, rng)
    return cell


def random_states(cell, B, rng):
    return [tf.constant(rng.uniform(-1, 1, (B, H))) for H in np.atleast_1d(cell.state_size)]


def plain_loop(cell, x, states):
    """The outputs (B, T, H) of all steps and the last states of a cell, for x (B, T, inputs)."""
    outputs = []
    for t in range(x.shape[1]):
        h, states = cell(x[:, t], states)
        outputs.append(h)
    return tf.stack(outputs, axis=1), states


def columns(x):
    """A sequence (B, T, inputs) with the axes of `numpy_rnn`, (T, inputs, B)."""
    return np.asarray(x).transpose(1, 2, 0)


def assert_outputs(actual, desired, bounded: Bounded, where=""):
    """Two computations of the outputs (B, T, H) agree within twice the bound of h (T, H, B)."""
    bound = 2 * bounded.error.transpose(2, 0, 1)
    assert_within({"h": np.asarray(actual)}, {"h": np.asarray(desired)}, {"h": bound}, np.float64, where)


@CELLS
def test_protocol(cell_class):
    cell = cell_class(3, dtype="float64")
    x, states = np.ones((2, 5)), [np.ones((2, size)) for size in np.atleast_1d(cell.state_size)]
    h, new = cell(x, states)
    assert cell.output_size == 3
    assert len(new) == len(states)
    assert all(state.shape == (2, 3) and state.dtype == "float64" for state in (h, *new))
    np.testing.assert_array_equal(h, new[0])


@CELLS
@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
@half_as_many_examples
@given(SIZES, SEEDS)
@example((2, 3, 4, 4), 0)
def test_in_a_keras_rnn(cell_class, unroll, return_sequences, sizes, seed):
    B, T, H, inputs = sizes
    rng = np.random.default_rng(seed)
    cell = random_cell(cell_class, H, inputs, rng)
    x, states = tf.constant(rng.uniform(0, 1, (B, T, inputs))), random_states(cell, B, rng)
    layer = keras.layers.RNN(cell, return_sequences=return_sequences, return_state=True, unroll=unroll, dtype="float64")
    output, *last = layer(x, initial_state=states)
    outputs, expected = plain_loop(cell, x, states)
    bounded = bounded_states(cell, columns(x), states)
    if return_sequences:
        assert_outputs(output, outputs, bounded["h"][1:])
    else:
        np.testing.assert_array_equal(output, last[0])
    for name, state, expected_state in zip("hc", last, expected, strict=False):
        assert_outputs(state[:, None], expected_state[:, None], bounded[name][-1:], where=f", the last {name}")


@CELLS
@half_as_many_examples
@given(SIZES, SEEDS)
def test_in_a_keras_rnn_initial_states_are_zero_by_default(cell_class, sizes, seed):
    B, T, H, inputs = sizes
    rng = np.random.default_rng(seed)
    cell = random_cell(cell_class, H, inputs, rng)
    x = tf.constant(rng.uniform(0, 1, (B, T, inputs)))
    zeros = [tf.zeros_like(state) for state in random_states(cell, B, rng)]
    outputs, _ = plain_loop(cell, x, zeros)
    bounded = bounded_states(cell, columns(x), zeros)["h"]
    assert_outputs(keras.layers.RNN(cell, dtype="float64")(x)[:, None], outputs[:, -1:], bounded[-1:])


@CELLS
@pytest.mark.parametrize("unroll", [False, True])
@half_as_many_examples
@given(SIZES, SEEDS, st.integers(1, 6))
def test_stacked(cell_class, unroll, sizes, seed, upper_dim):
    B, T, H, inputs = sizes
    rng = np.random.default_rng(seed)
    lower, upper = random_cell(cell_class, H, inputs, rng), random_cell(cell_class, upper_dim, H, rng)
    x = tf.constant(rng.uniform(0, 1, (B, T, inputs)))
    states = random_states(lower, B, rng), random_states(upper, B, rng)
    layer = keras.layers.RNN([lower, upper], return_sequences=True, unroll=unroll, dtype="float64")
    # Keras wraps the list in StackedRNNCells of float32, which only passes the arrays on.
    layer.cell.dtype_policy = "float64"
    outputs, _ = plain_loop(upper, plain_loop(lower, x, states[0])[0], states[1])
    bounded = bounded_states(upper, bounded_states(lower, columns(x), states[0])["h"][1:], states[1])["h"]
    assert_outputs(layer(x, initial_state=list(states)), outputs, bounded[1:])


@CELLS
@half_as_many_examples
@given(SIZES, SEEDS)
def test_bidirectional(cell_class, sizes, seed):
    B, T, H, inputs = sizes
    rng = np.random.default_rng(seed)
    x = tf.constant(rng.uniform(0, 1, (B, T, inputs)))
    layer = keras.layers.Bidirectional(
        keras.layers.RNN(cell_class(H, dtype="float64"), return_sequences=True, dtype="float64"), dtype="float64"
    )
    layer.build(x.shape)
    assign_random(layer, rng)
    forward, backward = layer.forward_layer.cell, layer.backward_layer.cell
    zeros = [tf.zeros_like(state) for state in random_states(forward, B, rng)]
    outputs, _ = plain_loop(forward, x, zeros)
    outputs_back, _ = plain_loop(backward, x[:, ::-1], zeros)
    one_way = bounded_states(forward, columns(x), zeros)["h"][1:]
    other_way = bounded_states(backward, columns(x)[::-1], zeros)["h"][1:][::-1]
    both = tf.concat([outputs, outputs_back[:, ::-1]], axis=-1)
    assert_outputs(layer(x), both, concatenate([one_way, other_way], axis=1))


@CELLS
def test_training_in_a_keras_model(cell_class):
    model = keras.Sequential([keras.Input((4, 3)), keras.layers.RNN(cell_class(5))])
    model.compile(optimizer="adam", loss="mse")
    before = model.get_weights()
    rng = np.random.default_rng(0)
    model.train_on_batch(rng.uniform(0, 1, (6, 4, 3)), rng.uniform(-1, 1, (6, 5)))
    assert len(before) == len(model.layers[0].cell.trainable_weights)
    assert all(np.all(old != new) for old, new in zip(before, model.get_weights(), strict=True))

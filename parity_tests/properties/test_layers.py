"""Do the layers compute the equations of the figures, for every form of the initial states and every batch?"""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given
from hypothesis import strategies as st

from parity_tests.cases.decorators import half_as_many_examples
from parity_tests.cases.layers import SIZES, assert_output, bounded_output, random_case
from parity_tests.cases.recurrences import SEEDS
from parity_tests.comparison import assert_within
from parity_tests.oracles.specification import sigmoid
from tf_rnn import LSTM, RNN

LAYERS = pytest.mark.parametrize("layer_class", [RNN, LSTM])
GATES = ["M_input", "M_forget", "M_output", "M_modulated_input"]


def by_the_equations(weights, x, h, c=None):
    """y (C, B) from x (T, inputs, B) and the initial states h and c (H, B), by a plain loop over the steps."""
    for x_t in x:
        if c is None:
            h = np.tanh(weights["b"][:, None] + weights["W"] @ h + weights["U"] @ x_t)
        else:
            i, f, o, u = (weights[name] @ np.vstack([h, x_t]) for name in GATES)
            c = sigmoid(i) * np.tanh(u) + sigmoid(f) * c
            h = sigmoid(o) * np.tanh(c)
    e = np.exp(weights["d"][:, None] + weights["V"] @ h)
    return e / e.sum(axis=0)


@LAYERS
@pytest.mark.parametrize("scan", ["rows", "columns"])
@half_as_many_examples
@given(SIZES, SEEDS)
@example((3, 28, 5, 28), 0)
@example((3, 4, 5, 5), 1)
def test_against_the_equations(layer_class, scan, sizes, seed):
    layer, weights, images, states = random_case(layer_class, sizes, seed, scan)
    x = images.transpose((1, 2, 0) if scan == "rows" else (2, 1, 0))
    expected = by_the_equations(weights, x, *(state.T for state in states.values())).T
    assert_output(layer(images, **states), expected, layer, images, states, ("tensorflow", "numpy"))


@LAYERS
@half_as_many_examples
@given(SIZES, SEEDS)
def test_initial_states_are_zero_by_default(layer_class, sizes, seed):
    layer, _, images, states = random_case(layer_class, sizes, seed)
    zeros = {name: np.zeros_like(state) for name, state in states.items()}
    np.testing.assert_array_equal(layer(images), layer(images, **zeros))


@LAYERS
@half_as_many_examples
@given(SIZES, SEEDS)
def test_columns_are_the_rows_of_the_transposed_image(layer_class, sizes, seed):
    rows, _, images, states = random_case(layer_class, sizes, seed)
    columns = layer_class(rows.hidden_dim, scan="columns", dtype="float64")
    transposed = images.transpose(0, 2, 1)
    columns.build(transposed.shape)
    columns.set_weights(rows.get_weights())
    np.testing.assert_array_equal(columns(transposed, **states), rows(images, **states))


@LAYERS
@half_as_many_examples
@given(SIZES, SEEDS, st.booleans())
def test_every_shape_of_the_initial_states(layer_class, sizes, seed, as_tensor):
    layer, _, images, states = random_case(layer_class, sizes, seed)
    B = len(images)
    convert = tf.constant if as_tensor else np.array
    per_example = layer(images, **states)
    np.testing.assert_array_equal(
        layer(images, **{name: convert(state[:, :, None]) for name, state in states.items()}), per_example
    )
    shared = {name: state[0] for name, state in states.items()}
    repeated = layer(images, **{name: convert(np.tile(state, (B, 1))) for name, state in shared.items()})
    for shape in [(-1,), (1, -1), (1, -1, 1)]:
        y = layer(images, **{name: convert(state.reshape(shape)) for name, state in shared.items()})
        np.testing.assert_array_equal(y, repeated)


@LAYERS
@half_as_many_examples
@given(SIZES, SEEDS)
def test_initial_states_as_python_lists(layer_class, sizes, seed):
    layer, _, images, states = random_case(layer_class, sizes, seed)
    lists = {name: state.tolist() for name, state in states.items()}
    np.testing.assert_array_equal(layer(images, **lists), layer(images, **states))


@LAYERS
@pytest.mark.parametrize("scan", ["rows", "columns"])
@half_as_many_examples
@given(SIZES, SEEDS, st.integers(0, 6))
def test_num_timestep_stops_early(layer_class, scan, sizes, seed, num_timestep):
    layer, weights, images, states = random_case(layer_class, sizes, seed, scan)
    num_timestep = min(num_timestep, sizes[1])
    y = layer(images, **states, num_timestep=num_timestep).numpy()
    first = images[:, :num_timestep] if scan == "rows" else images[:, :, :num_timestep]
    np.testing.assert_array_equal(y, layer(first, **states))
    if num_timestep == 0:
        expected = by_the_equations(weights, [], states["h_init"].T).T
        assert_output(y, expected, layer, first, states, ("tensorflow", "numpy"))


@LAYERS
@half_as_many_examples
@given(SIZES, SEEDS)
def test_an_example_does_not_depend_on_its_batch(layer_class, sizes, seed):
    layer, _, images, states = random_case(layer_class, sizes, seed)
    batch = layer(images, **states).numpy()
    bound = 2 * bounded_output(layer, images, states).error
    for k in range(len(images)):
        row = slice(k, k + 1)
        one = layer(images[row], **{name: state[row] for name, state in states.items()}).numpy()
        assert_within({"y": one}, {"y": batch[row]}, {"y": bound[row]}, np.float64, where=f" of example {k}")


@LAYERS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@half_as_many_examples
@given(SIZES, SEEDS, st.sampled_from([0, 1, 1000, -1e30]), st.integers(2, 12))
def test_probabilities_sum_to_one(layer_class, dtype, sizes, seed, h_init, output_dim):
    B, T, H, inputs = sizes
    layer = layer_class(H, output_dim, dtype=dtype)
    images = np.random.default_rng(seed).uniform(0, 1, (B, T, inputs))
    h_init = np.full((B, H), h_init, dtype)
    y = layer(images, h_init=h_init).numpy()
    assert (y.shape, y.dtype) == ((B, output_dim), dtype)
    assert np.all(y >= 0)
    bound = bounded_output(layer, images.astype(dtype), {"h_init": h_init}).sum(axis=1).error
    assert_within({"Σ y": y.sum(axis=1)}, {"Σ y": np.ones(B)}, {"Σ y": bound}, dtype)


@LAYERS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("logit", [1e4, -1e4])
def test_huge_logits_give_probabilities_of_one_and_zero(layer_class, dtype, logit):
    layer = layer_class(3, 2, dtype=dtype)
    layer.build((None, 4, 5))
    layer.d.assign([logit, 0])
    y = layer(np.zeros((1, 4, 5), dtype)).numpy()
    np.testing.assert_array_equal(y, [[1, 0] if logit > 0 else [0, 1]])


@LAYERS
def test_every_weight_and_state_has_a_gradient(layer_class):
    layer, _, images, states = random_case(layer_class, (4, 3, 5, 6), 0)
    states = {name: tf.Variable(state) for name, state in states.items()}
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(tf.math.log(layer(images, **states)[:, 3]))
    for gradient in tape.gradient(loss, [*(weight.value for weight in layer.weights), *states.values()]):
        assert np.all(gradient.numpy() != 0)


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (RNN(7), {"b": (7,), "W": (7, 7), "U": (7, 28), "d": (10,), "V": (10, 7)}),
        (LSTM(7), {**dict.fromkeys(GATES, (7, 35)), "d": (10,), "V": (10, 7)}),
        (RNN(7, 3, scan="columns"), {"b": (7,), "W": (7, 7), "U": (7, 20), "d": (3,), "V": (3, 7)}),
    ],
)
def test_names_and_shapes_of_the_weights(layer, shapes):
    layer.build((None, 20 if layer.scan == "columns" else 28, 28))
    assert {weight.name: tuple(weight.shape) for weight in layer.weights} == shapes
    assert layer.trainable_weights == layer.weights

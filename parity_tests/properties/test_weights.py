"""Are weights converted between Keras and `numpy_rnn` bit for bit, with the same predictions?"""

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from numpy_rnn import classifier, lstm, rnn
from parity_tests.cases.decorators import half_as_many_examples
from parity_tests.cases.layers import SIZES, assert_output, random_case
from parity_tests.cases.models import by_name, random_model
from parity_tests.cases.recurrences import SEEDS
from parity_tests.comparison import assert_same_bits
from parity_tests.refusals import refused
from tf_rnn import LSTM, RNN, LSTMCell, RNNCell, weights

LAYERS = pytest.mark.parametrize("layer_class", [RNN, LSTM])
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])
MODULES = {RNN: rnn, LSTM: lstm}
KERAS = {RNN: keras.layers.SimpleRNN, LSTM: keras.layers.LSTM}


def model_for(layer_class, H, inputs, C, seed, dtype="float64"):
    """A model of the layer's kind whose numbers are all distinct, so that none can be mistaken for another."""
    return random_model(MODULES[layer_class], seed, np.dtype(dtype), H, inputs, C)


def built(layer_class, H, inputs, C, dtype="float64"):
    layer = layer_class(H, C, dtype=dtype)
    layer.build((None, 2, inputs))
    return layer


@LAYERS
@DTYPES
@half_as_many_examples
@given(SIZES, SEEDS, st.integers(1, 5))
@example((1, 1, 4, 4), 0, 4)
def test_conversion_and_back(layer_class, dtype, sizes, seed, C):
    _, _, H, inputs = sizes
    model = model_for(layer_class, H, inputs, C, seed, dtype)
    layer = built(layer_class, H, inputs, C, dtype)
    weights.from_numpy(layer, model)
    assert_same_bits(weights.to_numpy(layer), model)
    keras_model = weights.to_keras(model)
    assert_same_bits(weights.to_numpy(keras_model), model)
    other = model_for(layer_class, H, inputs, C, seed + 1, dtype)
    weights.from_numpy(keras_model, other)
    assert_same_bits(weights.to_numpy(keras_model), other)


@LAYERS
def test_each_gate_has_its_own_place(layer_class):
    # Every matrix is filled with a number of its own, so that an exchange of two shows in the layer's arrays.
    layer = built(layer_class, 3, 2, 4)
    model: Any = weights.to_numpy(layer)
    names = list(by_name(model))
    recurrence, read_out = (
        type(params)(*(np.full_like(value, names.index(name)) for name, value in params._asdict().items()))
        for params in model[:2]
    )
    numbered = classifier.Model(recurrence, read_out)
    weights.from_numpy(layer, numbered)
    for weight in layer.weights:
        np.testing.assert_array_equal(weight.numpy(), names.index(weight.name))
    kernel, recurrent, *bias = (weight.numpy() for weight in weights.to_keras_layer(numbered.recurrence).weights)
    gates = {RNN: 1, LSTM: 4}[layer_class]
    assert (kernel.shape, recurrent.shape) == ((2, 3 * gates), (3, 3 * gates))
    if layer_class is RNN:
        assert (set(kernel.flat), set(recurrent.flat), set(bias[0])) == ({names.index("U")}, {names.index("W")}, {0})
    else:
        # Keras documents this order of the gates: input, forget, cell, output.
        order = [names.index(f"M_{gate}") for gate in ("input", "forget", "modulated_input", "output")]
        for stacked in (kernel, recurrent):
            np.testing.assert_array_equal(stacked, np.tile(np.repeat(order, 3), (len(stacked), 1)))
        assert bias == []


@LAYERS
@half_as_many_examples
@given(SIZES, SEEDS)
@example((2, 3, 4, 4), 0)
def test_layer_numpy_and_keras_predict_the_same(layer_class, sizes, seed):
    layer, _, images, states = random_case(layer_class, sizes, seed)
    model = weights.to_numpy(layer)
    x = images.transpose(1, 2, 0)
    kind = {RNN: rnn, LSTM: lstm}[layer_class]
    y = classifier.predict(model, x, kind.Initial(**{name: state.T.copy() for name, state in states.items()})).T
    both = "tensorflow", "numpy"
    assert_output(layer(images, **states), y, layer, images, states, both)
    by_keras = weights.to_keras(model)(images)
    assert_output(by_keras, classifier.predict(model, x).T, layer, images, libraries=both, where=", Keras's own layers")


@LAYERS
def test_a_keras_model_around_the_layer(layer_class):
    x = keras.Input((5, 3))
    model = keras.Model(x, layer_class(4)(x))
    new = model_for(layer_class, 4, 3, 10, 1, "float32")
    weights.from_numpy(model, new)
    assert_same_bits(weights.to_numpy(model), new)


@pytest.mark.parametrize("cell_class", [RNNCell, LSTMCell])
def test_a_cell_alone(cell_class):
    cell = cell_class(3)
    cell.build((None, 2))
    params = weights.to_params(cell)
    for name, value in params._asdict().items():
        np.testing.assert_array_equal(value, getattr(cell, name).numpy().reshape(value.shape))
    assert_same_bits(weights.to_params(weights.to_keras_layer(params)), params)


@LAYERS
def test_weights_that_do_not_fit_are_refused_and_nothing_changes(layer_class):
    layer = built(layer_class, 4, 3, 10)
    before = [weight.numpy() for weight in layer.weights]
    other_class = {RNN: LSTM, LSTM: RNN}[layer_class]
    with pytest.raises(
        TypeError, match=r"^model.recurrence: expected numpy_rnn\.\w+\.Params, got numpy_rnn\.\w+\.Params$"
    ):
        weights.from_numpy(layer, model_for(other_class, 4, 3, 10, 0))
    for H, inputs, C in [(5, 3, 10), (4, 2, 10), (4, 3, 9)]:
        with pytest.raises(ValueError, match=r"^\w+: expected float64 \(.*\), got float64 \(.*\)$"):
            weights.from_numpy(layer, model_for(layer_class, H, inputs, C, 0))
    with pytest.raises(ValueError, match=r"^\w+: expected float64 \(.*\), got float32 \(.*\)$"):
        weights.from_numpy(layer, model_for(layer_class, 4, 3, 10, 0, "float32"))
    for weight, value in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


@pytest.mark.parametrize("layer", [keras.layers.Dense(3), keras.layers.GRU(3), keras.layers.GRUCell(3), RNN(3), None])
def test_what_is_no_recurrent_layer_is_refused(layer):
    with refused(TypeError, "layer", "a cell of tf_rnn, or keras.layers.SimpleRNN or LSTM", layer):
        weights.to_params(layer)


@pytest.mark.parametrize(
    ("layer", "expected", "got"),
    [
        (keras.layers.SimpleRNN(3, use_bias=False, name="x"), "use_bias=True", "False"),
        (keras.layers.SimpleRNN(3, activation="relu", name="x"), "activation='tanh'", "'relu'"),
        (keras.layers.LSTM(3, recurrent_activation="hard_sigmoid", name="x"), "recurrent_activation='sig", "'hard_"),
        (keras.layers.LSTM(3, go_backwards=True, name="x"), "go_backwards=False", "True"),
        (keras.layers.LSTM(3, dtype="mixed_float16", name="x"), "the dtype float32 or float64", "mixed_float16"),
        (keras.layers.RNN(keras.layers.GRUCell(3), name="x"), "a cell of tf_rnn, or keras.layers", "GRUCell"),
    ],
)
def test_a_keras_layer_with_other_equations_is_refused(layer, expected, got):
    layer.build((None, None, 2))
    with refused(ValueError, "layer 'x'", expected, got):
        weights.to_params(layer)


@pytest.mark.parametrize("layer", [RNNCell(3, name="x"), keras.layers.LSTM(3, name="x")])
def test_a_layer_without_weights_is_refused(layer):
    with refused(ValueError, "layer 'x'", "a layer that has been built", "one without weights"):
        weights.to_params(layer)

"""Is a bias of Keras's LSTM the last column of each matrix, with the same outputs and gradients, entry by entry?"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from numpy_rnn import classifier
from numpy_rnn.sequences import with_ones
from parity_tests.cases.decorators import DTYPES, given_case_specs, half_as_many_examples
from parity_tests.cases.models import by_name, random_model
from parity_tests.cases.recurrences import make_case, make_readout_case
from parity_tests.comparison import assert_same_bits, assert_within
from parity_tests.oracles import bounded_equations, devices, tensorflow_results
from parity_tests.oracles.bounds import arithmetic
from parity_tests.oracles.tensorflow_parity import assert_parity
from tf_rnn import weights


def case_with_biases(spec, dtype):
    """A case of an LSTM whose last input is 1."""
    case = make_case("lstm", spec._replace(I=spec.I + 1), dtype)
    return case._replace(x=with_ones(case.x[:, :-1]))


@DTYPES
@given_case_specs
def test_keras_lstm_with_biases(an_lstm, dtype, spec):
    case = case_with_biases(spec, dtype)
    theirs = tensorflow_results.of_keras(case, bias_column=True)
    parts = tensorflow_results.KERAS_PARTS | {"dx": np.s_[:, :-1]}
    assert_parity(an_lstm, case, dtype, theirs, parts)


@DTYPES
@half_as_many_examples
@given_case_specs
def test_whole_models_of_keras(recurrence, dtype, spec):
    kind, biases = recurrence.kind, recurrence.kind == "lstm"
    case = case_with_biases(spec, dtype) if biases else make_case(kind, spec, dtype)
    read_out, _, labels = make_readout_case(spec, dtype)
    model = classifier.Model(case.params, read_out)
    loss, gradients = classifier.loss_and_gradients(model, case.x, labels)
    ours = {f"d{name}": value for name, value in by_name(gradients).items()} | {"loss": loss}

    keras_model = weights.to_keras(model, bias_column=biases)
    x = case.x[:, :-1] if biases else case.x
    with tf.GradientTape() as tape:
        y, keras_loss = tensorflow_results.classified(keras_model, x.transpose(2, 0, 1), labels)
    by_keras = tape.gradient(keras_loss, keras_model.trainable_variables)
    # Gradients have the layout of the weights, so `to_numpy` converts them too.
    keras_model.set_weights([gradient.numpy() for gradient in by_keras])
    theirs = {f"d{name}": value for name, value in by_name(weights.to_numpy(keras_model)).items()}
    theirs |= {"loss": keras_loss.numpy(), "y": y.numpy().T}

    zeros = [np.zeros((spec.H, 1))] * (2 if biases else 1)
    both = [
        bounded_equations.classifier(kind, system, model, case.x, zeros, labels)
        for system in (arithmetic("numpy", dtype), arithmetic(devices.library(), dtype))
    ]
    ours["y"] = classifier.predict(model, case.x)
    assert_within(ours, theirs, {name: both[0][name].error + both[1][name].error for name in ours}, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_biases_are_converted_and_back_bit_for_bit(an_lstm, dtype):
    model = random_model(an_lstm.module, 3, np.dtype(dtype), 4, 6, 5)
    keras_model = weights.to_keras(model, bias_column=True)
    assert keras_model.input_shape == (None, None, 5)
    assert_same_bits(weights.to_numpy(keras_model), model)
    assert_same_bits(weights.to_params(weights.to_keras_layer(model.recurrence, bias_column=True)), model.recurrence)


def test_each_bias_has_its_own_place(an_lstm):
    # Keras documents this order of the gates: input, forget, cell, output.
    layer = keras.layers.LSTM(2)
    layer.build((None, None, 3))
    layer.cell.bias.assign([1, 2, 3, 4, 5, 6, 7, 8])
    columns = {name: value[:, -1].tolist() for name, value in weights.to_params(layer)._asdict().items()}
    assert columns == {"M_input": [1, 2], "M_forget": [3, 4], "M_modulated_input": [5, 6], "M_output": [7, 8]}


def test_the_default_lstm_starts_with_open_forget_gates(an_lstm):
    layer = keras.layers.LSTM(3)
    layer.build((None, None, 2))
    for name, value in weights.to_params(layer)._asdict().items():
        np.testing.assert_array_equal(value[:, -1], float(name == "M_forget"))

"""Which arguments do `to_keras_layer` and `to_keras` take, and which do they refuse?"""

import re
from typing import Any

import keras
import numpy as np
import pytest

from numpy_rnn import lstm, rnn
from parity_tests.cases.models import BOTH_RECURRENCES, random_model
from parity_tests.refusals import refused
from tf_rnn import weights

KERAS = {rnn: keras.layers.SimpleRNN, lstm: keras.layers.LSTM}


def model_of(kind, inputs=3):
    return random_model(kind, 1, np.float64, 4, inputs, 10)


@BOTH_RECURRENCES
def test_options_reach_keras(kind):
    model = model_of(kind)
    layer = weights.to_keras_layer(model.recurrence, return_sequences=True)
    assert isinstance(layer, KERAS[kind])
    assert layer(np.zeros((2, 5, 3))).shape == (2, 5, 4)


@BOTH_RECURRENCES
@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("activation", "relu", ""),
        ("recurrent_activation", "tanh", ""),
        ("go_backwards", True, ""),
        ("use_bias", True, "; did you mean bias_column?"),
        ("units", 3, ""),
        ("dropout", 0.5, ""),
        ("dtype", "float16", ""),
        ("return_sequence", True, "; did you mean return_sequences?"),
    ],
)
def test_options_that_change_the_equations_are_refused(kind, name, value, hint):
    model: Any = model_of(kind)
    for call in (weights.to_keras, lambda one, **options: weights.to_keras_layer(one.recurrence, **options)):
        with pytest.raises(
            TypeError, match=rf"^{name}: expected one of the options .*, got '{name}'{re.escape(hint)}$"
        ):
            call(model, **{name: value})


@BOTH_RECURRENCES
def test_a_stateful_layer_keeps_its_states(kind):
    model = model_of(kind)
    layer = weights.to_keras_layer(model.recurrence, batch_size=2, stateful=True, return_sequences=True)
    x = np.random.default_rng(0).uniform(-1, 1, (2, 6, 3))
    whole = weights.to_keras_layer(model.recurrence, return_sequences=True)(x)
    parts = [layer(x[:, :2]), layer(x[:, 2:])]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    once = weights.to_keras(model, batch_size=2, stateful=True)
    np.testing.assert_array_equal(once(x), weights.to_keras(model)(x))
    assert np.any(once(x) != weights.to_keras(model)(x))


@BOTH_RECURRENCES
def test_arguments_that_do_not_fit_are_refused(kind):
    model: Any = model_of(kind, inputs=1)
    make = weights.to_keras_layer
    with refused(ValueError, "batch_size", "a whole number of 1 or more with stateful=True", "None"):
        make(model.recurrence, stateful=True)
    with refused(ValueError, "batch_size", "a whole number of 1 or more", "0"):
        make(model.recurrence, batch_size=0)
    with refused(TypeError, "return_state", "only in to_keras_layer", "it for a whole model"):
        weights.to_keras(model, return_state=True)
    with refused(TypeError, "params", "numpy_rnn.rnn.Params or numpy_rnn.lstm.Params", "numpy_rnn.classifier.Model"):
        make(model)
    wrong = model.recurrence._replace(**{model.recurrence._fields[-1]: np.zeros((5, 5))})
    with refused(ValueError, model.recurrence._fields[-1], "shape (4, ", "(5, 5)"):
        make(wrong)
    message = ("bias_column", "False for an RNN", "True")
    if kind is lstm:
        message = ("inputs of params", "a whole number of 1 or more", "0")
    with refused(ValueError, *message):
        make(model.recurrence, bias_column=True)


@BOTH_RECURRENCES
def test_a_model_of_every_step(kind):
    model = model_of(kind)
    x = np.random.default_rng(0).uniform(-1, 1, (2, 6, 3))
    y = weights.to_keras(model, num_timestep=6, return_sequences=True)(x)
    assert y.shape == (2, 6, 10)
    np.testing.assert_allclose(y[:, -1], weights.to_keras(model)(x), rtol=1e-12)

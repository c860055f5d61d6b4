"""Small Keras models for tests of what `tf_rnn.weights` refuses; in each, the layer to be named is called "x"."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from parity_tests.refusals import refused
from tf_rnn import weights

T, I, H, C = 4, 3, 5, 2

# What is expected before, between and behind the layers that compute.
BEFORE = "a recurrent layer, or one that does nothing at inference"
BETWEEN = "Dense with softmax behind 'recurrent'"
BEHIND = "no layer that computes behind 'recurrent' and softmax"


def recurrent(name: str = "recurrent", **options: Any) -> Any:
    """An LSTM."""
    return layers.LSTM(H, name=name, **options)


def read_out(activation: Any = "softmax", name: str = "read_out", **options: Any) -> Any:
    """A layer Dense."""
    return layers.Dense(C, activation, name=name, **options)


def sequential(*parts: Any, dtype: str = "float32", batch_size: int | None = None) -> keras.Model:
    """A sequential model."""
    return keras.Sequential([keras.Input((T, I), batch_size, dtype=dtype), *parts])


def functional(function: Callable[[Any], Any], **options: Any) -> keras.Model:
    """The model of what a function makes of an input."""
    inputs = keras.Input((T, I), **options)
    return keras.Model(inputs, function(inputs))


def assert_refused(keras_model: Any, expected: str, got: str, name: str = "layer 'x'") -> None:
    """Asserts that `to_numpy` and `from_numpy` refuse a model in these words, and change nothing."""
    before = [weight.numpy() for weight in keras_model.weights]
    nothing: Any = None
    for call in (weights.to_numpy, lambda one: weights.from_numpy(one, nothing)):
        with refused(ValueError, name, expected, got):
            call(keras_model)
    for weight, value in zip(keras_model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)

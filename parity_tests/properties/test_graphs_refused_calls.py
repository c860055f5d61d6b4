"""Are models refused whose layers are right, but called or connected in another way, or computed in another dtype?"""

import keras
import numpy as np
import pytest
from keras import layers

from parity_tests.cases.small_keras_models import (
    BEFORE,
    H,
    I,
    T,
    assert_refused,
    functional,
    read_out,
    recurrent,
    sequential,
)
from tf_rnn import LSTM, RNN, RNNCell

INPUT_ALONE = "a call with its input alone"
BUILT = "a functional or sequential model that has been built"

CALLS = {
    "a mask": (lambda x: read_out()(recurrent("x")(x, mask=x[:, :, 0] > 0)), "mask=…"),
    "the input as a mask": (lambda x: read_out()(recurrent("x")(x, mask=x)), "mask=…"),
    "initial states": (lambda x: read_out()(recurrent("x")(x, initial_state=[np.ones((1, H))] * 2)), "initial_state=…"),
    "fewer steps": (lambda x: LSTM(H, name="x")(x, num_timestep=2), "num_timestep=2"),
    "an initial state": (lambda x: RNN(H, name="x")(x, h_init=np.zeros((1, H))), "h_init=…"),
    "dropout": (lambda x: read_out()(recurrent()(layers.Dropout(0.5, name="x")(x, training=True))), "training=True"),
}


@pytest.mark.parametrize("kind", CALLS)
def test_a_call_with_other_arguments(kind):
    function, got = CALLS[kind]
    assert_refused(functional(function, batch_size=1), INPUT_ALONE, got)


def test_a_call_of_a_model_with_other_arguments():
    inner = keras.Sequential([keras.Input((T, I)), layers.Dropout(0.5)], name="x")
    assert_refused(functional(lambda x: read_out()(recurrent()(inner(x, training=True)))), INPUT_ALONE, "training=True")


def test_the_state_c_in_place_of_h():
    model = functional(lambda x: read_out()(recurrent("x", return_state=True)(x)[2]))
    assert_refused(model, "that its first output alone is used", "output 3")


def test_operations_that_are_no_layers():
    assert_refused(functional(lambda x: read_out()(recurrent()(x * 2))), BEFORE, "Multiply", "layer 'multiply'")
    twice = functional(lambda x: read_out()(recurrent()(layers.Add(name="x")([x, x]))))
    assert_refused(twice, BEFORE, "Add")


def test_several_inputs_or_outputs():
    one, other = keras.Input((T, I)), keras.Input((T, I))
    y = read_out()(recurrent()(layers.add([one, other])))
    assert_refused(keras.Model([one, other], y), "one input", "2", "keras_model")
    h = recurrent()(one)
    assert_refused(keras.Model(one, [read_out()(h), h]), "one output", "2", "keras_model")
    inner = keras.Model(one, [read_out()(h), h], name="x")
    assert_refused(functional(lambda x: inner(x)[0]), "one output", "2")


def test_a_layer_that_is_used_twice():
    dense = layers.Dense(H, name="x")
    expected = "softmax behind 'x', whose activation is linear"
    assert_refused(functional(lambda x: dense(dense(recurrent()(x)))), expected, "Dense")


class AlwaysOn(layers.Dropout):
    """Dropout that also acts at inference, as in Monte Carlo dropout."""

    def call(self, inputs, training=False):
        return super().call(inputs, training=True)


class Doubled(keras.Model):
    """A functional model whose class computes something else than its graph."""

    def call(self, inputs, training=False, mask=None):
        return 2 * super().call(inputs, training=training, mask=mask)


def test_a_class_of_the_user():
    assert_refused(sequential(AlwaysOn(0.5, name="x"), recurrent(), read_out()), BEFORE, f"{__name__}.AlwaysOn")
    x = keras.Input((T, I))
    assert_refused(Doubled(x, read_out()(recurrent()(x))), BUILT, f"{__name__}.Doubled", "keras_model")


def test_what_has_no_weights():
    unbuilt = keras.Sequential([recurrent(), read_out()])
    assert_refused(unbuilt, BUILT, "Sequential without weights", "keras_model")
    assert_refused(RNN(H, name="x"), "a layer that has been built", "one without weights")


FLOATS = "the dtype float32 or float64"
DTYPES = {
    "float16": (lambda: sequential(recurrent("x", dtype="float16"), read_out(dtype="float16")), FLOATS, "float16"),
    "mixed": (lambda: sequential(recurrent("x", dtype="mixed_float16"), read_out()), FLOATS, "mixed_float16"),
    "cell": (
        lambda: sequential(layers.RNN(RNNCell(H, dtype="float64"), name="x"), read_out()),
        FLOATS,
        "float32 and float64",
    ),
    "read-out": (
        lambda: sequential(recurrent(dtype="float64"), read_out(name="x"), dtype="float64"),
        "the dtype float64, that of the recurrent layer",
        "float32",
    ),
    "dropout": (
        lambda: sequential(layers.Dropout(0.5, name="x", dtype="float16"), recurrent(), read_out()),
        "the dtype float32, that of the recurrent layer",
        "float16",
    ),
    "input": (
        lambda: keras.Sequential(
            [keras.Input((T, I), name="x"), recurrent(dtype="float64"), read_out(dtype="float64")]
        ),
        "the dtype float64, that of the recurrent layer",
        "float32",
    ),
}


@pytest.mark.parametrize("kind", DTYPES)
def test_another_dtype(kind):
    build, expected, got = DTYPES[kind]
    assert_refused(build(), expected, got)


def test_a_read_out_that_is_quantized_or_has_low_rank_updates():
    model = sequential(recurrent(), read_out(name="x"))
    model.get_layer("x").enable_lora(1)
    assert_refused(model, "a kernel of its own", "one with low-rank updates (LoRA)")
    model = sequential(recurrent(), read_out(name="x"))
    model.get_layer("x").quantize("int8")
    assert_refused(model, "the dtype float32, that of the recurrent layer", "int8_from_float32")

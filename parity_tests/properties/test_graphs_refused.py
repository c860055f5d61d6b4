"""Is every layer that computes something else refused in one line that names it?"""

from typing import Any

import keras
import pytest
from keras import layers

from parity_tests.cases.small_keras_models import (
    BEFORE,
    BEHIND,
    BETWEEN,
    H,
    I,
    T,
    assert_refused,
    functional,
    read_out,
    recurrent,
    sequential,
)
from parity_tests.refusals import refused
from tf_rnn import LSTM, RNN, RNNCell, weights

NO_SOFTMAX = "softmax behind 'read_out', whose activation is linear"
CELLS = "a cell of tf_rnn, or keras.layers.SimpleRNNCell or LSTMCell"

BEFORE_IT = {
    "ReLU": lambda: layers.ReLU(name="x"),
    "Masking": lambda: layers.Masking(name="x"),
    "Permute": lambda: layers.Permute((2, 1), name="x"),
    "Reshape": lambda: layers.Reshape((I, T), name="x"),
    "Dense": lambda: layers.Dense(3, name="x"),
    "Rescaling": lambda: layers.Rescaling(2, name="x"),
    "BatchNormalization": lambda: layers.BatchNormalization(name="x"),
    "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(3), name="x"),
    "Conv1D": lambda: layers.Conv1D(3, 2, name="x"),
    "Activation": lambda: layers.Activation("tanh", name="x"),
}


@pytest.mark.parametrize("kind", BEFORE_IT)
def test_a_layer_before_the_recurrent_one(kind):
    assert_refused(sequential(BEFORE_IT[kind](), recurrent(), read_out()), BEFORE, kind)


@pytest.mark.parametrize("kind", ["ReLU", "Flatten", "BatchNormalization", "UnitNormalization"])
def test_a_layer_between(kind):
    assert_refused(sequential(recurrent(), getattr(layers, kind)(name="x"), read_out()), BETWEEN, kind)


@pytest.mark.parametrize("kind", ["ReLU", "Softmax", "Flatten", "UnitNormalization"])
def test_a_layer_behind_the_softmax(kind):
    assert_refused(sequential(recurrent(), read_out(), getattr(layers, kind)(name="x")), BEHIND, kind)


def test_an_embedding_with_a_mask():
    embedding = layers.Embedding(9, I, mask_zero=True, name="x")
    assert_refused(keras.Sequential([keras.Input((T,)), embedding, recurrent(), read_out()]), BEFORE, "Embedding")


OTHER_RECURRENT_LAYERS = {
    "a GRU": (lambda: layers.GRU(H, name="x"), BEFORE, "GRU"),
    "both directions": (lambda: layers.Bidirectional(layers.LSTM(H), name="x"), BEFORE, "Bidirectional"),
    "all steps": (lambda: recurrent("x", return_sequences=True), "return_sequences=False", "True"),
    "backwards": (lambda: recurrent("x", go_backwards=True), "go_backwards=False", "True"),
    "stateful": (lambda: recurrent("x", stateful=True), "stateful=False", "True"),
    "relu": (lambda: recurrent("x", activation="relu"), "activation='tanh' as in the equations", "'relu'"),
    "hard gates": (
        lambda: recurrent("x", recurrent_activation="hard_sigmoid"),
        "recurrent_activation='sigmoid' as in the equations",
        "'hard_sigmoid'",
    ),
    "a function": (lambda: recurrent("x", activation=lambda a: a), "activation='tanh'", "'<lambda>'"),
    "no b": (lambda: layers.SimpleRNN(H, use_bias=False, name="x"), "use_bias=True as in the equations", "False"),
    "another cell": (lambda: layers.RNN(layers.GRUCell(H), name="x"), CELLS, "GRUCell"),
    "stacked cells": (lambda: layers.RNN([RNNCell(H), RNNCell(H)], name="x"), CELLS, "StackedRNNCells"),
}


@pytest.mark.parametrize("kind", OTHER_RECURRENT_LAYERS)
def test_another_recurrent_layer(kind):
    build, expected, got = OTHER_RECURRENT_LAYERS[kind]
    assert_refused(sequential(build(), read_out(), batch_size=2), expected, got)


def test_a_second_recurrent_layer():
    lower = layers.LSTM(H, return_sequences=True, name="x")
    assert_refused(sequential(lower, recurrent(), read_out()), "return_sequences=False", "True")
    again = sequential(recurrent(), layers.RepeatVector(T, name="x"), layers.LSTM(H), read_out())
    assert_refused(again, BETWEEN, "RepeatVector")


def test_a_layer_behind_one_of_this_project():
    model = sequential(RNN(H, name="recurrent"), read_out(name="x"))
    assert_refused(model, "no layer that computes behind 'recurrent' and its own softmax", "Dense")


READ_OUTS = {
    "sigmoid": (lambda: [read_out("sigmoid", "x")], "activation='softmax' or 'linear'", "'sigmoid'"),
    "no bias": (lambda: [read_out(name="x", use_bias=False)], "use_bias=True as in the equations", "False"),
    "a sigmoid layer": (lambda: [read_out("linear"), layers.Activation("sigmoid", name="x")], NO_SOFTMAX, "Activation"),
    "two layers": (lambda: [read_out("linear"), read_out(name="x")], NO_SOFTMAX, "Dense"),
    "the batch": (lambda: [read_out("linear"), layers.Softmax(axis=0, name="x")], "axis=-1", "0"),
    "no Dense": (lambda: [layers.Softmax(name="x")], BETWEEN, "Softmax"),
}


@pytest.mark.parametrize("kind", READ_OUTS)
def test_another_read_out(kind):
    build, expected, got = READ_OUTS[kind]
    assert_refused(sequential(recurrent(), *build()), expected, got)


def test_a_model_that_ends_too_early():
    for parts, expected in [
        ([layers.Dropout(0.5)], BEFORE),
        ([recurrent()], BETWEEN),
        ([recurrent(), read_out("linear")], NO_SOFTMAX),
    ]:
        assert_refused(sequential(*parts), expected, "its output", "keras_model")


def test_the_models_without_these_changes_are_read():
    weights.to_numpy(sequential(recurrent(), read_out()))
    weights.to_numpy(sequential(recurrent(), read_out("linear"), layers.Softmax()))
    weights.to_numpy(functional(lambda x: LSTM(H)(x, num_timestep=T, h_init=None)))
    weights.to_numpy(functional(lambda x: read_out()(recurrent(return_state=True)(x)[0])))


@pytest.mark.parametrize("given", [layers.Dense(3), layers.LSTM(3), RNNCell(3), None, 1])
def test_what_is_no_model(given):
    nothing: Any = None
    for call in (weights.to_numpy, lambda one: weights.from_numpy(one, nothing)):
        with refused(TypeError, "keras_model", "a layer RNN or LSTM of tf_rnn, or a keras.Model", given):
            call(given)

"""Random Keras models of one recurrent layer and a read-out, with layers that do nothing, or with any other layer."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from hypothesis import strategies as st
from keras import layers

from numpy_rnn import classifier, lstm
from parity_tests.cases.recurrences import SEEDS
from parity_tests.oracles import bounded_equations
from parity_tests.oracles.bounds import Bounded, arithmetic
from tf_rnn import LSTM, RNN, LSTMCell, RNNCell

# Makers of layers, by name; each takes the number of units or classes and the dtype.
Maker = Callable[[int, str], Any]
CLASSIFIERS: dict[str, Maker] = {
    "tf_rnn.RNN": lambda n, dtype: RNN(n, 3, dtype=dtype),
    "tf_rnn.LSTM, columns": lambda n, dtype: LSTM(n, 3, scan="columns", dtype=dtype),
    "tf_rnn.LSTM, learned": lambda n, dtype: LSTM(n, 3, initial_state="learned", dtype=dtype),
}
RECURRENT: dict[str, Maker] = {
    "SimpleRNN": lambda n, dtype: layers.SimpleRNN(n, dropout=0.5, dtype=dtype),
    "LSTM": lambda n, dtype: layers.LSTM(n, dropout=0.5, recurrent_dropout=0.5, dtype=dtype),
    "LSTM, unrolled": lambda n, dtype: layers.LSTM(n, unroll=True, kernel_regularizer="l2", dtype=dtype),
    "LSTM, no bias": lambda n, dtype: layers.LSTM(n, use_bias=False, dtype=dtype),
    "RNN(SimpleRNNCell)": lambda n, dtype: layers.RNN(layers.SimpleRNNCell(n, dtype=dtype), dtype=dtype),
    "RNN(LSTMCell)": lambda n, dtype: layers.RNN(layers.LSTMCell(n, dtype=dtype), dtype=dtype),
    "RNN(tf_rnn.RNNCell)": lambda n, dtype: layers.RNN(RNNCell(n, dtype=dtype), dtype=dtype),
    "RNN(tf_rnn.LSTMCell)": lambda n, dtype: layers.RNN(LSTMCell(n, dtype=dtype), unroll=True, dtype=dtype),
}
IDLE: dict[str, Maker] = {
    "Dropout": lambda n, dtype: layers.Dropout(0.5, dtype=dtype),
    "GaussianNoise": lambda n, dtype: layers.GaussianNoise(1.0, dtype=dtype),
    "GaussianDropout": lambda n, dtype: layers.GaussianDropout(0.5, dtype=dtype),
    "AlphaDropout": lambda n, dtype: layers.AlphaDropout(0.5, dtype=dtype),
    "ActivityRegularization": lambda n, dtype: layers.ActivityRegularization(l2=1.0, dtype=dtype),
    "Identity": lambda n, dtype: layers.Identity(dtype=dtype),
    "linear": lambda n, dtype: layers.Activation("linear", dtype=dtype),
}
BEFORE = IDLE | {"SpatialDropout1D": lambda n, dtype: layers.SpatialDropout1D(0.5, dtype=dtype)}
SOFTMAX: dict[str, list[Maker]] = {
    "in Dense": [lambda n, dtype: layers.Dense(n, activation="softmax", dtype=dtype)],
    "Softmax": [lambda n, dtype: layers.Dense(n, dtype=dtype), lambda n, dtype: layers.Softmax(dtype=dtype)],
    "Activation": [
        lambda n, dtype: layers.Dense(n, dtype=dtype),
        lambda n, dtype: layers.Activation("softmax", dtype=dtype),
    ],
}
# Layers and options with which a model computes something else, where they change a number.
OTHERS: dict[str, Maker] = {
    "ReLU": lambda n, dtype: layers.ReLU(dtype=dtype),
    "tanh": lambda n, dtype: layers.Activation("tanh", dtype=dtype),
    "sigmoid": lambda n, dtype: layers.Activation("sigmoid", dtype=dtype),
    "softmax": lambda n, dtype: layers.Softmax(dtype=dtype),
    "Softmax of the batch": lambda n, dtype: layers.Softmax(axis=0, dtype=dtype),
    "Masking": lambda n, dtype: layers.Masking(dtype=dtype),
    "Dense": lambda n, dtype: layers.Dense(n, dtype=dtype),
    "Dense, sigmoid": lambda n, dtype: layers.Dense(n, activation="sigmoid", dtype=dtype),
    "LSTM": lambda n, dtype: layers.LSTM(n, dtype=dtype),
    "LSTM of all steps": lambda n, dtype: layers.LSTM(n, return_sequences=True, dtype=dtype),
    "LSTM backwards": lambda n, dtype: layers.LSTM(n, go_backwards=True, dtype=dtype),
    "LSTM, relu": lambda n, dtype: layers.LSTM(n, activation="relu", dtype=dtype),
    "SimpleRNN, no bias": lambda n, dtype: layers.SimpleRNN(n, use_bias=False, dtype=dtype),
    "GRU": lambda n, dtype: layers.GRU(n, dtype=dtype),
    "Bidirectional": lambda n, dtype: layers.Bidirectional(layers.LSTM(n, dtype=dtype), dtype=dtype),
    "Rescaling": lambda n, dtype: layers.Rescaling(2.0, dtype=dtype),
    "LayerNormalization": lambda n, dtype: layers.LayerNormalization(dtype=dtype),
    "Permute": lambda n, dtype: layers.Permute((2, 1), dtype=dtype),
    "RepeatVector": lambda n, dtype: layers.RepeatVector(n, dtype=dtype),
    "Conv1D": lambda n, dtype: layers.Conv1D(n, 1, dtype=dtype),
    "Dropout, float16": lambda n, dtype: layers.Dropout(0.5, dtype="float16"),
    "tf_rnn.RNN": lambda n, dtype: RNN(n, 3, dtype=dtype),
    "twice": lambda n, dtype: lambda x: x * 2,
    "dropout that stays": lambda n, dtype: lambda x: layers.Dropout(0.5, dtype=dtype)(x, training=True),
}


class ModelSpec(NamedTuple):
    """A model: its layers by what makes them, its form, the sizes B, T, H, I and C, the dtype and the seed."""

    makers: tuple[Maker, ...]
    nested: int
    sizes: tuple[int, ...]
    dtype: str
    seed: int


def _some(makers: dict[str, Maker]) -> st.SearchStrategy[list[Maker]]:
    return st.lists(st.sampled_from([*makers.values()]), max_size=2)


def _models(draw: Any) -> tuple[Maker, ...]:
    """The makers of a model that computes the equations."""
    before, *idle = draw(_some(BEFORE)), draw(_some(IDLE)), draw(_some(IDLE)), draw(_some(IDLE))
    if draw(st.integers(0, 4)) == 0:
        return (*before, draw(st.sampled_from([*CLASSIFIERS.values()])), *idle[0])
    recurrent = draw(st.sampled_from([*RECURRENT.values()]))
    dense, *softmax = draw(st.sampled_from([*SOFTMAX.values()]))
    return (*before, recurrent, *idle[0], dense, *idle[1], *softmax, *idle[2])


@st.composite
def model_specs(draw: Any, with_others: bool) -> ModelSpec:
    """Specs of models that compute the equations; with others, one maker is inserted, replaced or removed."""
    makers = _models(draw)
    if with_others:
        place, change = draw(st.integers(0, len(makers) - 1)), draw(st.sampled_from(["insert", "replace", "remove"]))
        new = draw(st.sampled_from([*OTHERS.values(), *RECURRENT.values()]))
        makers = (*makers[:place], *[new] * (change != "remove"), *makers[place + (change != "insert") :])
    nested = draw(st.integers(-1, len(makers)))
    sizes = draw(st.tuples(*[st.integers(1, 4)] * 4, st.integers(2, 4)))
    return ModelSpec(makers, nested, sizes, draw(st.sampled_from(["float32", "float64"])), draw(SEEDS))


def made(spec: ModelSpec) -> tuple[keras.Model, np.ndarray]:
    """The Keras model with random weights, and random inputs (B, T, I).

    With `nested` of -1 it is sequential. Otherwise it is functional, and so many of its first layers are a sequential
    model inside it.
    """
    B, T, H, I, C = spec.sizes
    dense = max([0, *(k for k, maker in enumerate(spec.makers) if _is_dense(maker))])
    made_layers = [maker(C if k >= dense else H, spec.dtype) for k, maker in enumerate(spec.makers)]
    model = connected(keras.Input((T, I), dtype=spec.dtype), made_layers, spec.nested)
    rng = np.random.default_rng(spec.seed)
    for weight in model.weights:
        weight.assign(rng.uniform(-0.5, 0.5, weight.shape))
    return model, rng.uniform(-1, 1, (B, T, I)).astype(spec.dtype)


def _is_dense(maker: Maker) -> bool:
    return any(maker is forms[0] for forms in SOFTMAX.values())


def connected(sequences: Any, made_layers: Sequence[Any], nested: int) -> keras.Model:
    """A model of these layers, in the form that `made` describes."""
    if nested == -1:
        return keras.Sequential([sequences, *made_layers])
    x = sequences
    if nested:
        inside = keras.Input(sequences.shape[1:], dtype=sequences.dtype)
        x = keras.Sequential([inside, *made_layers[:nested]])(x)
    for layer in made_layers[nested:]:
        x = layer(x)
    return keras.Model(sequences, x)


def bounded_probabilities(model: classifier.Model, x: np.ndarray, library: str) -> Bounded:
    """The bounded probabilities (C, B) of a model of `numpy_rnn` for inputs (T, I, B), in a library's arithmetic."""
    is_lstm = isinstance(model.recurrence, lstm.Params)
    system, B = arithmetic(library, x.dtype), x.shape[2]
    zeros = [np.zeros((len(model.recurrence[0]), 1))] * (2 if is_lstm else 1)
    states: Any = model.initial or zeros
    h = bounded_equations.FORWARD["lstm" if is_lstm else "rnn"](system, model.recurrence, x, *states)["h"][-1]
    return bounded_equations.readout(system, model.readout, h, np.zeros(B, int))["y"]

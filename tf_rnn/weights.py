"""Weights from Keras to `numpy_rnn` and back: the one place that knows how each side lays them out.

This project's layers hold the equations' own matrices; only the column vectors differ, (H, 1) there and (H,) in Keras.
Keras's own layers multiply from the other side, h_t = tanh(x_t kernel + h_{t-1} recurrent_kernel + bias), and put the
gates side by side in the order i, f, u, o. So, with M_g = [W_g U_g],

    SimpleRNN   kernel = Uᵀ    recurrent_kernel = Wᵀ    bias = b
    LSTM        kernel = [U_iᵀ U_fᵀ U_uᵀ U_oᵀ]    recurrent_kernel = [W_iᵀ W_fᵀ W_uᵀ W_oᵀ]    no bias
    Dense       kernel = Vᵀ    bias = d

Every number keeps its dtype and its bits.
"""

import keras
import numpy as np

from numpy_rnn import classifier, lstm, readout, rnn
from tf_rnn.cells import LSTMCell, RNNCell
from tf_rnn.layers import LSTM, RNN

KERAS_GATES = "M_input", "M_forget", "M_modulated_input", "M_output"


def to_numpy(model):
    """The `classifier.Model` with the weights of `model`.

    `model` is an `RNN` or `LSTM` of this project that has been built, or a `keras.Model` with one of them in it, or
    with one `keras.layers.SimpleRNN` or `LSTM` and one `Dense` behind it. Raises TypeError for anything else.
    """
    layer = _one(model, RNN, LSTM)
    if layer is not None:
        params, kind = to_params(layer.cell), classifier.INITIAL[rnn if isinstance(layer, RNN) else lstm]
        learns = layer.initial_state == "learned"
        initial = kind(*(_column(getattr(layer, name)) for name in layer.states)) if learns else ()
        return classifier.Model(params, readout.Params(d=_column(layer.d), V=_array(layer.V)), initial)
    layer, dense = _one(model, keras.layers.SimpleRNN, keras.layers.LSTM), _one(model, keras.layers.Dense)
    if layer is None or dense is None:
        raise TypeError(f"model: expected one RNN or LSTM, or one of Keras's own and one Dense, got {model}")
    return classifier.Model(to_params(layer), readout.Params(d=_column(dense.bias), V=_array(dense.kernel).T.copy()))


def from_numpy(model, weights):
    """Gives `model`, an `RNN` or `LSTM` that has been built or a `keras.Model` with one, the numbers of `weights`.

    `weights` is a `classifier.Model`. Raises TypeError for another kind of model or of weights, and ValueError for
    another shape or dtype, before anything is changed.
    """
    layer = _one(model, RNN, LSTM)
    if layer is None:
        raise TypeError(f"model: expected one RNN or LSTM, got {model}")
    present = to_numpy(layer)
    if type(weights.recurrence) is not type(present.recurrence):
        expected, came = type(present.recurrence), type(weights.recurrence)
        raise TypeError(f"weights: expected {expected.__module__}.Params, got {came.__module__}.{came.__name__}")
    classifier.same_form(present, weights)
    for name, value, _ in classifier.axes(weights):
        variable = getattr(layer.cell if name in weights.recurrence._fields else layer, name)
        variable.assign(value.reshape(variable.shape))


def to_params(layer):
    """The `rnn.Params` of an `RNNCell` or Keras's `SimpleRNN`, the `lstm.Params` of an `LSTMCell` or Keras's `LSTM`.

    The layer has been built. Raises TypeError for another layer, and ValueError for one of Keras's that computes
    something else: with a bias where the equations have none, another activation, or the steps in reverse.
    """
    if isinstance(layer, RNNCell):
        return rnn.Params(b=_column(layer.b), W=_array(layer.W), U=_array(layer.U))
    if isinstance(layer, LSTMCell):
        return lstm.Params(*(_array(getattr(layer, name)) for name in lstm.Params._fields))
    if not isinstance(layer, (keras.layers.SimpleRNN, keras.layers.LSTM)):
        raise TypeError(f"layer: expected a cell of tf_rnn, or keras.layers.SimpleRNN or LSTM, got {layer}")
    is_rnn = isinstance(layer, keras.layers.SimpleRNN)
    equations = {"activation": "tanh", "use_bias": is_rnn, "go_backwards": False}
    if not is_rnn:
        equations["recurrent_activation"] = "sigmoid"
    for name, value in equations.items():
        if layer.get_config()[name] != value:
            raise ValueError(f"layer: expected {name}={value!r} as in the equations, got {layer.get_config()[name]!r}")
    U, W = (_array(kernel).T.copy() for kernel in layer.weights[:2])
    if is_rnn:
        return rnn.Params(b=_column(layer.weights[2]), W=W, U=U)
    gates = [np.hstack(gate) for gate in zip(np.split(W, 4), np.split(U, 4), strict=True)]
    return lstm.Params(**dict(zip(KERAS_GATES, gates, strict=True)))


def to_keras_layer(params, **options):
    """A `keras.layers.SimpleRNN`, or `LSTM(use_bias=False)`, with the numbers of `params`, built for any T and B.

    `options` are Keras's, `return_sequences=True` say.
    """
    if isinstance(params, rnn.Params):
        layer = keras.layers.SimpleRNN(len(params.b), dtype=params.b.dtype.name, **options)
        weights = [params.U.T, params.W.T, params.b[:, 0]]
    else:
        H = len(params.M_input)
        layer = keras.layers.LSTM(H, use_bias=False, dtype=params.M_input.dtype.name, **options)
        M = np.concatenate([getattr(params, name) for name in KERAS_GATES])
        weights = [M[:, H:].T, M[:, :H].T]
    layer.build((None, None, weights[0].shape[0]))
    layer.set_weights(weights)
    return layer


def to_keras(weights, num_timestep=None, **options):
    """The whole model in Keras's own layers: (B, T, I) → SimpleRNN or LSTM → Dense, softmax → probabilities (B, C).

    `weights` is a `classifier.Model`; `num_timestep` is T where it is fixed, `options` are Keras's for the recurrent
    layer, `unroll=True` say. For images read by columns put `keras.layers.Permute((2, 1))` before it. Raises ValueError
    for one whose initial states are learned: Keras's layers begin with zeros.
    """
    if weights.initial:
        raise ValueError(f"weights: expected no learned initial states, got {type(weights.initial).__name__}")
    recurrence, (d, V) = to_keras_layer(weights.recurrence, **options), weights.readout
    dense = keras.layers.Dense(len(d), activation="softmax", dtype=d.dtype.name)
    sequences = keras.Input((num_timestep, recurrence.weights[0].shape[0]), dtype=d.dtype.name)
    model = keras.Model(sequences, dense(recurrence(sequences)))
    dense.set_weights([V.T, d[:, 0]])
    return model


def _one(model, *kinds):
    """The one layer of these kinds that `model` is, or has; None if there are none or several."""
    found = [layer for layer in getattr(model, "layers", [model]) if isinstance(layer, kinds)]
    return found[0] if len(found) == 1 else None


def _array(variable):
    return keras.ops.convert_to_numpy(variable)


def _column(variable):
    return _array(variable)[:, np.newaxis]

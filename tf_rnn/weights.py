"""Weights from Keras to `numpy_rnn` and back: the one place that knows how each side lays them out.

Here `keras_model` is a model or layer of Keras, and `model` one of `numpy_rnn`.

This project's layers hold the equations' own matrices; only the column vectors differ, (H, 1) there and (H,) in Keras.
Keras's own layers multiply from the other side, h_t = tanh(x_t kernel + h_{t-1} recurrent_kernel + bias), and put the
gates side by side in the order i, f, u, o. So, with M_g = [W_g U_g],

    SimpleRNN   kernel = Uᵀ    recurrent_kernel = Wᵀ    bias = b
    LSTM        kernel = [U_iᵀ U_fᵀ U_uᵀ U_oᵀ]    recurrent_kernel = [W_iᵀ W_fᵀ W_uᵀ W_oᵀ]    no bias
    Dense       kernel = Vᵀ    bias = d

Every number keeps its dtype and its bits.
"""

from typing import Any

import keras
import numpy as np

from numpy_rnn import classifier, lstm, readout, rnn
from numpy_rnn.checks import check_type, type_name
from tf_rnn.cells import LSTMCell, RNNCell
from tf_rnn.layers import LSTM, RNN

KERAS_GATES = "M_input", "M_forget", "M_modulated_input", "M_output"


def to_numpy(keras_model: Any) -> classifier.Model:
    """Converts a Keras model to a model of `numpy_rnn`.

    Parameters
    ----------
    keras_model : RNN, LSTM or keras.Model
        A layer of this project that has been built, or a Keras model with one of them in it, or with one
        `keras.layers.SimpleRNN` or `LSTM` and one `Dense` behind it.

    Returns
    -------
    classifier.Model
        The same numbers in the layout of `numpy_rnn`.

    Raises
    ------
    TypeError
        If `keras_model` is anything else.
    ValueError
        If a layer of Keras's computes something else than the equations.
    """
    layer = _one(keras_model, RNN, LSTM)
    if layer is not None:
        params, kind = to_params(layer.cell), rnn if isinstance(layer, RNN) else lstm
        learns = layer.initial_state == "learned"
        initial = kind.Initial(*(_column(getattr(layer, name)) for name in layer.states)) if learns else ()
        return classifier.Model(params, readout.Params(d=_column(layer.d), V=_array(layer.V)), initial)
    layer, dense = _one(keras_model, keras.layers.SimpleRNN, keras.layers.LSTM), _one(keras_model, keras.layers.Dense)
    if layer is None or dense is None:
        raise TypeError(
            f"keras_model: expected one RNN or LSTM, or one of Keras's own and one Dense, got {keras_model}"
        )
    return classifier.Model(to_params(layer), readout.Params(d=_column(dense.bias), V=_array(dense.kernel).T.copy()))


def from_numpy(keras_model: Any, model: classifier.Model) -> None:
    """Sets the weights of a Keras model to those of a model of `numpy_rnn`.

    Parameters
    ----------
    keras_model : RNN, LSTM or keras.Model
        A layer of this project that has been built, or a Keras model with one of them in it. Nothing is changed where
        this function raises.
    model : classifier.Model
        Parameters of the same kind, shapes and dtype.

    Raises
    ------
    TypeError
        If `keras_model` or `model` is of another kind.
    ValueError
        If a shape or a dtype of `model` does not fit.
    """
    layer = _one(keras_model, RNN, LSTM)
    if layer is None:
        raise TypeError(f"keras_model: expected one RNN or LSTM, got {keras_model}")
    present = to_numpy(layer)
    check_type("model", model, classifier.Model)
    check_type("model.recurrence", model.recurrence, type(present.recurrence))
    classifier.same_form(present, model)
    for name, value, _ in classifier.axes(model):
        variable = getattr(layer.cell if name in model.recurrence._fields else layer, name)
        variable.assign(value.reshape(variable.shape))


def to_params(layer: keras.layers.Layer) -> rnn.Params | lstm.Params:
    """Converts the weights of a recurrent layer to parameters of `numpy_rnn`.

    Parameters
    ----------
    layer : RNNCell, LSTMCell, keras.layers.SimpleRNN or keras.layers.LSTM
        A layer that has been built.

    Returns
    -------
    rnn.Params or lstm.Params
        The same numbers in the layout of `numpy_rnn`.

    Raises
    ------
    TypeError
        If `layer` is anything else.
    ValueError
        If a layer of Keras's computes something else than the equations: with a bias where they have none, with another
        activation, or with the steps in reverse.
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


def to_keras_layer(params: rnn.Params | lstm.Params, **options: Any) -> keras.layers.Layer:
    """Makes a layer of Keras's own.

    Parameters
    ----------
    params : rnn.Params or lstm.Params
        The numbers.
    **options
        Arguments of the layer, `return_sequences=True` for example.

    Returns
    -------
    keras.layers.SimpleRNN or keras.layers.LSTM
        The layer, without a bias if it is an LSTM, built for any T and B.

    Raises
    ------
    TypeError
        If `params` is anything else.
    """
    check_type("params", params, rnn.Params, lstm.Params)
    if isinstance(params, rnn.Params):
        layer = keras.layers.SimpleRNN(len(params.b), dtype=params.b.dtype.name, **options)
        arrays = [params.U.T, params.W.T, params.b[:, 0]]
    else:
        H = len(params.M_input)
        layer = keras.layers.LSTM(H, use_bias=False, dtype=params.M_input.dtype.name, **options)
        M = np.concatenate([getattr(params, name) for name in KERAS_GATES])
        arrays = [M[:, H:].T, M[:, :H].T]
    layer.build((None, None, arrays[0].shape[0]))
    layer.set_weights(arrays)
    return layer


def to_keras(model: classifier.Model, num_timestep: int | None = None, **options: Any) -> keras.Model:
    """Makes the whole model of Keras's own layers: SimpleRNN or LSTM, then Dense with softmax.

    For images that are scanned by columns put `keras.layers.Permute((2, 1))` before it.

    Parameters
    ----------
    model : classifier.Model
        The numbers; its initial states are not learned, because Keras's layers begin with zeros.
    num_timestep : int, optional
        T, if it is fixed.
    **options
        Arguments of the recurrent layer, `unroll=True` for example.

    Returns
    -------
    keras.Model
        (B, T, I) → probabilities (B, C).

    Raises
    ------
    TypeError
        If `model` is anything else.
    ValueError
        If the initial states are learned.
    """
    check_type("model", model, classifier.Model)
    if model.initial:
        given = type_name(type(model.initial))
        raise ValueError(f"model: expected no learned initial states, got {given}")
    recurrence, (d, V) = to_keras_layer(model.recurrence, **options), model.readout
    dense = keras.layers.Dense(len(d), activation="softmax", dtype=d.dtype.name)
    sequences = keras.Input((num_timestep, recurrence.weights[0].shape[0]), dtype=d.dtype.name)
    keras_model = keras.Model(sequences, dense(recurrence(sequences)))
    dense.set_weights([V.T, d[:, 0]])
    return keras_model


def _one(keras_model: Any, *kinds: type) -> Any:
    """The one layer of these kinds that `keras_model` is, or has; None if there are none or several."""
    found = [layer for layer in getattr(keras_model, "layers", [keras_model]) if isinstance(layer, kinds)]
    return found[0] if len(found) == 1 else None


def _array(variable: keras.Variable) -> np.ndarray:
    return keras.ops.convert_to_numpy(variable)


def _column(variable: keras.Variable) -> np.ndarray:
    return _array(variable)[:, np.newaxis]

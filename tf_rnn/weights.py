"""Weights from Keras to `numpy_rnn` and back, bit for bit.

Here `keras_model` is a model or layer of Keras, and `model` one of `numpy_rnn`. `network.py` finds the layers that
compute in a model, and `layout.py` knows how each side lays out their weights.

**Biases.** The equations of Fig. 2 have none. A bias is the weight of an input that is always 1. So an LSTM with biases
has them in the last column of each M, which is (H, H+I+1), and its inputs are `sequences.with_ones(x)`. The basic RNN
of Fig. 1 has its b, which is the bias of a `SimpleRNN`.
"""

from difflib import get_close_matches
from typing import Any

import keras

from numpy_rnn import classifier, lstm, readout, rnn
from numpy_rnn.checks import check_shapes, check_type, fields, type_name, whole_number
from tf_rnn import layout, network

# Options of Keras's recurrent layers that leave the equations as they are.
OPTIONS = "name", "return_sequences", "return_state", "stateful", "trainable", "unroll"


def to_numpy(keras_model: Any) -> classifier.Model:
    """Converts a Keras model to a model of `numpy_rnn` that gives the same probabilities.

    The model is read from its output back to its input. It consists of `tf_rnn.RNN` or `LSTM`; or of `SimpleRNN`,
    `LSTM`, or `keras.layers.RNN` with a cell of Keras or of this project, then `Dense`, then softmax as its activation
    or as a layer. Layers that do nothing at inference may lie anywhere: dropout, noise, `ActivityRegularization`,
    `Identity`. Any other layer, option or dtype is refused.

    Parameters
    ----------
    keras_model : RNN, LSTM or keras.Model
        A layer of this project, or a functional or sequential model, that has been built.

    Returns
    -------
    classifier.Model
        The same numbers in the layout of `numpy_rnn`. If Keras's LSTM has biases, x must be `sequences.with_ones(x)`.
        If a layer of this project scans columns, x must be `sequences.from_images(images, "columns")`. If it draws
        its initial states, the model doesn't contain them: `initial` of `classifier.forward` does.

    Raises
    ------
    TypeError
        If `keras_model` is anything else.
    ValueError
        If the model computes something else than the equations; the message names the layer.
    """
    layer, dense = network.read(keras_model)
    params = layout.params_of(layer.cell)
    if dense is not None:
        return classifier.Model(params, layout.readout_of(dense))
    read_out = readout.Params(d=layout.column(layer.d), V=layout.array(layer.V))
    if layer.initial_state != "learned":
        return classifier.Model(params, read_out)
    kind = rnn if layout.is_rnn(layer.cell) else lstm
    return classifier.Model(params, read_out, kind.Initial(*(layout.column(getattr(layer, s)) for s in layer.states)))


def from_numpy(keras_model: Any, model: classifier.Model) -> None:
    """Sets the weights of a Keras model to those of a model of `numpy_rnn`.

    Parameters
    ----------
    keras_model : RNN, LSTM or keras.Model
        What `to_numpy` takes. Nothing is changed where this function raises.
    model : classifier.Model
        Parameters of the same kind, shapes and dtype.

    Raises
    ------
    TypeError
        If `keras_model` or `model` is of another kind.
    ValueError
        If the Keras model computes something else than the equations, or if a shape or a dtype of `model` does not fit.
    """
    present, (layer, dense) = to_numpy(keras_model), network.read(keras_model)
    check_type("model", model, classifier.Model)
    check_type("model.recurrence", model.recurrence, type(present.recurrence))
    classifier.same_form(present, model)
    layout.assign(layer.cell, model.recurrence)
    if dense is not None:
        layout.assign_readout(dense, model.readout)
        return
    for part in (model.readout, *([model.initial] if model.initial else [])):
        for name, value in part._asdict().items():
            getattr(layer, name).assign(value.reshape(getattr(layer, name).shape))


def to_params(layer: keras.layers.Layer) -> rnn.Params | lstm.Params:
    """Converts the weights of a recurrent layer to parameters of `numpy_rnn`.

    Parameters
    ----------
    layer : keras.layers.Layer
        A cell of this project or of Keras, `SimpleRNN`, `LSTM`, or `keras.layers.RNN` with such a cell, that has been
        built.

    Returns
    -------
    rnn.Params or lstm.Params
        The same numbers in the layout of `numpy_rnn`; the biases of an LSTM are the last column of each M.

    Raises
    ------
    TypeError
        If `layer` is anything else.
    ValueError
        If the layer computes something else than the equations: with another activation or dtype, without the b of
        the RNN, or with the steps in reverse.
    """
    if type(layer) not in (*layout.EQUATIONS, *network.RECURRENT):
        raise TypeError(f"layer: expected a cell of tf_rnn, or keras.layers.SimpleRNN or LSTM, got {layer}")
    cell = getattr(layer, "cell", layer)
    network.check_equations(layer, cell)
    if getattr(layer, "go_backwards", False):
        raise ValueError(f"layer {layer.name!r}: expected go_backwards=False as in the equations, got True")
    return layout.params_of(cell)


def to_keras_layer(
    params: rnn.Params | lstm.Params, bias_column: bool = False, batch_size: int | None = None, **options: Any
) -> keras.layers.Layer:
    """Makes a layer of Keras's own.

    Parameters
    ----------
    params : rnn.Params or lstm.Params
        The numbers.
    bias_column : bool, optional
        Whether the last column of each matrix of an LSTM is its bias, so that the layer has I-1 inputs and biases.
        This can't be detected. A `SimpleRNN` always has the bias b.
    batch_size : int, optional
        B, if it is fixed. `stateful=True` needs it.
    **options
        Arguments of the layer that leave the equations as they are: `name`, `return_sequences`, `return_state`,
        `stateful`, `trainable` and `unroll`. For dropout or regularizers make the layer, and use `from_numpy`.

    Returns
    -------
    keras.layers.SimpleRNN or keras.layers.LSTM
        The layer, built for any T; an LSTM has no biases unless `bias_column` is true.

    Raises
    ------
    TypeError
        If `params` is anything else, or an option is unknown or changes the equations.
    ValueError
        If a shape or `bias_column` does not fit, or a stateful layer has no `batch_size`.
    """
    check_type("params", params, rnn.Params, lstm.Params)
    is_rnn = isinstance(params, rnn.Params)
    kind = rnn if is_rnn else lstm
    sizes = check_shapes(*fields("params", params, kind.Params, kind.AXES))
    _check_options(options, bias_column and is_rnn, batch_size)
    arguments = {"dtype": params[0].dtype.name, **options}
    layer: Any = (
        keras.layers.SimpleRNN(sizes["H"], **arguments)
        if is_rnn
        else keras.layers.LSTM(sizes["H"], use_bias=bias_column, **arguments)
    )
    layer.build((batch_size, None, whole_number("inputs of params", sizes["I"] - bias_column, 1)))
    layout.assign(layer.cell, params)
    return layer


def to_keras(
    model: classifier.Model,
    num_timestep: int | None = None,
    bias_column: bool = False,
    batch_size: int | None = None,
    **options: Any,
) -> keras.Model:
    """Makes the whole model of Keras's own layers: SimpleRNN or LSTM, then Dense with softmax.

    For images that are scanned by columns put `keras.layers.Permute((2, 1))` before it.

    Parameters
    ----------
    model : classifier.Model
        The numbers; its initial states are not learned, because Keras's layers begin with zeros.
    num_timestep : int, optional
        T, if it is fixed.
    bias_column, batch_size, **options
        Those of `to_keras_layer`, except `return_state`.

    Returns
    -------
    keras.Model
        (B, T, I) → probabilities (B, C), or (B, T, C) with `return_sequences=True`. With `bias_column` I does not
        count the input that is always 1.

    Raises
    ------
    TypeError
        If `model` is anything else, or an option is unknown or changes the equations.
    ValueError
        If the initial states are learned, or another argument is refused by `to_keras_layer`.
    """
    check_type("model", model, classifier.Model)
    if model.initial:
        given = type_name(type(model.initial))
        raise ValueError(f"model: expected no learned initial states, got {given}")
    if "return_state" in options:
        raise TypeError("return_state: expected only in to_keras_layer, got it for a whole model")
    recurrence = to_keras_layer(model.recurrence, bias_column, batch_size, **options)
    C, dtype = len(model.readout.d), model.readout.d.dtype.name
    dense = keras.layers.Dense(C, activation="softmax", dtype=dtype)
    inputs = recurrence.cell.kernel.shape[0]
    sequences = keras.Input((num_timestep, inputs), batch_size, dtype=dtype)
    keras_model = keras.Model(sequences, dense(recurrence(sequences)))
    layout.assign_readout(dense, model.readout)
    return keras_model


def _check_options(options: dict[str, Any], bias_column_of_rnn: bool, batch_size: Any) -> None:
    """Raises TypeError or ValueError unless a layer with these options computes the equations."""
    for name in options:
        if name not in OPTIONS:
            near = ["bias_column"] if name == "use_bias" else get_close_matches(name, OPTIONS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise TypeError(f"{name}: expected one of the options {', '.join(OPTIONS)}, got {name!r}{hint}")
    if bias_column_of_rnn:
        raise ValueError("bias_column: expected False for an RNN, whose bias is b, got True")
    if batch_size is not None or options.get("stateful"):
        if batch_size is None:
            raise ValueError("batch_size: expected a whole number of 1 or more with stateful=True, got None")
        whole_number("batch_size", batch_size, 1)

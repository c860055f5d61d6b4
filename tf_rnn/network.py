"""The layers of a Keras model that compute the equations.

A model is read if its probabilities are those of the equations for every input: one recurrent layer, `Dense`, softmax,
and any number of layers that do nothing at inference. Everything else is refused in one line that names the layer.
"""

from typing import Any, NamedTuple

import keras

from numpy_rnn.checks import FLOATS
from tf_rnn import graph
from tf_rnn.graph import refusal
from tf_rnn.layers import LSTM, RNN
from tf_rnn.layout import EQUATIONS

CLASSIFIERS = RNN, LSTM
RECURRENT = keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.RNN
IDLE = (
    keras.layers.InputLayer,
    keras.layers.Identity,
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.AlphaDropout,
    keras.layers.ActivityRegularization,
)
# Options with which a recurrent layer of Keras does not run forward from zeros to its last state.
SWITCHED_OFF = "go_backwards", "return_sequences", "stateful"
SOFTMAX, LINEAR = keras.activations.softmax, keras.activations.linear


class Network(NamedTuple):
    """The layers of a model that compute: a recurrent layer, and `Dense` unless the first has its own read-out."""

    recurrent: Any
    dense: Any = None


def read(keras_model: Any) -> Network:
    """Finds the layers of a model that compute.

    Parameters
    ----------
    keras_model : RNN, LSTM or keras.Model
        A layer of this project, or a functional or sequential model, that has been built.

    Returns
    -------
    Network
        The layers.

    Raises
    ------
    TypeError
        If `keras_model` is anything else.
    ValueError
        If the model computes something else than the equations; the message names the layer.
    """
    if type(keras_model) in CLASSIFIERS:
        check_equations(keras_model, keras_model.cell)
        return Network(keras_model)
    calls = list(graph.calls(keras_model))
    computing = (call.layer for call in calls if not _is_idle(call.layer))
    recurrent: Any = next(computing, None)
    dense, end = None, "its own softmax"
    if type(recurrent) not in CLASSIFIERS + RECURRENT:
        raise refusal(recurrent, "a recurrent layer, or one that does nothing at inference")
    if type(recurrent) in RECURRENT:
        for option in SWITCHED_OFF:
            if getattr(recurrent, option):
                raise refusal(recurrent, f"{option}=False", "True")
        dense, end = _dense(recurrent, next(computing, None)), "softmax"
        if dense.activation is LINEAR:
            _check_softmax(dense, next(computing, None))
    check_equations(recurrent, recurrent.cell)
    if (behind := next(computing, None)) is not None:
        raise refusal(behind, f"no layer that computes behind {recurrent.name!r} and {end}")
    for call in calls:
        graph.check_arguments(call)
        graph.check_dtype(call, recurrent.dtype)
    return Network(recurrent, dense)


def check_equations(layer: Any, cell: Any) -> None:
    """Checks that a recurrent layer has weights and computes the equations in float32 or float64.

    Parameters
    ----------
    layer : keras.layers.Layer
        The layer, which a message names.
    cell : keras.layers.Layer
        Its cell.

    Raises
    ------
    ValueError
        If it does not.
    """
    if type(cell) not in EQUATIONS:
        raise refusal(layer, "a cell of tf_rnn, or keras.layers.SimpleRNNCell or LSTMCell", graph.class_name(cell))
    for name, value in EQUATIONS[type(cell)].items():
        if getattr(cell, name) is not value:
            raise refusal(layer, f"{name}={_shown(value)} as in the equations", _shown(getattr(cell, name)))
    policies = {one.dtype_policy.name for one in (layer, cell)}
    if len(policies) != 1 or not policies <= {*map(str, FLOATS)}:
        raise refusal(layer, "the dtype float32 or float64", " and ".join(sorted(policies)))
    if not layer.built:
        raise refusal(layer, "a layer that has been built", "one without weights")


def _is_idle(layer: Any) -> bool:
    """Whether a layer does nothing at inference."""
    return type(layer) in IDLE or (type(layer) is keras.layers.Activation and layer.activation is LINEAR)


def _dense(recurrent: Any, layer: Any) -> Any:
    """The layer behind the recurrent one; raises ValueError unless it is a read-out."""
    if type(layer) is not keras.layers.Dense:
        raise refusal(layer, f"Dense with softmax behind {recurrent.name!r}")
    if layer.activation not in (SOFTMAX, LINEAR):
        raise refusal(layer, "activation='softmax' or 'linear'", _shown(layer.activation))
    if not layer.use_bias:
        raise refusal(layer, "use_bias=True as in the equations", "False")
    if layer.lora_enabled:
        raise refusal(layer, "a kernel of its own", "one with low-rank updates (LoRA)")
    return layer


def _check_softmax(dense: Any, layer: Any) -> None:
    """Raises ValueError unless this layer is the softmax over the classes (B, C)."""
    if type(layer) is keras.layers.Activation and layer.activation is SOFTMAX:
        return
    if type(layer) is not keras.layers.Softmax:
        raise refusal(layer, f"softmax behind {dense.name!r}, whose activation is linear")
    if layer.axis not in (-1, 1):
        raise refusal(layer, "axis=-1", str(layer.axis))


def _shown(value: Any) -> str:
    """A value of an option as one writes it: 'tanh' for the function, True for True."""
    return repr(getattr(value, "__name__", value))

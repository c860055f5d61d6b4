"""The graph of a Keras model, read from its output back to its input: the layers that compute, and nothing else.

A model is read if its probabilities are those of the equations for every input: one recurrent layer, `Dense`, softmax,
and any number of layers that do nothing at inference. Everything else is refused in one line that names the layer.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import keras
import numpy as np

from numpy_rnn.checks import FLOATS, type_name
from tf_rnn.layers import AXIS, LSTM, RNN
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
# What a recurrent layer must not do in a model of a read-out of the last state.
SWITCHED_OFF = "go_backwards", "return_sequences", "stateful"
SOFTMAX, LINEAR = keras.activations.softmax, keras.activations.linear


class Network(NamedTuple):
    """The layers of a model that compute: a recurrent layer, and `Dense` unless the first has its own read-out."""

    recurrent: Any
    dense: Any = None


class Call(NamedTuple):
    """A layer, or another operation, in the graph of a model, and the node that says with what it is called."""

    layer: Any
    node: Any


def read(keras_model: Any) -> Network:
    """Finds the layers of a model that compute.

    Parameters
    ----------
    keras_model : RNN, LSTM or keras.Model
        A layer of this project that has been built, or a functional or sequential model.

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
    _check_model(keras_model)
    calls = list(_calls(keras_model))
    computing = (call.layer for call in calls if not _is_idle(call.layer))
    recurrent: Any = next(computing, None)
    dense = None
    if type(recurrent) not in CLASSIFIERS + RECURRENT:
        _refuse(recurrent, "a recurrent layer, or one that does nothing at inference")
    if type(recurrent) in RECURRENT:
        _check_options(recurrent)
        dense = _dense(recurrent, next(computing, None))
        if dense.activation is LINEAR:
            _check_softmax(dense, next(computing, None))
    check_equations(recurrent, recurrent.cell)
    end = "its own softmax" if dense is None else "softmax"
    for layer in computing:
        _refuse(layer, f"no layer that computes behind {recurrent.name!r} and {end}")
    for call in calls:
        _check_call(call, recurrent.dtype)
    return Network(recurrent, dense)


def check_equations(layer: Any, cell: Any) -> None:
    """Checks that a recurrent layer has weights and computes the equations in float32 or float64.

    Parameters
    ----------
    layer : keras.layers.Layer
        The layer, whose name a message has.
    cell : keras.layers.Layer
        Its cell.

    Raises
    ------
    ValueError
        If it does not.
    """
    if type(cell) not in EQUATIONS:
        _refuse(layer, "a cell of tf_rnn, or keras.layers.SimpleRNNCell or LSTMCell", _kind(cell))
    for name, value in EQUATIONS[type(cell)].items():
        if getattr(cell, name) is not value:
            _refuse(layer, f"{name}={_shown(value)} as in the equations", _shown(getattr(cell, name)))
    policies = {one.dtype_policy.name for one in (layer, cell)}
    if len(policies) != 1 or not policies <= {*map(str, FLOATS)}:
        _refuse(layer, "the dtype float32 or float64", " and ".join(sorted(policies)))
    if not layer.built:
        _refuse(layer, "a layer that has been built", "one without weights")


def _check_model(keras_model: Any, name: str = "keras_model") -> None:
    """Raises TypeError or ValueError unless this is a model with a graph from one input to one output."""
    if not isinstance(keras_model, keras.Model):
        raise TypeError(f"{name}: expected a layer RNN or LSTM of tf_rnn, or a keras.Model, got {keras_model}")
    of_keras = type(keras_model).__module__.startswith("keras.")
    if not of_keras or getattr(keras_model, "inputs", None) is None:  # a Sequential without weights has no inputs
        given = f"{_kind(keras_model)}" + " without weights" * of_keras
        raise ValueError(f"{name}: expected a functional or sequential model that has been built, got {given}")
    for word, tensors in (("input", keras_model.inputs), ("output", keras_model.outputs)):
        if len(tensors) != 1:
            raise ValueError(f"{name}: expected one {word}, got {len(tensors)}")


def _calls(keras_model: Any) -> Iterator[Call]:
    """The calls of layers from the input to the output; a model inside the model becomes its own calls."""
    (source,), (tensor,) = keras_model.inputs, keras_model.outputs
    calls: list[Call] = []
    while True:
        history = tensor._keras_history
        call = Call(history.operation, history.operation._inbound_nodes[history.node_index])
        calls.insert(0, call)
        if tensor is source:
            break
        if history.tensor_index:
            _refuse(call.layer, "that its first output alone is used", f"output {history.tensor_index + 1}")
        tensor = call.node.input_tensors[0]  # `_check_call` refuses others.
    for call in calls:
        if isinstance(call.layer, keras.Model):
            _check_model(call.layer, f"layer {call.layer.name!r}")
            yield from _calls(call.layer)
        else:
            yield call


def _is_idle(layer: Any) -> bool:
    """Whether a layer does nothing at inference."""
    return type(layer) in IDLE or (type(layer) is keras.layers.Activation and layer.activation is LINEAR)


def _check_options(recurrent: Any) -> None:
    """Raises ValueError unless a layer of Keras's runs forward from zeros to its last state."""
    for option in SWITCHED_OFF:
        if getattr(recurrent, option):
            _refuse(recurrent, f"{option}=False", "True")


def _dense(recurrent: Any, layer: Any) -> Any:
    """The layer behind the recurrent one; raises ValueError unless it is a read-out."""
    if type(layer) is not keras.layers.Dense:
        _refuse(layer, f"Dense with softmax behind {recurrent.name!r}")
    if layer.activation not in (SOFTMAX, LINEAR):
        _refuse(layer, "activation='softmax' or 'linear'", _shown(layer.activation))
    if not layer.use_bias:
        _refuse(layer, "use_bias=True as in the equations", "False")
    if layer.lora_enabled:
        _refuse(layer, "a kernel of its own", "one with low-rank updates (LoRA)")
    return layer


def _check_softmax(dense: Any, layer: Any) -> None:
    """Raises ValueError unless this layer is the softmax over the classes (B, C)."""
    softmax = type(layer) is keras.layers.Activation and layer.activation is SOFTMAX
    if type(layer) is keras.layers.Softmax:
        if layer.axis not in (-1, 1):
            _refuse(layer, "axis=-1", str(layer.axis))
    elif not softmax:
        _refuse(layer, f"softmax behind {dense.name!r}, whose activation is linear")


def _check_call(call: Call, dtype: str) -> None:
    """Raises ValueError unless a layer is called with its input alone, and passes on each number as it is."""
    layer, arguments = call.layer, call.node.arguments
    given = {f"argument {n}": value for n, value in enumerate(arguments.args, start=1)} | arguments.kwargs
    if call.node.input_tensors:
        inputs, *_ = call.node.input_tensors
        given.pop(next((name for name, value in given.items() if value is inputs), None), None)
    for name, value in given.items():
        whole = name == "num_timestep" and value == inputs.shape[AXIS[layer.scan]]
        if value is not None and value is not False and not whole:
            _refuse(layer, "a call with its input alone", f"{name}={value if np.ndim(value) == 0 else '…'}")
    policy = call.node.outputs[0].dtype if isinstance(layer, keras.layers.InputLayer) else layer.dtype_policy.name
    if policy != dtype:
        _refuse(layer, f"the dtype {dtype}, that of the recurrent layer", policy)


def _refuse(layer: Any, expected: str, got: str = "") -> NoReturn:
    """Raises ValueError, naming the layer; None is the end of the model."""
    if layer is None:
        raise ValueError(f"keras_model: expected {expected}, got its output")
    raise ValueError(f"layer {layer.name!r}: expected {expected}, got {got or _kind(layer)}")


def _kind(value: Any) -> str:
    """The class of a layer: its plain name if Keras defines it, and with its module otherwise."""
    kind = type(value)
    return kind.__name__ if kind.__module__.startswith("keras.") else type_name(kind)


def _shown(value: Any) -> str:
    """A value of an option as one writes it: 'tanh' for the function, True for True."""
    return repr(getattr(value, "__name__", value))

"""The graph of a Keras model as the calls of its layers, from its input to its output."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from numpy_rnn.checks import type_name
from tf_rnn.layers import AXIS


class Call(NamedTuple):
    """A layer, or another operation, in the graph of a model, and Keras's node that says with what it is called."""

    layer: Any
    node: Any


def calls(keras_model: Any, name: str = "keras_model") -> Iterator[Call]:
    """Follows a model from its output back to its input.

    Parameters
    ----------
    keras_model : keras.Model
        A functional or sequential model that has been built.
    name : str, optional
        What a message calls it.

    Returns
    -------
    iterator of Call
        The calls, the input first. A model inside the model becomes its own calls.

    Raises
    ------
    TypeError
        If `keras_model` is no model.
    ValueError
        If it is another kind of model, or has several inputs or outputs.
    """
    _check_model(keras_model, name)
    (source,), (tensor,) = keras_model.inputs, keras_model.outputs
    found: list[Call] = []
    while True:
        history = tensor._keras_history
        call = Call(history.operation, history.operation._inbound_nodes[history.node_index])
        found.insert(0, call)
        if tensor is source:
            break
        if history.tensor_index:
            raise refusal(call.layer, "that its first output alone is used", f"output {history.tensor_index + 1}")
        tensor = call.node.input_tensors[0]  # `check_arguments` refuses others.
    for call in found:
        if isinstance(call.layer, keras.Model):
            check_arguments(call)
            yield from calls(call.layer, f"layer {call.layer.name!r}")
        else:
            yield call


def check_arguments(call: Call) -> None:
    """Checks that a layer is called with its input alone.

    Parameters
    ----------
    call : Call
        The call of the layer.

    Raises
    ------
    ValueError
        If it has another argument that may change the result.
    """
    given = {f"argument {n}": value for n, value in enumerate(call.node.arguments.args, start=1)}
    given |= call.node.arguments.kwargs
    inputs, *_ = call.node.input_tensors or [None]
    own = next((name for name, value in given.items() if value is inputs), None)
    for name, value in given.items():
        whole = name == "num_timestep" and value == inputs.shape[AXIS[call.layer.scan]]
        if name != own and value is not None and value is not False and not whole:
            raise refusal(call.layer, "a call with its input alone", f"{name}={value if np.ndim(value) == 0 else '…'}")


def check_dtype(call: Call, dtype: str) -> None:
    """Checks that a layer rounds no number, because it takes and gives this dtype.

    Parameters
    ----------
    call : Call
        The call of the layer.
    dtype : str
        "float32" or "float64".

    Raises
    ------
    ValueError
        If the layer has another dtype.
    """
    is_input = isinstance(call.layer, keras.layers.InputLayer)
    policy = call.node.outputs[0].dtype if is_input else call.layer.dtype_policy.name
    if policy != dtype:
        raise refusal(call.layer, f"the dtype {dtype}, that of the recurrent layer", policy)


def refusal(layer: Any, expected: str, got: str = "") -> ValueError:
    """Makes the error that names a layer.

    Parameters
    ----------
    layer : keras.layers.Layer, optional
        The layer, or another operation; None is the end of the model.
    expected : str
        What was expected.
    got : str, optional
        What was given; by default the layer's class.

    Returns
    -------
    ValueError
        The error, to be raised.
    """
    if layer is None:
        return ValueError(f"keras_model: expected {expected}, got its output")
    return ValueError(f"layer {layer.name!r}: expected {expected}, got {got or class_name(layer)}")


def class_name(value: Any) -> str:
    """Names the class of a layer.

    Parameters
    ----------
    value : keras.layers.Layer
        The layer, or another object.

    Returns
    -------
    str
        The plain name if Keras defines the class, and the name with its module otherwise.
    """
    kind = type(value)
    return kind.__name__ if kind.__module__.startswith("keras.") else type_name(kind)


def _check_model(keras_model: Any, name: str) -> None:
    """Raises TypeError or ValueError unless this is a model with a graph from one input to one output."""
    if not isinstance(keras_model, keras.Model):
        raise TypeError(f"{name}: expected a layer RNN or LSTM of tf_rnn, or a keras.Model, got {keras_model}")
    of_keras = type(keras_model).__module__.startswith("keras.")
    if not of_keras or getattr(keras_model, "inputs", None) is None:  # a Sequential without weights has no inputs
        given = class_name(keras_model) + " without weights" * of_keras
        raise ValueError(f"{name}: expected a functional or sequential model that has been built, got {given}")
    for word, tensors in (("input", keras_model.inputs), ("output", keras_model.outputs)):
        if len(tensors) != 1:
            raise ValueError(f"{name}: expected one {word}, got {len(tensors)}")

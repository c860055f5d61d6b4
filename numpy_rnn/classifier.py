"""Recurrence + read-out: the exercise's model, from sequences to probabilities, loss and gradients."""

from typing import Any, NamedTuple

import numpy as np

from numpy_rnn import lstm, readout, rnn
from numpy_rnn.checks import Argument, check_shapes, check_type, fields, finite
from numpy_rnn.initialization import draw

Initial = rnn.Initial | lstm.Initial
Trace = rnn.Trace | lstm.Trace

# `last_state` computes the trace of this number of examples at a time. With T 28 and H 128 in float32, the
# states of 1,000 examples exceed the cache of most processors, and the RNN takes 1.15 times as long, the LSTM 1.27.
IN_CACHE = 250


class Model(NamedTuple):
    """The parameters, or their gradients: of the recurrence, of the read-out, and learned initial states, if any.

    Learned states are an `Initial` of the recurrence's kind, whose arrays are (H, 1).
    """

    recurrence: rnn.Params | lstm.Params
    readout: readout.Params
    initial: Initial | tuple[()] = ()


def axes(model: Model) -> list[Argument]:
    """Lists all parameters as arguments of `checks.check_shapes`.

    Parameters
    ----------
    model : Model
        The parameters.

    Returns
    -------
    list of tuple
        The name, the value and the axes of each parameter.

    Raises
    ------
    TypeError
        If `model` or one of its fields has another type.
    """
    module = _module(model)
    listed = fields("model.recurrence", model.recurrence, module.Params, module.AXES)
    listed += fields("model.readout", model.readout, readout.Params, readout.AXES)
    if _learns_initial(model):
        one_for_all = dict.fromkeys(module.Initial._fields, "H 1")
        listed += fields("model.initial", model.initial, module.Initial, one_for_all)
    return listed


def check(model: Model) -> dict[str, int]:
    """Checks that all parameters fit together and are finite.

    Parameters
    ----------
    model : Model
        The parameters.

    Returns
    -------
    dict of str to int
        The sizes H, I and C.

    Raises
    ------
    TypeError, ValueError
        If they do not; the message names the parameter.
    """
    parameters = axes(model)
    sizes = check_shapes(*parameters)
    for name, value, _ in parameters:
        finite(name, value)
    return sizes


def same_form(model: Model, other: Model, prefix: str = "") -> None:
    """Checks that two models have the same parameters, shapes and dtypes.

    Parameters
    ----------
    model, other : Model
        The model that is expected, and the one to check.
    prefix : str, optional
        Precedes the parameters' names in a message.

    Raises
    ------
    ValueError
        If they do not; the message names the parameter.
    """
    expected, given = ({f"{prefix}{name}": value for name, value, _ in axes(one)} for one in (model, other))
    if expected.keys() != given.keys():
        raise ValueError(f"expected the parameters {', '.join(expected)}, got {', '.join(given)}")
    for name, value in expected.items():
        if (given[name].shape, given[name].dtype) != (value.shape, value.dtype):
            got = f"{given[name].dtype} {given[name].shape}"
            raise ValueError(f"{name}: expected {value.dtype} {value.shape}, got {got}")


def initial_type(model: Model) -> Any:
    """Returns the type of the initial states.

    Parameters
    ----------
    model : Model
        The parameters.

    Returns
    -------
    type
        `rnn.Initial` or `lstm.Initial`.

    Raises
    ------
    TypeError
        If `model` or its recurrence has another type.
    """
    return _module(model).Initial


def is_number(state: Any) -> bool:
    """Returns whether an initial state is a number for all entries.

    Parameters
    ----------
    state : object
        A field of an `rnn.Initial` or `lstm.Initial`.

    Returns
    -------
    bool
        Whether it is a number, of Python or NumPy.
    """
    return isinstance(state, int | float | np.number)


def random_initial(model: Model, rng: np.random.Generator, batch: int) -> Initial:
    """Draws an initial state for each example, each entry from N(0, 1).

    Parameters
    ----------
    model : Model
        Determines the kind of the states, H and the dtype.
    rng : numpy.random.Generator
        Draws the numbers.
    batch : int
        B.

    Returns
    -------
    rnn.Initial or lstm.Initial
        Arrays (H, B).
    """
    module, first = _module(model), model.recurrence[0]
    sizes = {"H": len(first), "B": batch}
    return draw(module.Initial, module.AXES, sizes, rng, first.dtype, standard_deviation=1)


def forward(model: Model, x: np.ndarray, initial: Initial | None = None, out: Trace | None = None) -> Trace:
    """Computes the states of every step.

    `images.classify_images` takes images, and detects more mistakes.

    Parameters
    ----------
    model : Model
        The parameters, float32 or float64; all other arrays have the same dtype.
    x : array (T, I, B)
        The inputs, one example in each column. The order of the axes can't be detected where sizes are equal: a batch
        first, (B, T, I), or images without `sequences.from_images` pass silently if T = I, as in MNIST, 28 = 28. They
        are read as B steps of T inputs for I examples. Nor can values be detected that `sequences.grey` has not scaled.
    initial : rnn.Initial or lstm.Initial, optional
        The states before the first step, of the recurrence's kind. Each is a number for all entries, an array (H, 1)
        or an array (H, B). By default the model's own where they are learned, and zeros otherwise.
    out : rnn.Trace or lstm.Trace, optional
        A trace of the same shapes, which is overwritten and returned in place of new memory. What its arrays may share
        memory with is said in `rnn.forward` and `lstm.forward`.

    Returns
    -------
    rnn.Trace or lstm.Trace
        The inputs and all states.

    Raises
    ------
    TypeError, ValueError
        If a type, a dtype or a shape is not as described; the message names the argument.
    """
    module = _module(model)
    return module.forward(model.recurrence, x, *_states(model, initial), out=out)


def last_state(model: Model, x: np.ndarray, initial: Initial | None = None) -> np.ndarray:
    """Computes h_T without keeping the other states, for `IN_CACHE` examples at a time, which the cache can hold.

    Parameters
    ----------
    model, x, initial
        Those of `forward`.

    Returns
    -------
    array (H, B)
        The last state of each example, in memory of its own.

    Raises
    ------
    TypeError, ValueError
        Like `forward`.
    """
    module = _module(model)
    states = _states(model, initial)
    parameters = fields("model.recurrence", model.recurrence, module.Params, module.AXES)
    named = [(name, state, "H #B") for name, state in zip(module.Initial._fields, states, strict=True)]
    sizes = check_shapes(*parameters, ("x", x, module.AXES["x"]), *named)
    h_T = np.empty((sizes["H"], sizes["B"]), x.dtype)
    trace = None
    for first in range(0, sizes["B"], IN_CACHE):
        piece = slice(first, first + IN_CACHE)
        if trace is not None and first + IN_CACHE > sizes["B"]:
            trace = None  # the last piece is smaller
        own = (state if state.shape[1] == 1 else state[:, piece] for state in states)
        trace = module.forward(model.recurrence, x[:, :, piece], *own, out=trace)
        h_T[:, piece] = trace.h[-1]
    return h_T


def backward(model: Model, trace: Trace, labels: np.ndarray) -> Model:
    """Computes the gradients of the mean cross-entropy by backpropagation through time.

    Parameters
    ----------
    model : Model
        The parameters that were given to `forward`.
    trace : rnn.Trace or lstm.Trace
        The result of `forward`.
    labels : array (B,)
        Integers from 0 to C - 1.

    Returns
    -------
    Model
        The gradient of each parameter. That of a learned initial state is summed over the batch, which shares it.

    Raises
    ------
    TypeError, ValueError
        If a type, a dtype, a shape or a label is not as described; the message names the argument.
    """
    module = _module(model)
    check_type("trace", trace, module.Trace)
    h = trace.h
    outside = readout.backward(model.readout, h[-1], labels)
    dh = np.zeros_like(h[1:])
    dh[-1:] = outside.h
    gradients = module.backward(model.recurrence, trace, dh)
    states = (gradient.sum(axis=1, keepdims=True) for gradient in gradients[2:])
    return Model(gradients.params, outside.params, module.Initial(*states) if _learns_initial(model) else ())


def predict(model: Model, x: np.ndarray, initial: Initial | None = None) -> np.ndarray:
    """Computes the probabilities of the classes.

    `images.classify_images` takes images, and detects more mistakes.

    Parameters
    ----------
    model, x, initial
        Those of `forward`. For images without `sequences.from_images`, or a batch first, the result is (C, 28) instead
        of (C, B), and no error is raised: 28 rows = 28 columns.

    Returns
    -------
    array (C, B)
        The probabilities y; each column adds up to 1.

    Raises
    ------
    TypeError, ValueError
        Like `forward`.
    """
    h = last_state(model, x, initial)
    return readout.forward(model.readout, h)


def loss_and_gradients(
    model: Model, x: np.ndarray, labels: np.ndarray, initial: Initial | None = None
) -> tuple[float, Model]:
    """Computes the mean cross-entropy and its gradients.

    Parameters
    ----------
    model, x, initial
        Those of `forward`.
    labels : array (B,)
        Integers from 0 to C - 1; B is 1 or more.

    Returns
    -------
    tuple of (float, Model)
        The loss, and its gradient by each parameter.

    Raises
    ------
    TypeError, ValueError
        Like `forward` and `readout.cross_entropy`.
    """
    trace = forward(model, x, initial)
    loss = readout.cross_entropy(model.readout, trace.h[-1], labels)
    return loss, backward(model, trace, labels)


def _module(model: Model) -> Any:
    """The module of the model's recurrence; raises TypeError if there is none."""
    check_type("model", model, Model)
    check_type("model.recurrence", model.recurrence, rnn.Params, lstm.Params)
    return lstm if isinstance(model.recurrence, lstm.Params) else rnn


def _states(model: Model, initial: Initial | None) -> list[np.ndarray]:
    """The states before the first step as arrays: those given, or the model's own, or zeros."""
    module, params = _module(model), model.recurrence
    check_shapes(*fields("model.recurrence", params, module.Params, module.AXES))
    zeros = module.Initial(*(0 for _ in module.Initial._fields))
    default: Any = model.initial if _learns_initial(model) else zeros
    states: Any = default if initial is None else initial
    check_type("initial", states, module.Initial)
    shape, dtype = (len(params[0]), 1), params[0].dtype
    return [np.full(shape, s, dtype) if is_number(s) else s for s in states]


def _learns_initial(model: Model) -> bool:
    """Whether the initial states are learned; raises TypeError if they are those of another recurrence."""
    if type(model.initial) is tuple and not model.initial:
        return False
    check_type("model.initial", model.initial, _module(model).Initial)
    return True

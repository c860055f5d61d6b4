"""Recurrence + read-out: the exercise's model, from sequences to probabilities, loss and gradients."""

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from numpy_rnn import lstm, readout, rnn
from numpy_rnn.checks import Argument, finite, fitting


class RNNInitial(NamedTuple):
    """An RNN's state before the first step: h_init, (H, 1) where it is learned, (H, B) of each example its own."""

    h_init: np.ndarray


class LSTMInitial(NamedTuple):
    """An LSTM's states before the first step: h_init and c_init, (H, 1) where they are learned, or (H, B)."""

    h_init: np.ndarray
    c_init: np.ndarray


INITIAL: dict[ModuleType, Any] = {rnn: RNNInitial, lstm: LSTMInitial}


class Model(NamedTuple):
    """The parameters, or their gradients, of the recurrence, an `rnn.Params` or an `lstm.Params`, and the read-out.

    Where the initial states are learned like the parameters, they are `initial`.
    """

    recurrence: rnn.Params | lstm.Params
    readout: readout.Params
    initial: RNNInitial | LSTMInitial | tuple[()] = ()


Trace = rnn.Trace | lstm.Trace
State = float | np.ndarray


def axes(model: Model) -> list[Argument]:
    """All parameters by name, with their axes, for `checks.fitting`."""
    learned = zip(INITIAL[_module(model)]._fields, model.initial, strict=False)
    initial: list[Argument] = [(name, value, "H 1") for name, value in learned]
    return _module(model).axes(model.recurrence) + readout.axes(model.readout) + initial


def check(model: Model) -> None:
    """Raises TypeError or ValueError, naming the parameter, unless all fit together and are finite."""
    fitting(*axes(model))
    for name, value, _ in axes(model):
        finite(name, value)


def same_form(model: Model, other: Model, prefix: str = "") -> None:
    """Raises ValueError unless `other` has the parameters of `model`, of its shapes and dtype; `prefix` their names."""
    expected, came = ({f"{prefix}{name}": value for name, value, _ in axes(one)} for one in (model, other))
    if expected.keys() != came.keys():
        raise ValueError(f"expected the parameters {', '.join(expected)}, got {', '.join(came)}")
    for name, value in expected.items():
        if (came[name].shape, came[name].dtype) != (value.shape, value.dtype):
            got = f"{came[name].dtype} {came[name].shape}"
            raise ValueError(f"{name}: expected {value.dtype} {value.shape}, got {got}")


def random_initial(model: Model, rng: np.random.Generator, batch: int) -> RNNInitial | LSTMInitial:
    """Initial states (H, `batch`), of each example its own, each entry drawn from N(0, 1)."""
    kind, first = INITIAL[_module(model)], model.recurrence[0]
    return kind(*(rng.normal(0, 1, (len(first), batch)).astype(first.dtype) for _ in kind._fields))


def forward(
    model: Model, x: np.ndarray, h_init: State | None = None, c_init: State | None = None, out: Any = None
) -> Trace:
    """The recurrence's trace for x (T, I, B); each initial state is a number for all its entries, (H, 1) or (H, B).

    By default it is the model's own, where that is learned, else 0. `c_init` is the LSTM's alone. `out` is an earlier
    trace of the same shapes, to fill again. Raises like `rnn.forward` and `lstm.forward`.
    """
    params = model.recurrence
    fitting(*_module(model).axes(params))
    own = (*model.initial, 0, 0)
    states = (mine if state is None else state for state, mine in zip((h_init, c_init), own, strict=False))
    h_init, c_init = (
        np.full((len(params[0]), 1), state, params[0].dtype) if isinstance(state, int | float | np.number) else state
        for state in states
    )
    if isinstance(params, lstm.Params):
        return lstm.forward(params, x, h_init, c_init, out)
    return rnn.forward(params, x, h_init, out)


def backward(model: Model, trace: Trace, labels: np.ndarray) -> Model:
    """The gradients of the mean cross-entropy by all parameters, for the trace of `forward` and labels (B,).

    One learned initial state serves the whole batch: its gradient is that of the state which acted, summed over it.
    """
    h = trace.h
    outside = readout.backward(model.readout, h[-1], labels)
    dh = np.zeros_like(h[1:])
    dh[-1:] = outside.h
    gradients = _module(model).backward(model.recurrence, trace, dh)
    states = (gradient.sum(axis=1, keepdims=True) for gradient in gradients[2:])
    return Model(gradients.params, outside.params, INITIAL[_module(model)](*states) if model.initial else ())


def predict(model: Model, x: np.ndarray, h_init: State | None = None, c_init: State | None = None) -> np.ndarray:
    """The probabilities y (C, B) for x (T, I, B). Arguments and errors as in `forward`."""
    return readout.forward(model.readout, forward(model, x, h_init, c_init).h[-1])


def loss_and_gradients(
    model: Model, x: np.ndarray, labels: np.ndarray, h_init: State | None = None, c_init: State | None = None
) -> tuple[float, Model]:
    """The mean cross-entropy over x (T, I, B) and labels (B,), and its gradients by all parameters, as a `Model`.

    Raises like `forward`, and like `readout.cross_entropy` for the labels.
    """
    trace = forward(model, x, h_init, c_init)
    return readout.cross_entropy(model.readout, trace.h[-1], labels), backward(model, trace, labels)


def _module(model: Model) -> Any:
    """The module of the model's recurrence."""
    return lstm if isinstance(model.recurrence, lstm.Params) else rnn

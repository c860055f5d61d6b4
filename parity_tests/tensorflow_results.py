"""What TensorFlow's own differentiation gives for a `strategies.Case`, outputs and gradients, in `numpy_rnn`'s axes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from numpy_rnn import classifier
from parity_tests import devices, implementations
from parity_tests.bounds import arithmetic
from parity_tests.comparison import assert_within
from parity_tests.implementations import Implementation
from parity_tests.strategies import Case
from tf_rnn import LSTM, RNN, LSTMCell, RNNCell, weights

CELLS: dict[str, Any] = {"rnn": RNNCell, "lstm": LSTMCell}
LAYERS: dict[str, Any] = {"rnn": RNN, "lstm": LSTM}
STATES = implementations.STATES["lstm"]

Arrays = dict[str, np.ndarray]


def assign(owner: Any, params: Any) -> None:
    """Gives a cell or a layer the numbers of these parameters, by name."""
    for name, value in params._asdict().items():
        variable = getattr(owner, name)
        variable.assign(value.reshape(variable.shape))


def inputs_of(drawn: Case) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """x (B, T, I) and the states (B, H)."""
    B = drawn.x.shape[2]
    states = [np.broadcast_to(state, (len(state), B)).T for state in drawn.initial]
    return tf.constant(drawn.x.transpose(2, 0, 1)), [tf.constant(state) for state in states]


def loss_of(drawn: Case, h: tf.Tensor, c_T: tf.Tensor | None) -> tf.Tensor:
    """Σ dh ∘ h + Σ dc ∘ c_T, for h (B, T, H)."""
    loss = tf.reduce_sum(h * drawn.dh.transpose(2, 0, 1))
    return loss if c_T is None else loss + tf.reduce_sum(c_T * drawn.dc[0].T)


def gradients_of(tape: tf.GradientTape, loss: tf.Tensor, x: tf.Tensor, states: list[tf.Tensor]) -> Arrays:
    """∂L/∂x and ∂L/∂ the states."""
    dx, *dstates = tape.gradient(loss, [x, *states])
    named = dict(zip(STATES, dstates, strict=False))
    return {"dx": dx.numpy().transpose(1, 2, 0)} | {f"d{name}": value.numpy().T for name, value in named.items()}


def of_cells(kind: str, drawn: Case) -> Arrays:
    """By a plain loop over this project's cell: h, c and every gradient."""
    cell = CELLS[kind](len(drawn.params[0]), dtype=drawn.x.dtype.name)
    cell.build((None, drawn.x.shape[1]))
    assign(cell, drawn.params)
    x, states = inputs_of(drawn)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, *states])
        steps = [states]
        for x_t in tf.unstack(x, axis=1):
            steps.append(cell(x_t, steps[-1])[1])
        h = tf.stack([step[0] for step in steps[1:]], axis=1)
        loss = loss_of(drawn, h, steps[-1][1] if drawn.dc else None)
    outputs = {name: np.stack([step[k].numpy().T for step in steps]) for k, name in enumerate("hc"[: len(states)])}
    params = {
        f"d{name}": tape.gradient(loss, getattr(cell, name).value).numpy().reshape(value.shape)
        for name, value in drawn.params._asdict().items()
    }
    return outputs | params | gradients_of(tape, loss, x, states)


def of_keras(drawn: Case) -> Arrays:
    """By Keras's own layer with converted weights: h_1 … h_T, c_T and every gradient."""
    layer = weights.to_keras_layer(drawn.params, return_sequences=True, return_state=True, unroll=True)
    x, states = inputs_of(drawn)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, *states])
        h, *last = layer(x, initial_state=states)
        loss = loss_of(drawn, h, last[1] if drawn.dc else None)
    outputs = {"h": h.numpy().transpose(1, 2, 0)} | ({"c": last[1].numpy().T[None]} if drawn.dc else {})
    gradients = tape.gradient(loss, [weight.value for weight in layer.weights])
    # One place knows how Keras lays out weights, and gradients lie the same way.
    layer.set_weights([gradient.numpy() for gradient in gradients])
    params = {f"d{name}": value for name, value in weights.to_params(layer)._asdict().items()}
    return outputs | params | gradients_of(tape, loss, x, states)


def of_readout(kind: str, model: classifier.Model, h: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """By this project's layer that takes no step: y, the mean cross-entropy and the gradients of d, V and h."""
    layer = layer_with(kind, model)
    state = tf.constant(h.T)
    with tf.GradientTape() as tape:
        tape.watch(state)
        y, loss = classified(
            layer, tf.zeros((h.shape[1], 1, layer.input_dim), h.dtype), labels, h_init=state, num_timestep=0
        )
    dd, dV, dh = tape.gradient(loss, [layer.d.value, layer.V.value, state])
    return {"y": y.numpy().T, "loss": loss.numpy(), "dd": dd.numpy()[:, None], "dV": dV.numpy(), "dh": dh.numpy().T}


def layer_with(kind: str, model: classifier.Model) -> Any:
    """This project's layer with these weights."""
    C, H = model.readout.V.shape
    inputs = model.recurrence[-1].shape[1] - (H if kind == "lstm" else 0)
    initial_state = "learned" if model.initial else "zeros"
    layer = LAYERS[kind](H, C, initial_state=initial_state, dtype=model.readout.V.dtype.name)
    layer.build((None, 1, inputs))
    weights.from_numpy(layer, model)
    return layer


def classified(layer: Any, images: Any, labels: np.ndarray, **options: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """The probabilities, and the mean cross-entropy of the labels."""
    y = layer(images, **options)
    return y, -tf.reduce_mean(tf.math.log(tf.gather(y, labels, axis=1, batch_dims=1)))


def of_layer(kind: str, model: classifier.Model, drawn: Case, labels: np.ndarray) -> dict[str, Any]:
    """By this project's layer, images in, probabilities out: y, the loss and every parameter's gradient.

    From the case's initial states, if the model doesn't learn its own.
    """
    layer = layer_with(kind, model)
    images, states = inputs_of(drawn)
    given = {} if model.initial else dict(zip(STATES, states, strict=False))
    with tf.GradientTape() as tape:
        y, loss = classified(layer, images, labels, **given)
    gradients = tape.gradient(loss, [weight.value for weight in layer.weights])
    by_name = {weight.name: gradient.numpy() for weight, gradient in zip(layer.weights, gradients, strict=True)}
    shapes = {name: value.shape for name, value, _ in classifier.axes(model)}
    named = {f"d{name}": by_name[name].reshape(shape) for name, shape in shapes.items()}
    return {"y": y.numpy().T, "loss": loss.numpy(), **named}


def assert_parity(
    ours: Implementation,
    drawn: Case,
    dtype: Any,
    theirs: Arrays,
    parts: Mapping[str, slice] = MappingProxyType({}),
    where: str = "",
    library: str | None = None,
) -> None:
    """Theirs are ours, within the sum of both sides' bounds; of a quantity in `parts` they have only that part.

    `library` is the row of `bounds.ULPS` for theirs, by default that of the device that TensorFlow computes on.
    """
    assert_within(*both_sides(ours, drawn, dtype, theirs, parts, library), dtype, where)


def both_sides(
    ours: Implementation,
    drawn: Case,
    dtype: Any,
    theirs: Arrays,
    parts: Mapping[str, slice] = MappingProxyType({}),
    library: str | None = None,
) -> tuple[Arrays, Arrays, Arrays]:
    """What `assert_parity` compares: ours, theirs, and the sum of both sides' bounds."""
    assert len(theirs) == len(drawn.params) + {"rnn": 3, "lstm": 5}[ours.kind]
    assert all(value.dtype == dtype for value in theirs.values())
    results = ours.results(drawn)
    system = arithmetic(library or devices.library(), dtype)
    both = [ours.bounded(drawn, dtype, one) for one in (None, system)]
    part = {name: parts.get(name, slice(None)) for name in theirs}
    return (
        {name: results[name][part[name]] for name in theirs},
        theirs,
        {name: (both[0][name].error + both[1][name].error)[part[name]] for name in theirs},
    )

"""Outputs and gradients of a `Case` by TensorFlow's automatic differentiation, with the axes of `numpy_rnn`."""

from typing import Any

import numpy as np
import tensorflow as tf

from numpy_rnn import classifier
from parity_tests.cases.models import by_name
from parity_tests.cases.recurrences import STATES, Case
from tf_rnn import LSTM, RNN, LSTMCell, RNNCell, weights

CELLS: dict[str, Any] = {"rnn": RNNCell, "lstm": LSTMCell}
LAYERS: dict[str, Any] = {"rnn": RNN, "lstm": LSTM}

Arrays = dict[str, np.ndarray]

# Keras returns h of every step, without h_init, and c of the last step.
KERAS_PARTS = {"h": slice(1, None), "c": slice(-1, None)}


def assign(owner: Any, params: Any) -> None:
    """Assigns parameters to the variables of a cell or a layer that have the same names."""
    for name, value in params._asdict().items():
        variable = getattr(owner, name)
        variable.assign(value.reshape(variable.shape))


def tensors_of(case: Case) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """x (B, T, I) and the initial states (B, H) of a case."""
    B = case.x.shape[2]
    states = [np.broadcast_to(state, (len(state), B)).T for state in case.initial]
    return tf.constant(case.x.transpose(2, 0, 1)), [tf.constant(state) for state in states]


def loss_of(case: Case, h: tf.Tensor, c_T: tf.Tensor | None) -> tf.Tensor:
    """The loss Σ dh ∘ h + Σ dc ∘ c_T, for h (B, T, H) and c_T (B, H)."""
    loss = tf.reduce_sum(h * case.dh.transpose(2, 0, 1))
    return loss if c_T is None else loss + tf.reduce_sum(c_T * case.dc[0].T)


def gradients_of(tape: tf.GradientTape, loss: tf.Tensor, x: tf.Tensor, states: list[tf.Tensor]) -> Arrays:
    """The gradients of x and of the initial states by name."""
    dx, *dstates = tape.gradient(loss, [x, *states])
    named = dict(zip(STATES["lstm"], dstates, strict=False))
    return {"dx": dx.numpy().transpose(1, 2, 0)} | {f"d{name}": value.numpy().T for name, value in named.items()}


def of_cells(kind: str, case: Case) -> Arrays:
    """h, c and every gradient by a plain loop over this project's cell."""
    cell = CELLS[kind](len(case.params[0]), dtype=case.x.dtype.name)
    cell.build((None, case.x.shape[1]))
    assign(cell, case.params)
    x, states = tensors_of(case)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, *states])
        steps = [states]
        for x_t in tf.unstack(x, axis=1):
            steps.append(cell(x_t, steps[-1])[1])
        h = tf.stack([step[0] for step in steps[1:]], axis=1)
        loss = loss_of(case, h, steps[-1][1] if case.dc else None)
    outputs = {name: np.stack([step[k].numpy().T for step in steps]) for k, name in enumerate("hc"[: len(states)])}
    params = {
        f"d{name}": tape.gradient(loss, getattr(cell, name).value).numpy().reshape(value.shape)
        for name, value in case.params._asdict().items()
    }
    return outputs | params | gradients_of(tape, loss, x, states)


def of_keras(case: Case) -> Arrays:
    """The parts `KERAS_PARTS` of h and c, and every gradient, by Keras's own layer with converted weights."""
    layer = weights.to_keras_layer(case.params, return_sequences=True, return_state=True, unroll=True)
    x, states = tensors_of(case)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, *states])
        h, *last = layer(x, initial_state=states)
        loss = loss_of(case, h, last[1] if case.dc else None)
    outputs = {"h": h.numpy().transpose(1, 2, 0)} | ({"c": last[1].numpy().T[None]} if case.dc else {})
    gradients = tape.gradient(loss, [weight.value for weight in layer.weights])
    # Gradients have the layout of the weights, so `to_params` converts them too.
    layer.set_weights([gradient.numpy() for gradient in gradients])
    params = {f"d{name}": value for name, value in weights.to_params(layer)._asdict().items()}
    return outputs | params | gradients_of(tape, loss, x, states)


def of_readout(kind: str, model: classifier.Model, h: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """y, the mean cross-entropy and the gradients of d, V and h by this project's layer after no step."""
    layer = layer_with(kind, model)
    state = tf.constant(h.T)
    with tf.GradientTape() as tape:
        tape.watch(state)
        y, loss = classified(
            layer, tf.zeros((h.shape[1], 1, layer.input_dim), h.dtype), labels, h_init=state, num_timestep=0
        )
    dd, dV, dh = tape.gradient(loss, [layer.d.value, layer.V.value, state])
    return {"y": y.numpy().T, "loss": loss.numpy(), "dd": dd.numpy()[:, None], "dV": dV.numpy(), "dh": dh.numpy().T}


def layer_with(kind: str, model: classifier.Model, unroll: bool | None = None) -> Any:
    """This project's layer with the weights of a model."""
    C, H = model.readout.V.shape
    inputs = model.recurrence[-1].shape[1] - (H if kind == "lstm" else 0)
    initial_state = "learned" if model.initial else "zeros"
    layer = LAYERS[kind](H, C, initial_state=initial_state, unroll=unroll, dtype=model.readout.V.dtype.name)
    layer.build((None, 1, inputs))
    weights.from_numpy(layer, model)
    return layer


def classified(layer: Any, images: Any, labels: np.ndarray, **options: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """The probabilities (B, C) of a layer, and the mean cross-entropy of the labels."""
    y = layer(images, **options)
    return y, -tf.reduce_mean(tf.math.log(tf.gather(y, labels, axis=1, batch_dims=1)))


def of_layer(
    kind: str, model: classifier.Model, case: Case, labels: np.ndarray, unroll: bool | None = None
) -> dict[str, Any]:
    """y, the loss and every parameter's gradient by this project's layer, with the inputs of the case as images.

    The initial states are those of the case, unless the model learns its own. With `unroll`, TensorFlow makes a graph.
    """
    layer = layer_with(kind, model, unroll)
    images, states = tensors_of(case)
    given = {} if model.initial else dict(zip(STATES["lstm"], states, strict=False))

    def computed(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            y, loss = classified(layer, images, labels, **given)
        return y, loss, tape.gradient(loss, [weight.value for weight in layer.weights])

    y, loss, gradients = computed(images) if unroll is None else tf.function(computed, autograph=False)(images)
    arrays = {weight.name: gradient.numpy() for weight, gradient in zip(layer.weights, gradients, strict=True)}
    named = {f"d{name}": arrays[name].reshape(value.shape) for name, value in by_name(model).items()}
    return {"y": y.numpy().T, "loss": loss.numpy(), **named}

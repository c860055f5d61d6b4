"""A learner's LSTM as a whole: its last state and its gradients on small cases, and the probabilities of a model."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from numpy_rnn import lstm
from numpy_rnn.sequences import from_images
from parity_tests.cases.recurrences import Case, make_case
from parity_tests.comparison import difference
from parity_tests.judging.expectation import expectation
from parity_tests.notebook_checks.answers import Wrong, described
from parity_tests.notebook_checks.lstm_mistakes import MATRICES, softmax
from parity_tests.notebook_checks.lstm_steps import DTYPES, SPECS, assert_earlier, layer_of

ROWS = 28


def assert_right(LSTM: Any) -> None:
    """Asserts that the last state and the gradients are right, and that the batch may have any size.

    Raises Wrong, or what `step` raises.
    """
    assert_earlier(LSTM, "h", "the layer")
    for spec in [*SPECS, SPECS[0]._replace(shared=True)]:
        for dtype in DTYPES:
            compare(LSTM, last_state_only(make_case("lstm", spec, dtype)))
    x, zeros = keras.Input((4, 2)), tf.zeros(3)
    try:
        LSTM(3, name="checked")(x, h_init=zeros, c_init=zeros, num_timestep=4)
    except Exception as error:
        advice = "Keras builds a model before the size of the batch is known. A loop over the batch can be `tf.map_fn`."
        raise Wrong(f"{described(error)}\n  {advice}") from None


def last_state_only(case: Case) -> Case:
    """The case with a loss of the last h alone, which is what the layer returns."""
    dh = case.dh.copy()
    dh[:-1] = 0
    return case._replace(dh=dh, dc=[0 * dc for dc in case.dc])


def compare(LSTM: Any, case: Case) -> None:
    """Compares the last state of the learner's layer, and its gradients by `tf.GradientTape`, with the specification.

    Initial states that all examples share are given as one vector, and their gradients are not compared.
    """
    one = layer_of(LSTM, case)
    x = tf.constant(case.x.transpose(2, 0, 1))
    shared = case.initial[0].shape[1] < case.x.shape[2]
    states = {name: tf.constant(state[:, 0] if shared else state.T) for name, state in case.states.items()}
    leaves = {name: getattr(one, name).value for name in MATRICES.values()} | {"x": x} | states
    with tf.GradientTape() as tape:
        tape.watch([x, *states.values()])
        h = one(x, **states, num_timestep=len(case.x))
        loss = tf.reduce_sum(h * case.dh[-1].T)
    right, bounds = expectation("lstm", case, gradients=True)
    assert_within("h", np.asarray(h).T, right["h"][-1], bounds["h"][-1], "`step` is right, so the cause is in `call`.")
    for name, gradient in tape.gradient(loss, leaves).items():
        advice = "Compute with TensorFlow's functions alone: NumPy and `tf.stop_gradient` end the way of a gradient."
        if gradient is None:
            raise Wrong(f"no gradient reaches {name}, so it cannot be learned.\n  {advice}")
        if not (shared and name in states):
            got = np.asarray(gradient)
            got = got.transpose(1, 2, 0) if name == "x" else got.T if name in states else got
            assert_within(f"d{name}", got, right[f"d{name}"], bounds[f"d{name}"], advice)


def assert_within(name: str, got: np.ndarray, right: np.ndarray, bound: np.ndarray, advice: str) -> None:
    """Raises Wrong, with the advice, if an array has another shape or exceeds its bound."""
    if got.shape != right.shape:
        raise Wrong(f"{name} has the shape {got.shape}, expected {right.shape}.\n  {advice}")
    one = difference(name, got, right, bound)
    if one.wrong:
        raise Wrong(f"{name}{one.where()}: expected {one.expected:.6g}, got {one.got:.6g}.\n  {advice}")


def assert_model(model: Any, M: Sequence[np.ndarray], d: np.ndarray, V: np.ndarray) -> None:
    """Asserts that a model classifies images as the equations do, row by row, from h_init = 0 and c_init = 0.

    Four matrices of one shape are taken in the order of `MATRICES`, in which the layer makes them.
    """
    # From 0 to 1, grey values leave the gates of an untrained LSTM half open, and it forgets h_init and c_init within a
    # few rows. Large numbers open and close the gates.
    images = 30 * np.random.default_rng(0).random((5, ROWS, ROWS), np.float32)

    def probabilities(x: np.ndarray, h: float = 0, c: float = 0) -> np.ndarray:
        h_init, c_init = (np.full((len(V), 1), state, np.float32) for state in (h, c))
        return softmax(d + lstm.forward(lstm.Params(*M), from_images(x), h_init, c_init).h[-1].T @ V)

    y = np.array(model(images))
    candidates: dict[str, Any] = {
        "": (images,),
        "h_init has to be zeros, not ones": (images, 1, 0),
        "c_init has to be zeros, not ones": (images, 0, 1),
        "h_init and c_init have to be zeros, not ones": (images, 1, 1),
        "x_t has to be row t, not column t": (images.transpose(0, 2, 1),),
    }
    candidates |= {f"num_timestep is {t}, expected {ROWS}": (images[:, :t],) for t in range(ROWS)}
    for cause, arguments in candidates.items():
        if np.allclose(y, probabilities(*arguments), atol=1e-5):
            if not cause:
                return
            raise Wrong(f"{cause}.")
    raise Wrong("the model does not compute y = softmax(d + V h_28), with zeros as h_init and c_init.")

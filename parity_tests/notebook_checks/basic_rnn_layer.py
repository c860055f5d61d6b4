"""The learner's layer of a basic RNN on small cases: its states and gradients beside those of the specification."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from parity_tests.cases.recurrences import Case, CaseSpec, make_case
from parity_tests.comparison import Difference, difference
from parity_tests.judging.checks import described
from parity_tests.judging.expectation import expectation
from parity_tests.notebook_checks.answers import Wrong
from parity_tests.notebook_checks.basic_rnn_errors import likely_cause

# T, H, I and B differ, so that no wrong axis has the right size; then a single example, a single step, and an h_init
# that all examples share.
SPECS = [
    CaseSpec(4, 3, 2, 5, 2, seed=1),
    CaseSpec(3, 4, 5, 1, 2, seed=2),
    CaseSpec(1, 2, 4, 3, 2, seed=3),
    CaseSpec(2, 5, 3, 4, 2, seed=4, shared=True),
]
# H = I = B, for code whose products fail for other sizes.
SQUARE = CaseSpec(4, 3, 3, 3, 2, seed=5)


class Results(NamedTuple):
    """The states h_0 … h_T (T+1, H, B), and the gradients by name; None where TensorFlow finds no path."""

    h: np.ndarray
    gradients: dict[str, Any]


def assert_right(layer_class: Any) -> None:
    """Asserts that states and gradients of the learner's layer are those of the specification, within their bounds."""
    try:
        for spec in SPECS:
            for dtype in ("float64", "float32"):
                compare(layer_class, spec, dtype)
    except (ValueError, tf.errors.InvalidArgumentError):  # sizes that do not fit
        cause = cause_of(layer_class, [SQUARE])
        if not cause:
            raise
        raise Wrong(f"{cause}.") from None


def compare(layer_class: Any, spec: CaseSpec, dtype: str) -> None:
    """Compares states and gradients with the specification; raises `Wrong` with the likely cause and an entry."""
    case = case_of(spec, dtype)
    expected, bounds = expectation("rnn", case, gradients=True)
    h, gradients = results(layer_class, case)
    found = difference("h", h, expected["h"], bounds["h"])
    if found.wrong:
        cause = cause_of(layer_class, SPECS[:1])
        raise Wrong("\n  ".join(filter(None, [cause and f"{cause}.", in_words(found, spec, dtype)])))
    for name, gradient in gradients.items():
        if gradient is None:
            raise Wrong(
                f"h is right, but its gradient by {name[1:]} is None. Use functions of TensorFlow, without "
                "`tf.stop_gradient`."
            )
        if spec.shared and name == "dh_init":
            continue  # one vector for all examples: TensorFlow sums its gradients itself
        found = difference(name, gradient, expected[name], bounds[name])
        if found.wrong:
            raise Wrong(
                f"h is right, but its gradient by {name[1:]} is not. Does `tf.stop_gradient` or NumPy cut the path "
                f"between the steps?\n  {in_words(found, spec, dtype)}"
            )


def in_words(found: Difference, spec: CaseSpec, dtype: str) -> str:
    """The entry with the largest error; one of h has the axes of Keras, one example in each row."""
    place = found.place
    name = f"∂L/∂{found.quantity[1:]}{list(place)} for a weighted sum L of the last state"
    if found.quantity == "h":
        name = f"h[{place[2]}, {place[1]}] after step {place[0]}"
    return f"{name}: expected {found.expected:.6g}, got {found.got:.6g} (case: {described(spec)}, {dtype})"


def case_of(spec: CaseSpec, dtype: str) -> Case:
    """A case with a loss of the last state alone, because the layer returns no other."""
    case = make_case("rnn", spec, dtype)
    case.dh[:-1] = 0
    return case


def cause_of(layer_class: Any, specs: Sequence[CaseSpec]) -> str:
    """The words of the error that gives the learner's states, or an empty text."""
    cases = [case_of(spec, "float64") for spec in specs]
    try:
        return likely_cause(cases, [results(layer_class, case).h for case in cases])
    except (ValueError, tf.errors.InvalidArgumentError):
        return ""


def results(layer_class: Any, case: Case) -> Results:
    """The states and gradients of the learner's layer, with the axes of `numpy_rnn`."""
    T, H, B = case.dh.shape
    (h_init,) = case.initial
    x = tf.constant(case.x.transpose(2, 0, 1))
    state = tf.constant(h_init.T if h_init.shape[1] == B else h_init[:, 0])
    layer = layer_class(H, dtype=x.dtype.name)
    assign(layer, x, case.params)
    sources = [*(getattr(layer, name).value for name in case.params._fields), x, state]
    with tf.GradientTape() as tape:
        tape.watch([x, state])
        h = [checked(layer.call(x, state, t), x, H) for t in range(1, T + 1)]
        loss = tf.reduce_sum(h[-1] * case.dh[-1].T)
    gradients = dict(zip(("db", "dW", "dU", "dx", "dh_init"), tape.gradient(loss, sources), strict=True))
    for name, gradient in gradients.items():
        if gradient is not None:
            gradients[name] = turned(name, np.array(gradient))
    return Results(np.stack([np.broadcast_to(h_init, (H, B)), *(np.array(h_t).T for h_t in h)]), gradients)


def assign(layer: Any, x: tf.Tensor, params: Any) -> None:
    """Builds a layer for inputs like x (B, T, I), and assigns the parameters to its weights."""
    try:
        layer.build(x.shape)
    except NotImplementedError:
        raise Wrong("it cannot be checked while blank 1.1 is empty.") from None
    for name, value in params._asdict().items():
        weight, shape = getattr(layer, name, None), value.shape[:1] if name == "b" else value.shape
        if not isinstance(weight, keras.Variable) or tuple(weight.shape) != shape:
            raise Wrong(f"it cannot be checked while {name} is not right. Run the check of 1.1 first.")
        weight.assign(value.reshape(shape))


def turned(name: str, gradient: np.ndarray) -> np.ndarray:
    """A gradient with the axes of `numpy_rnn`, one example in each column."""
    match name:
        case "db":
            return gradient[:, np.newaxis]
        case "dx":
            return gradient.transpose(1, 2, 0)
        case "dh_init":
            return gradient.T
    return gradient


def checked(h: Any, x: tf.Tensor, H: int) -> Any:
    """The result of `call`, after checks of type, shape and dtype."""
    if h is None:
        raise Wrong("`call` returns nothing. Its last line is `return h`.")
    if isinstance(h, np.ndarray | np.generic):
        raise Wrong("h is a NumPy array, so TensorFlow cannot compute its gradient. Use `tf.tanh`.")
    if not tf.is_tensor(h):
        raise Wrong(f"`call` returns an object of type {type(h).__name__}, expected the tensor h (B, H).")
    B, T = x.shape[0], x.shape[1]
    hints = {
        (H,): "The axis of the batch is missing, because it has a single example. Leave out `tf.squeeze`.",
        (H, B): "h is transposed: Keras lays each example in a row.",
        (B, T, H): "Return the last state alone.",
        (T, B, H): "Return the last state alone.",
        (): "h is a single number.",
    }
    shape = tuple(h.shape)
    if shape != (B, H):
        raise Wrong(f"h has the shape {shape}, expected (B, H) = {(B, H)}. {hints.get(shape, '')}".strip())
    if h.dtype != x.dtype:
        raise Wrong(f"h has the dtype {h.dtype.name} in a layer of dtype {x.dtype.name}. Leave out `tf.cast`.")
    return h

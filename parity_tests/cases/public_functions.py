"""The public functions of `numpy_rnn` that take arrays, and random arguments for them."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from numpy_rnn import classifier, lstm, readout, rnn

# The axes of arguments and of the fields of a trace; LAST_H is the last h of a recurrence, the argument of a read-out.
RNN = {"b": "H 1", "W": "H H", "U": "H I"}
LSTM = dict.fromkeys(lstm.Params._fields, "H H+I")
READOUT = {"d": "C 1", "V": "C H"}
MATRICES = ["W", "U", *LSTM, "V"]
LAST_H = {"h": "H B"}
GATES_AND_C = {"i": "T H B", "f": "T H B", "o": "T H B", "u": "T H B", "c": "T+1 H B"}

Arrays = dict[str, Any]


class PublicFunction(NamedTuple):
    """A public function that is called with its arrays by name, and their axes in the groups that it checks together.

    The second group of a classifier's function contains h, which it computes itself and does not take as an argument.
    """

    call: Callable[[Arrays], Any]
    groups: tuple[dict[str, str], ...]
    takes_labels: bool = False

    def arguments(self) -> dict[str, str]:
        """The axes of each argument that is an array, labels excepted."""
        axes = {name: axes for group in self.groups for name, axes in group.items()}
        return {name: axes[name] for name in axes if len(self.groups) == 1 or name != "h"}


def trace_axes(name: str, gates_and_c: dict[str, str]) -> dict[str, str]:
    """The axes of the fields of a trace that is the argument `name`."""
    return {f"{name}.{field}": axes for field, axes in {"x": "T I B", **gates_and_c, "h": "T+1 H B"}.items()}


def as_tuple(kind: Any, arrays: Arrays, prefix: str = "") -> Any:
    """The NamedTuple `kind` of the arrays that have the names of its fields, after the prefix."""
    return kind(*(arrays[prefix + field] for field in kind._fields))


def as_model(kind: Any, arrays: Arrays) -> classifier.Model:
    """The classifier whose parameters are among the arrays."""
    return classifier.Model(as_tuple(kind.Params, arrays), as_tuple(readout.Params, arrays))


def recurrence_functions(
    name: str, kind: Any, params: dict[str, str], initial: dict[str, str], gates_and_c: dict[str, str]
) -> Iterator[tuple[str, PublicFunction]]:
    """The functions of a recurrence, and of the classifier with it, each with its name in the tests."""

    def inputs(a: Arrays) -> Arrays:
        return {key: a[key] for key in ("x", *initial)}

    def forward(a: Arrays) -> Any:
        return kind.forward(as_tuple(kind.Params, a), **inputs(a))

    def forward_out(a: Arrays) -> Any:
        return kind.forward(as_tuple(kind.Params, a), **inputs(a), out=as_tuple(kind.Trace, a, "out."))

    def backward(a: Arrays) -> Any:
        upstream = {key: a[key] for key in ("dh", "dc") if key in a}
        return kind.backward(as_tuple(kind.Params, a), as_tuple(kind.Trace, a, "trace."), **upstream)

    def predict(a: Arrays) -> Any:
        return classifier.predict(as_model(kind, a), a["x"], as_tuple(kind.Initial, a))

    def loss_and_gradients(a: Arrays) -> Any:
        return classifier.loss_and_gradients(as_model(kind, a), a["x"], a["labels"], as_tuple(kind.Initial, a))

    given = params | {"x": "T I B"} | initial
    taken = params | trace_axes("trace", gates_and_c) | {"dh": "T H B"}
    yield f"{name}.forward", PublicFunction(forward, (given,))
    yield f"{name}.forward, out", PublicFunction(forward_out, (given | trace_axes("out", gates_and_c),))
    yield f"{name}.backward", PublicFunction(backward, (taken,))
    if "c" in gates_and_c:
        yield f"{name}.backward, dc", PublicFunction(backward, (taken | {"dc": "H B"},))
    yield f"{name}: predict", PublicFunction(predict, (given, READOUT | LAST_H))
    yield (
        f"{name}: loss_and_gradients",
        PublicFunction(loss_and_gradients, (given, READOUT | LAST_H), takes_labels=True),
    )


def readout_function(function: Callable[..., Any]) -> PublicFunction:
    """A function of the read-out."""
    takes_labels = function is not readout.forward

    def call(arrays: Arrays) -> Any:
        labels = [arrays["labels"]] if takes_labels else []
        return function(as_tuple(readout.Params, arrays), arrays["h"], *labels)

    return PublicFunction(call, (READOUT | LAST_H,), takes_labels)


READOUT_FUNCTIONS = (readout.forward, readout.cross_entropy, readout.backward)

PUBLIC_FUNCTIONS: dict[str, PublicFunction] = {
    **dict(recurrence_functions("rnn", rnn, RNN, {"h_init": "H B"}, {})),
    **dict(recurrence_functions("lstm", lstm, LSTM, {"h_init": "H B", "c_init": "H B"}, GATES_AND_C)),
    **{f"readout.{function.__name__}": readout_function(function) for function in READOUT_FUNCTIONS},
}


def shape_of(axes: str, sizes: dict[str, int]) -> tuple[int, ...]:
    """The shape of an array with these axes, such as "T+1 H B"."""
    return tuple(sum(int(sizes.get(term, term)) for term in axis.split("+")) for axis in axes.split())


def random_arguments(
    function: PublicFunction, sizes: dict[str, int], rng: np.random.Generator, dtype: Any = np.float64
) -> Arrays:
    """Random arrays for a function, between -1 and 1.

    The rows and columns of matrices sum to at most 1/4, and gates lie between 0 and 1/2.
    """
    arrays: Arrays = {}
    for name, axes in function.arguments().items():
        size = shape_of(axes, sizes)
        bound = 1 / (4 * max(1, *size)) if name in MATRICES else 1
        low, high = (0, 0.5) if name in ("trace.i", "trace.f", "trace.o") else (-bound, bound)
        arrays[name] = rng.uniform(low, high, size).astype(dtype)
    if function.takes_labels:
        arrays["labels"] = rng.integers(0, sizes["C"], sizes["B"])
    return arrays


def flat(tree: Any) -> Iterator[Any]:
    """The arrays and numbers in a tree of tuples, from left to right."""
    if isinstance(tree, tuple):
        for part in tree:
            yield from flat(part)
    else:
        yield tree

"""The public functions of `numpy_rnn` that take arrays, and random arrays that fit them."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from numpy_rnn import classifier, lstm, readout, rnn

RNN = {"b": "H 1", "W": "H H", "U": "H I"}
LSTM = dict.fromkeys(lstm.Params._fields, "H H+I")
READOUT = {"d": "C 1", "V": "C H"}
MATRICES = ["W", "U", *LSTM, "V"]
LAST = {"h": "H B"}
GATES = {"i": "T H B", "f": "T H B", "o": "T H B", "u": "T H B", "c": "T+1 H B"}

Arrays = dict[str, Any]


class Door(NamedTuple):
    """A public function, called with its arrays by name, and their axes, group by group as they are checked.

    h in the second group of a classifier is computed within, and no argument.
    """

    call: Callable[[Arrays], Any]
    groups: tuple[dict[str, str], ...]
    takes_labels: bool = False

    def arguments(self) -> dict[str, str]:
        axes = {name: axes for group in self.groups for name, axes in group.items()}
        return {name: axes[name] for name in axes if len(self.groups) == 1 or name != "h"}


def trace_axes(name: str, gates: dict[str, str]) -> dict[str, str]:
    return {f"{name}.{field}": axes for field, axes in {"x": "T I B", **gates, "h": "T+1 H B"}.items()}


def pick(kind: Any, arrays: Arrays, prefix: str = "") -> Any:
    """The NamedTuple `kind` of the arrays that bear the names of its fields."""
    return kind(*(arrays[prefix + field] for field in kind._fields))


def model(kind: Any, arrays: Arrays) -> classifier.Model:
    return classifier.Model(pick(kind.Params, arrays), pick(readout.Params, arrays))


def states(arrays: Arrays) -> Arrays:
    return {name: arrays[name] for name in ("h_init", "c_init") if name in arrays}


def doors(name: str, kind: Any, params: dict[str, str], initial: dict[str, str], gates: dict[str, str]) -> Any:
    """The doors of a recurrence and of the classifier with it, by name."""

    def inputs(a: Arrays) -> Arrays:
        return {key: a[key] for key in ("x", *initial)}

    def forward(a: Arrays) -> Any:
        return kind.forward(pick(kind.Params, a), **inputs(a))

    def forward_out(a: Arrays) -> Any:
        return kind.forward(pick(kind.Params, a), **inputs(a), out=pick(kind.Trace, a, "out."))

    def backward(a: Arrays) -> Any:
        upstream = {key: a[key] for key in ("dh", "dc") if key in a}
        return kind.backward(pick(kind.Params, a), pick(kind.Trace, a, "trace."), **upstream)

    def predict(a: Arrays) -> Any:
        return classifier.predict(model(kind, a), a["x"], pick(kind.Initial, a))

    def loss_and_gradients(a: Arrays) -> Any:
        return classifier.loss_and_gradients(model(kind, a), a["x"], a["labels"], pick(kind.Initial, a))

    given = params | {"x": "T I B"} | initial
    taken = params | trace_axes("trace", gates) | {"dh": "T H B"}
    yield f"{name}.forward", Door(forward, (given,))
    yield f"{name}.forward, out", Door(forward_out, (given | trace_axes("out", gates),))
    yield f"{name}.backward", Door(backward, (taken,))
    if "c" in gates:
        yield f"{name}.backward, dc", Door(backward, (taken | {"dc": "H B"},))
    yield f"{name}: predict", Door(predict, (given, READOUT | LAST))
    yield f"{name}: loss_and_gradients", Door(loss_and_gradients, (given, READOUT | LAST), takes_labels=True)


def readout_door(function: Callable[..., Any]) -> Door:
    takes_labels = function is not readout.forward

    def call(arrays: Arrays) -> Any:
        labels = [arrays["labels"]] if takes_labels else []
        return function(pick(readout.Params, arrays), arrays["h"], *labels)

    return Door(call, (READOUT | LAST,), takes_labels)


DOORS: dict[str, Door] = {
    **dict(doors("rnn", rnn, RNN, {"h_init": "H B"}, {})),
    **dict(doors("lstm", lstm, LSTM, {"h_init": "H B", "c_init": "H B"}, GATES)),
    **{f"readout.{f.__name__}": readout_door(f) for f in (readout.forward, readout.cross_entropy, readout.backward)},
}


def shape(axes: str, sizes: dict[str, int]) -> tuple[int, ...]:
    return tuple(sum(int(sizes.get(term, term)) for term in axis.split("+")) for axis in axes.split())


def draw(door: Door, sizes: dict[str, int], rng: np.random.Generator, dtype: Any = np.float64) -> Arrays:
    """Random arrays in ±1 for a door; rows and columns of matrices add up to at most 1/4, gates lie from 0 to 1/2."""
    arrays: Arrays = {}
    for name, axes in door.arguments().items():
        size = shape(axes, sizes)
        bound = 1 / (4 * max(1, *size)) if name in MATRICES else 1
        low, high = (0, 0.5) if name in ("trace.i", "trace.f", "trace.o") else (-bound, bound)
        arrays[name] = rng.uniform(low, high, size).astype(dtype)
    if door.takes_labels:
        arrays["labels"] = rng.integers(0, sizes["C"], sizes["B"])
    return arrays


def flat(result: Any) -> Iterator[Any]:
    """The arrays and numbers of a result, nested tuples or not."""
    if isinstance(result, tuple):
        for part in result:
            yield from flat(part)
    else:
        yield result

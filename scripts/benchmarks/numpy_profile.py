"""The time that NumPy's functions take within a step of `numpy_rnn`, measured by arrays that record each call."""

import statistics
import time
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple
from unittest import mock

import numpy as np

from numpy_rnn import adam, checks

STEPS = 30
KINDS = {np.matmul: "products", np.tanh: "activations", np.exp: "activations"}
OTHERS = "arithmetic"


class Call(NamedTuple):
    """One call of a NumPy function: the shapes of its inputs, and its duration in seconds."""

    ufunc: np.ufunc
    shapes: tuple[tuple[int, ...], ...]
    seconds: float


class RecordingArray(np.ndarray):
    """An array that records in `calls` each function called on it and on the results."""

    calls: ClassVar[list[Call]] = []

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        """Call the function on plain arrays and record its duration."""
        plain = [_plain(one) for one in inputs]
        if out is not None:
            options["out"] = tuple(_plain(one) for one in out)
        function = getattr(ufunc, method)
        start = time.perf_counter()
        result = function(*plain, **options)
        seconds = time.perf_counter() - start
        RecordingArray.calls.append(Call(ufunc, tuple(np.shape(one) for one in plain), seconds))
        if out is not None:
            return out[0]
        return result.view(RecordingArray) if isinstance(result, np.ndarray) else result


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, RecordingArray) else value


def recorded_steps(step: Callable[[], object], project: Any, number: int) -> list[list[Call]]:
    """Return the calls of each of `number` steps, after one step that is not counted.

    `project` has the attributes `model` and `state` (of Adam), and `close` makes the next step allocate its memory.
    """
    project.model = adam.tree_map(recording, project.model)
    project.state = adam.State(project.state.t, *(adam.tree_map(recording, tree) for tree in project.state[1:]))
    empty = np.empty

    def empty_recording(*arguments: Any, **options: Any) -> Any:
        return recording(empty(*arguments, **options))

    steps = []
    # `numpy_rnn` refuses subclasses, because others compute something else than plain arrays.
    accepted = mock.patch.object(checks, "ARRAYS", (*checks.ARRAYS, RecordingArray))
    with accepted, mock.patch("numpy.empty", empty_recording):
        project.close()
        step()
        for _ in range(number):
            RecordingArray.calls.clear()
            step()
            steps.append(list(RecordingArray.calls))
    return steps


def time_by_kind(step: Callable[[], object], project: Any) -> dict[str, float]:
    """Return the median milliseconds of a step by kind of function: products, activations, arithmetic."""
    steps = recorded_steps(step, project, STEPS)
    return {
        kind: 1000 * statistics.median(sum(one.seconds for one in calls if kind_of(one) == kind) for calls in steps)
        for kind in (*KINDS.values(), OTHERS)
    }


def kind_of(call: Call) -> str:
    """Return "products", "activations" or "arithmetic"."""
    return KINDS.get(call.ufunc, OTHERS)


def recording(array: np.ndarray) -> np.ndarray:
    """Return a view of the array that records."""
    return array.view(RecordingArray)

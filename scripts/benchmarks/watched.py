"""Arrays that note how long NumPy's functions take on them: where the time of `numpy_rnn` goes, in its own code."""

import statistics
import time
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple
from unittest import mock

import numpy as np

from numpy_rnn import adam

STEPS = 30
KINDS = {np.matmul: "products", np.tanh: "activations", np.exp: "activations"}
OTHERS = "arithmetic"


class Noted(NamedTuple):
    """One call of one of NumPy's functions: on inputs of these shapes, so many seconds from within."""

    ufunc: np.ufunc
    shapes: tuple[tuple[int, ...], ...]
    seconds: float


class Watched(np.ndarray):
    """An array whose functions, and those of their results, are noted in `calls`."""

    calls: ClassVar[list[Noted]] = []

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        """Calls the function on the plain arrays."""
        plain = [_plain(one) for one in inputs]
        if out is not None:
            options["out"] = tuple(_plain(one) for one in out)
        function = getattr(ufunc, method)
        start = time.perf_counter()
        result = function(*plain, **options)
        seconds = time.perf_counter() - start
        Watched.calls.append(Noted(ufunc, tuple(np.shape(one) for one in plain), seconds))
        if out is not None:
            return out[0]
        return result.view(Watched) if isinstance(result, np.ndarray) else result


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Watched) else value


def noted_steps(step: Callable[[], object], project: Any, number: int) -> list[list[Noted]]:
    """The calls of so many steps, after one that is not watched.

    `project` has the model, Adam's state and the trace.
    """
    step()
    project.model = adam.tree_map(watched, project.model)
    project.state = adam.State(project.state.t, *(adam.tree_map(watched, tree) for tree in project.state[1:]))
    project.trace = adam.tree_map(watched, project.trace)
    empty = np.empty

    def empty_watched(*arguments: Any, **options: Any) -> Any:
        return watched(empty(*arguments, **options))

    steps = []
    with mock.patch("numpy.empty", empty_watched):
        for _ in range(number):
            Watched.calls.clear()
            step()
            steps.append(list(Watched.calls))
    return steps


def shares_of(step: Callable[[], object], project: Any) -> dict[str, float]:
    """Milliseconds of a step by kind, the medians of some."""
    steps = noted_steps(step, project, STEPS)
    return {
        kind: 1000 * statistics.median(sum(one.seconds for one in calls if kind_of(one) == kind) for calls in steps)
        for kind in (*KINDS.values(), OTHERS)
    }


def kind_of(call: Noted) -> str:
    """Products, activations or arithmetic."""
    return KINDS.get(call.ufunc, OTHERS)


def watched(array: np.ndarray) -> np.ndarray:
    """A view of it that notes."""
    return array.view(Watched)

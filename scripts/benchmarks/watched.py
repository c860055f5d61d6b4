"""Arrays that note how long NumPy's functions take on them: where the time of `numpy_rnn` goes, in its own code."""

import statistics
import time
from collections.abc import Callable
from typing import Any, ClassVar
from unittest import mock

import numpy as np

from numpy_rnn import adam

STEPS = 30
KINDS = {np.matmul: "products", np.tanh: "activations", np.exp: "activations"}
OTHERS = "arithmetic"


class Watched(np.ndarray):
    """An array whose functions, and those of their results, add the seconds that they take inside to `seconds`."""

    seconds: ClassVar[dict[str, float]] = {}

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        """Calls the function on the plain arrays."""
        plain = [_plain(one) for one in inputs]
        if out is not None:
            options["out"] = tuple(_plain(one) for one in out)
        function = getattr(ufunc, method)
        start = time.perf_counter()
        result = function(*plain, **options)
        kind = KINDS.get(ufunc, OTHERS)
        Watched.seconds[kind] = Watched.seconds.get(kind, 0.0) + time.perf_counter() - start
        if out is not None:
            return out[0]
        return result.view(Watched) if isinstance(result, np.ndarray) else result


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Watched) else value


def shares_of(step: Callable[[], object], project: Any) -> dict[str, float]:
    """Milliseconds of a step by kind, the medians of some; `project` has the model, Adam's state and the trace."""
    step()
    project.model = adam.tree_map(watched, project.model)
    project.state = adam.State(project.state.t, *(adam.tree_map(watched, tree) for tree in project.state[1:]))
    project.trace = adam.tree_map(watched, project.trace)
    found: list[dict[str, float]] = []
    empty = np.empty

    def empty_watched(*arguments: Any, **options: Any) -> Any:
        return watched(empty(*arguments, **options))

    with mock.patch("numpy.empty", empty_watched):
        for _ in range(STEPS):
            Watched.seconds = {}
            step()
            found.append(Watched.seconds)
    return {kind: 1000 * statistics.median(one[kind] for one in found) for kind in (*KINDS.values(), OTHERS)}


def watched(array: np.ndarray) -> np.ndarray:
    """A view of it that notes."""
    return array.view(Watched)

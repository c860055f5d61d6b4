"""Derivatives of the specification by the complex step, every entry at once, and how exact they are.

For real-analytic L, Im L(v + iε) / ε = L′(v) + O(ε²): nothing cancels, and with ε = 1e-30 nothing is left of ε². Each
Python number of the specification becomes an array of as many numbers as there are entries to differentiate by, with
iε in its own place; they are long doubles where the machine has them.
Source: W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40
(1998).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

STEP = 1e-30
U = float(np.finfo(np.longdouble).eps) / 2


def gradients(loss: Callable[..., Any], arguments: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """∂ `loss` / ∂ every entry of the arguments, which it takes by name, as nested lists."""
    P = sum(value.size for value in arguments.values())
    first, nested = 0, {}
    for name, value in arguments.items():
        numbers = np.zeros((*value.shape, P), np.clongdouble)
        numbers += value[..., None]
        numbers.reshape(-1, P)[np.arange(value.size), first + np.arange(value.size)] += 1j * STEP
        first += value.size
        nested[name] = _lists(numbers)
    derivatives = np.broadcast_to(np.asarray(loss(**nested)).imag / STEP, P)
    parts = np.split(derivatives, np.cumsum([value.size for value in arguments.values()])[:-1])
    return {name: part.reshape(value.shape) for (name, value), part in zip(arguments.items(), parts, strict=True)}


def lists(arguments: dict[str, np.ndarray]) -> dict[str, Any]:
    """The arguments as nested lists of numbers, real or complex, to evaluate just once."""
    return {name: _lists(np.asarray(value)[..., None] + np.longdouble(0)) for name, value in arguments.items()}


def _lists(numbers: np.ndarray) -> Any:
    """Nested lists over all axes but the last."""
    return numbers if numbers.ndim == 1 else [_lists(part) for part in numbers]


def weighted(numbers: Any, weights: Any) -> Any:
    """Σ weight · number over nested lists of one form: a loss whose gradient by the numbers is the weights."""
    if isinstance(weights, list):
        return sum(weighted(number, weight) for number, weight in zip(numbers, weights, strict=True))
    return numbers * weights


def part_of_bound(T: int, H: int, I: int, B: int, C: int, u: float) -> float:
    """The oracle's own error, as a part of the bound for arithmetic with unit roundoff u.

    A derivative is a sum over paths through the equations. A bound of `bounds` charges each path's product at least
    once with u, so that it is at least u Σ |product|. Here a path passes at most N roundings of U, from the sums of
    H + I + 1 terms, four for each complex product, through the functions of T steps, to the sum of the loss: the error
    is below 2 N U Σ |product|, which is 2 N U / u of the bound.
    """
    N = 4 * (T * (H + I + 32) + T * H * B + H * B + H + C + B)
    return 2 * N * U / u

"""Derivatives of the specification by the complex step, for all entries at once, and their exactness.

For real-analytic L, Im L(v + iε) / ε = L′(v) + O(ε²): nothing cancels, and with ε = 1e-30 the term ε² vanishes. Each
number of the specification becomes an array with one element for each entry to differentiate by; iε is added to the
element of that entry. The elements are long doubles where the machine has them.
Source: W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40
(1998).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

STEP = 1e-30
U = float(np.finfo(np.longdouble).eps) / 2


def gradients(loss: Callable[..., Any], arguments: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The gradient of `loss` with respect to each argument; `loss` takes them by name, as nested lists."""
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
    """The arguments as nested lists of real or complex numbers, for one evaluation without derivatives."""
    return {name: _lists(np.asarray(value)[..., None] + np.longdouble(0)) for name, value in arguments.items()}


def _lists(numbers: np.ndarray) -> Any:
    """An array as nested lists over all axes except the last."""
    return numbers if numbers.ndim == 1 else [_lists(part) for part in numbers]


def weighted(numbers: Any, weights: Any) -> Any:
    """Σ weight · number over two nested lists of the same form: a loss whose gradient is `weights`."""
    if isinstance(weights, list):
        return sum(weighted(number, weight) for number, weight in zip(numbers, weights, strict=True))
    return numbers * weights


def part_of_bound(T: int, H: int, I: int, B: int, C: int, u: float) -> float:
    """The error of the complex step as a part of the error bound for arithmetic with unit roundoff u.

    A derivative is a sum over paths through the equations. The bound counts u at least once for the product along each
    path, so it is at least u Σ |product|. In the complex step a path has at most N roundings with unit roundoff U: in
    the sums of H + I + 1 terms, in four products for each complex product, in the functions of T steps, and in the sum
    of the loss. So its error is below 2 N U Σ |product|, which is at most 2 N U / u of the bound.
    """
    N = 4 * (T * (H + I + 32) + T * H * B + H * B + H + C + B)
    return 2 * N * U / u

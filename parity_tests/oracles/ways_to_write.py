"""The usual ways to write σ and tanh in foreign code, as functions of an array that keep its dtype.

`WAYS` names each way by its formula. For |a| ≤ 40 the absolute error of each way is a few u. Several ways subtract
numbers close to each other where the result is close to 0, and lose all relative accuracy there. Beyond 44, e^2a
overflows in float32, and the quotient of two such numbers is NaN.

σ clipped to a range below ±40 is not among them, because it is another function: with a clipped to ±30, σ(-40) is off
by e^-30, which is 843 u in float64.

`python -m parity_tests.oracles.ulps` measures all ways, and `bounds.ANY` covers them.
"""

import math
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

# Numbers beyond ±40 are never given to foreign code.
LARGEST = 40

Function = Callable[[np.ndarray], np.ndarray]


def naive(a: np.ndarray) -> np.ndarray:
    """σ by its definition, (...) to (...) of the same dtype."""
    return 1 / (1 + np.exp(-a))


def by_masks(a: np.ndarray) -> np.ndarray:
    """σ with two branches by the sign of a, each assigned through a mask, (...) to (...) of the same dtype."""
    result = np.empty_like(a)
    positive = a >= 0
    result[positive] = 1 / (1 + np.exp(-a[positive]))
    e = np.exp(a[~positive])
    result[~positive] = e / (1 + e)
    return result


def by_absolute_value(a: np.ndarray) -> np.ndarray:
    """σ from e^-|a|, which never overflows, (...) to (...) of the same dtype."""
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, e) / (1 + e)


def one_by_one(function: Callable[[float], float]) -> Function:
    """A function of a Python float as a function of an array, which is rounded to the array's dtype at the end."""

    def of_array(a: np.ndarray) -> np.ndarray:
        return np.array([function(number) for number in a.ravel().tolist()], a.dtype).reshape(a.shape)

    return of_array


_SIGMOID: dict[str, Function] = {
    "1 / (1 + e^-a)": naive,
    "e^a / (1 + e^a)": lambda a: np.exp(a) / (1 + np.exp(a)),
    "1 - 1 / (1 + e^a)": lambda a: 1 - 1 / (1 + np.exp(a)),
    "1 / (1 + e^-a), a clipped to ±500": lambda a: naive(np.clip(a, -500, 500)),
    "(1 + tanh(a / 2)) / 2": lambda a: (1 + np.tanh(a / 2)) / 2,
    "branches by np.where": lambda a: np.where(a >= 0, 1 / (1 + np.exp(-a)), np.exp(a) / (1 + np.exp(a))),
    "branches by masks": by_masks,
    "branches, from e^-|a|": by_absolute_value,
    "exp(-logaddexp(0, -a))": lambda a: np.exp(-np.logaddexp(0, -a)),
    "math.exp, one by one": one_by_one(lambda number: 1 / (1 + math.exp(-number))),
}

_TANH: dict[str, Function] = {
    "np.tanh": np.tanh,
    "(e^a - e^-a) / (e^a + e^-a)": lambda a: (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a)),
    "(e^2a - 1) / (e^2a + 1)": lambda a: (np.exp(2 * a) - 1) / (np.exp(2 * a) + 1),
    "(1 - e^-2a) / (1 + e^-2a)": lambda a: (1 - np.exp(-2 * a)) / (1 + np.exp(-2 * a)),
    "1 - 2 / (e^2a + 1)": lambda a: 1 - 2 / (np.exp(2 * a) + 1),
    "2 / (1 + e^-2a) - 1": lambda a: 2 / (1 + np.exp(-2 * a)) - 1,
    "2 σ(2a) - 1": lambda a: 2 * naive(2 * a) - 1,
    "sinh(a) / cosh(a)": lambda a: np.sinh(a) / np.cosh(a),
    "math.tanh, one by one": one_by_one(math.tanh),
}

if find_spec("scipy"):
    from scipy.special import expit

    _SIGMOID["scipy.special.expit"] = expit

WAYS = {"sigmoid": _SIGMOID, "tanh": _TANH}

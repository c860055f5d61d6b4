"""Rounding error bounds that are propagated together with the values.

A `Bounded` array holds a bound e for each value v: every floating-point evaluation of the same operations, with unit
roundoff u and sums in any order, gives a v̂ with |v̂ - v| ≤ e. Since |v̂| ≤ |v| + e, the error of a result is

    v ± w, v w, v / w       the propagated errors of v and w, plus u times the result
    a sum of n products     the propagated errors, plus γ_n Σ |v| |w| with γ_n = n u / (1 - n u)
    φ(v)                    e times the largest |φ′| within e of v, plus k units in the last place of the result, plus
                            m u, where φ may lose all relative accuracy near 0

and any result below the smallest normal number may become 0. The numbers k and m were measured for each library. The
values are computed in float64. That is exact enough: for a float64 bound they are one of the evaluations that it
covers, and for a float32 bound they are far more exact than the bound.
Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), sections 2.2 (the model), 3.1 (γ_n, any
order) and 3.3 (running error analysis).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Ulps(NamedTuple):
    """The largest errors of a library's functions, in units in the last place.

    The floors are absolute errors, in u, which are allowed in addition.
    """

    tanh: float
    exp: float
    log: float
    sigmoid: float
    sigmoid_floor: float = 0
    tanh_floor: float = 0

    def floor(self, function: str) -> float:
        """The floor of "tanh" or "sigmoid"; 0 for "exp" and "log", which have none."""
        return {"tanh": self.tanh_floor, "sigmoid": self.sigmoid_floor}.get(function, 0)


# Measured by `python -m parity_tests.oracles.ulps`, increased by a quarter because a library takes different paths on
# different processors, and rounded up to a power of two.
ULPS = {
    ("numpy", "float32"): Ulps(tanh=2, exp=4, log=8, sigmoid=4),
    ("numpy", "float64"): Ulps(tanh=2, exp=1, log=1, sigmoid=4),
    ("tensorflow", "float32"): Ulps(tanh=8, exp=2, log=4, sigmoid=8),
    ("tensorflow", "float64"): Ulps(tanh=16, exp=2, log=2, sigmoid=4),
    # Measured on an NVIDIA H100 and an H200, with cuDNN 9.19. In float32 its σ has an absolute error of order u.
    ("tensorflow-gpu", "float32"): Ulps(tanh=8, exp=4, log=2, sigmoid=4),
    ("tensorflow-gpu", "float64"): Ulps(tanh=2, exp=2, log=1, sigmoid=4),
    ("cudnn", "float32"): Ulps(tanh=4, exp=0, log=0, sigmoid=1, sigmoid_floor=4),
    ("cudnn", "float64"): Ulps(tanh=2, exp=0, log=0, sigmoid=4),
}
# Foreign code writes σ and tanh in many ways. Some of them have an absolute error of order u, but no limit in units in
# the last place: near 0, (e^2a - 1) / (e^2a + 1) subtracts two numbers close to 1. So the floors cover the whole error
# of each way in `ways_to_write` and of each library, by the rule above, and nothing remains in units in the last place.
# The largest errors are 2.4 u for σ and 7.2 u for tanh, both of TensorFlow; of the other ways, 2.2 u and 4.1 u.
ANY = Ulps(
    tanh=0,
    exp=max(row.exp for row in ULPS.values()),
    log=max(row.log for row in ULPS.values()),
    sigmoid=0,
    sigmoid_floor=4,
    tanh_floor=16,
)


class Arithmetic(NamedTuple):
    """A floating-point format and the exactness of a library's functions in it."""

    dtype: str
    ulps: Ulps

    @property
    def u(self) -> float:
        """The unit roundoff."""
        return float(np.finfo(self.dtype).eps) / 2

    @property
    def tiny(self) -> float:
        """The smallest normal number."""
        return float(np.finfo(self.dtype).smallest_normal)

    def gamma(self, n: int) -> float:
        """γ_n."""
        return n * self.u / (1 - n * self.u)

    def take(self, value: Any) -> "Bounded":
        """The value as a `Bounded` array without error, because it is given; a `Bounded` array stays as it is."""
        if isinstance(value, Bounded):
            return value
        value = np.asarray(value, np.float64)
        return Bounded(value, np.zeros_like(value), self)


def arithmetic(library: str, dtype: Any) -> Arithmetic:
    """The arithmetic of a library in `ULPS`, such as "numpy", in float32 or float64."""
    name = np.dtype(dtype).name
    return Arithmetic(name, ULPS[library, name])


@dataclass(frozen=True)
class Bounded:
    """Values with error bounds; arithmetic, indexing and `.T` work as for arrays."""

    value: np.ndarray
    error: np.ndarray
    arithmetic: Arithmetic

    __array_ufunc__ = None  # `array - bounded` calls __rsub__ below

    @property
    def most(self) -> np.ndarray:
        """The largest possible |v̂|."""
        return np.abs(self.value) + self.error

    def _rounded(self, value: np.ndarray, error: np.ndarray) -> "Bounded":
        """The result of an operation with one rounding."""
        return self.off(value, error, self.arithmetic.u)

    def off(self, value: np.ndarray, error: Any, relative: float) -> "Bounded":
        """The result of an operation that propagates `error` and has the relative error `relative` itself."""
        error = error + relative * (np.abs(value) + error) + self.arithmetic.tiny
        return Bounded(value, error, self.arithmetic)

    def __add__(self, other: Any) -> "Bounded":
        other = self.arithmetic.take(other)
        return self._rounded(self.value + other.value, self.error + other.error)

    def __sub__(self, other: Any) -> "Bounded":
        return self + -self.arithmetic.take(other)

    def __rsub__(self, other: Any) -> "Bounded":
        return self.arithmetic.take(other) - self

    def __neg__(self) -> "Bounded":
        return Bounded(-self.value, self.error, self.arithmetic)

    def __mul__(self, other: Any) -> "Bounded":
        other = self.arithmetic.take(other)
        error = np.abs(self.value) * other.error + self.error * other.most
        return self._rounded(self.value * other.value, error)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> "Bounded":
        other = self.arithmetic.take(other)
        value = self.value / other.value
        least = np.abs(other.value) - other.error
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.where(least > 0, (self.error + np.abs(value) * other.error) / least, np.inf)
        return self._rounded(value, error)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> "Iterator[Bounded]":
        return (self[k] for k in range(len(self)))

    def __getitem__(self, index: Any) -> "Bounded":
        return Bounded(self.value[index], self.error[index], self.arithmetic)

    @property
    def T(self) -> "Bounded":
        """Transposed."""
        return Bounded(self.value.T, self.error.T, self.arithmetic)

    def tanh(self) -> "Bounded":
        """The tanh of each value; its derivative is tanh′(v) = 4 σ′(2 v)."""
        u, ulps = self.arithmetic.u, self.arithmetic.ulps
        error = 4 * _sigmoid_slope(2 * self._nearest_zero()) * self.error + ulps.tanh_floor * u
        return self.off(np.tanh(self.value), error, 2 * ulps.tanh * u)

    def sigmoid(self) -> "Bounded":
        """The sigmoid of each value, σ(v) = 1 / (1 + e^-v)."""
        u, ulps = self.arithmetic.u, self.arithmetic.ulps
        with np.errstate(over="ignore"):
            value = 1 / (1 + np.exp(-self.value))
        error = _sigmoid_slope(self._nearest_zero()) * self.error + ulps.sigmoid_floor * u
        return self.off(value, error, 2 * ulps.sigmoid * u)

    def sqrt(self) -> "Bounded":
        """The square root; |√v̂ - √v| = |v̂ - v| / (√v̂ + √v), which is at most √|v̂ - v|."""
        value = np.sqrt(self.value)
        both = value + np.sqrt(np.maximum(self.value - self.error, 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.where(both > 0, np.minimum(self.error / both, np.sqrt(self.error)), np.sqrt(self.error))
        return self._rounded(value, error)

    def sum(self, axis: int) -> "Bounded":
        """The sum of n values in any order, whose rounding error is at most γ_n Σ |v|."""
        n = self.value.shape[axis]
        error = self.error.sum(axis) + self.arithmetic.gamma(n) * self.most.sum(axis)
        return Bounded(self.value.sum(axis), error, self.arithmetic)

    def _nearest_zero(self) -> np.ndarray:
        """The smallest |a| within e of v, where |tanh′(a)| and σ′(a) are largest."""
        return np.maximum(np.abs(self.value) - self.error, 0)


def _sigmoid_slope(a: np.ndarray) -> np.ndarray:
    """σ′(a) for a ≥ 0, without cancellation."""
    e = np.exp(-a)
    return e / np.square(1 + e)


def total(*terms: Any) -> Bounded:
    """The sum of the terms in any order; each is `Bounded`, or a pair of `Bounded` matrices to be multiplied."""
    n = 0
    value = error = size = np.zeros(())
    for term in terms:
        if isinstance(term, Bounded):
            n += 1
            value, error, size = value + term.value, error + term.error, size + term.most
        else:
            left, right = term
            n += left.value.shape[-1]
            value = value + left.value @ right.value
            error = error + np.abs(left.value) @ right.error + left.error @ right.most
            size = size + left.most @ right.most
    system = (terms[0] if isinstance(terms[0], Bounded) else terms[0][0]).arithmetic
    return Bounded(value, error + system.gamma(n) * size + n * system.tiny, system)


def stack(parts: Iterable[Bounded]) -> Bounded:
    """`np.stack` for `Bounded` arrays, along a new first axis."""
    return _joined(np.stack, parts)


def concatenate(parts: Iterable[Bounded], axis: int = 0) -> Bounded:
    """`np.concatenate` for `Bounded` arrays."""
    return _joined(lambda arrays: np.concatenate(arrays, axis), parts)


def _joined(join: Callable[[list[np.ndarray]], np.ndarray], parts: Iterable[Bounded]) -> Bounded:
    parts = list(parts)
    return Bounded(join([part.value for part in parts]), join([part.error for part in parts]), parts[0].arithmetic)

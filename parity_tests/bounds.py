"""How far rounding may take an evaluation from the exact value, propagated beside the values.

A `Bounded` array carries for each value v a bound e: every evaluation of the same operations in floating-point numbers
with unit roundoff u gives a v̂ with |v̂ - v| ≤ e, in whatever order it adds up a sum. With |v̂| ≤ |v| + e,

    v ± w, v w, v / w       the errors handed on, and u of the result
    a sum of n products     the errors handed on, and γ_n Σ |v| |w|, γ_n = n u / (1 - n u)
    φ(v)                    |φ′| e, |φ′| at its largest within e of v, and k units in the last place of the result
    a result below the smallest normal number may become 0

k is the library's own, as measured. The values are float64, exact enough, for in float64
they are one of the evaluations that the bound speaks of, and in float32 far closer.
Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), sections 2.2 (the model), 3.1 (γ_n, any
order) and 3.3 (running error analysis).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Ulps(NamedTuple):
    """How many units in the last place a library's functions may be off; `sigmoid_floor`, in u, is for all of σ."""

    tanh: float
    exp: float
    log: float
    sigmoid: float
    sigmoid_floor: float = 0


# What `python -m parity_tests.ulps` measures and a quarter more, for processors take different paths through the same
# library, rounded up to a power of two.
ULPS = {
    ("numpy", "float32"): Ulps(tanh=2, exp=4, log=8, sigmoid=4),
    ("numpy", "float64"): Ulps(tanh=2, exp=1, log=1, sigmoid=4),
    ("tensorflow", "float32"): Ulps(tanh=8, exp=2, log=4, sigmoid=8),
    ("tensorflow", "float64"): Ulps(tanh=16, exp=2, log=2, sigmoid=4),
    # Measured on an NVIDIA H100, with cuDNN 9.19. σ of cuDNN's LSTM is exact to a part of 1 in float32.
    ("tensorflow-gpu", "float32"): Ulps(tanh=8, exp=4, log=2, sigmoid=4),
    ("tensorflow-gpu", "float64"): Ulps(tanh=2, exp=2, log=1, sigmoid=4),
    ("cudnn", "float32"): Ulps(tanh=4, exp=0, log=0, sigmoid=1, sigmoid_floor=4),
    ("cudnn", "float64"): Ulps(tanh=2, exp=0, log=0, sigmoid=4),
}
# Somebody else's code may take σ(a) as (1 + tanh(a / 2)) / 2, which is exact to u, but not to a unit in the last place.
ANY = Ulps(tanh=8, exp=8, log=8, sigmoid=8, sigmoid_floor=16)


class Arithmetic(NamedTuple):
    """Floating-point numbers and a library's functions of them."""

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
        """Numbers that are given, and so without an error; what is `Bounded` already stays as it is."""
        if isinstance(value, Bounded):
            return value
        value = np.asarray(value, np.float64)
        return Bounded(value, np.zeros_like(value), self)


def arithmetic(library: str, dtype: Any) -> Arithmetic:
    """That of a library in `ULPS`, "numpy" say, in float32 or float64."""
    name = np.dtype(dtype).name
    return Arithmetic(name, ULPS[library, name])


@dataclass(frozen=True)
class Bounded:
    """Values and how far an evaluation may be from them; arithmetic, indexing and `.T` are those of arrays."""

    value: np.ndarray
    error: np.ndarray
    arithmetic: Arithmetic

    __array_ufunc__ = None  # so that `array - bounded` is ours

    @property
    def most(self) -> np.ndarray:
        """|v̂| at its largest."""
        return np.abs(self.value) + self.error

    def _rounded(self, value: np.ndarray, error: np.ndarray) -> "Bounded":
        """After one more operation."""
        return self.off(value, error, self.arithmetic.u)

    def off(self, value: np.ndarray, error: Any, relative: float) -> "Bounded":
        """This value after an operation that hands on `error` and is itself off by `relative` of the result."""
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
        """tanh′(v) = 4 σ′(2 v)."""
        slope = 4 * _sigmoid_slope(2 * self._nearest_zero())
        return self.off(np.tanh(self.value), slope * self.error, 2 * self.arithmetic.ulps.tanh * self.arithmetic.u)

    def sigmoid(self) -> "Bounded":
        """σ(v) = 1 / (1 + e^-v)."""
        u, ulps = self.arithmetic.u, self.arithmetic.ulps
        with np.errstate(over="ignore"):
            value = 1 / (1 + np.exp(-self.value))
        error = _sigmoid_slope(self._nearest_zero()) * self.error + ulps.sigmoid_floor * u
        return self.off(value, error, 2 * ulps.sigmoid * u)

    def sqrt(self) -> "Bounded":
        """|√v̂ - √v| = |v̂ - v| / (√v̂ + √v), and at most √|v̂ - v|."""
        value = np.sqrt(self.value)
        both = value + np.sqrt(np.maximum(self.value - self.error, 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.where(both > 0, np.minimum(self.error / both, np.sqrt(self.error)), np.sqrt(self.error))
        return self._rounded(value, error)

    def sum(self, axis: int) -> "Bounded":
        """Of n numbers in any order, γ_n Σ |v|."""
        n = self.value.shape[axis]
        error = self.error.sum(axis) + self.arithmetic.gamma(n) * self.most.sum(axis)
        return Bounded(self.value.sum(axis), error, self.arithmetic)

    def _nearest_zero(self) -> np.ndarray:
        """Where |tanh′| and σ′ are at their largest within e of v: as near to 0 as can be."""
        return np.maximum(np.abs(self.value) - self.error, 0)


def _sigmoid_slope(a: np.ndarray) -> np.ndarray:
    """σ′(a) for a ≥ 0, without cancellation."""
    e = np.exp(-a)
    return e / np.square(1 + e)


def total(*terms: Any) -> Bounded:
    """The sum of the terms in any order, each a `Bounded` or a pair of them that stands for its matrix product."""
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
    """Along a new first axis."""
    return _joined(np.stack, parts)


def concatenate(parts: Iterable[Bounded], axis: int = 0) -> Bounded:
    """Along an axis."""
    return _joined(lambda arrays: np.concatenate(arrays, axis), parts)


def _joined(join: Callable[[list[np.ndarray]], np.ndarray], parts: Iterable[Bounded]) -> Bounded:
    parts = list(parts)
    return Bounded(join([part.value for part in parts]), join([part.error for part in parts]), parts[0].arithmetic)

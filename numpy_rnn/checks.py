"""The checks at the public doors: one dtype for all arrays, shapes that fit together, labels and numbers in range."""

from functools import cache
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

FLOATS = np.dtype(np.float32), np.dtype(np.float64)
Argument = tuple[str, Any, str]


def fitting(*arguments: Argument, dtype: Any = None, **sizes: int) -> dict[str, int]:
    """The size of each axis letter, once every argument is seen to fit.

    An argument is its name, its value and its axes, as in `("x", x, "T I B")`. A letter stands for one size
    throughout: that of `sizes`, else the first that comes. "H+I" and "T+1" are sums, "B?" may be 1 instead, "1"
    stands for itself. Raises TypeError if a value is no NumPy array of float32 or float64, or if its dtype is not
    `dtype`, else that of the first argument; ValueError if a shape does not fit. The message names the argument, what
    was expected and what came.
    """
    given = dtype is not None
    for name, value, axes in arguments:
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{name}: expected a NumPy array of float32 or float64, got {type(value).__name__}")
        if value.dtype not in FLOATS:
            raise TypeError(f"{name}: expected float32 or float64, got {value.dtype}")
        dtype = dtype or value.dtype
        if value.dtype != dtype:
            source = "" if given else f" as in {arguments[0][0]}"
            raise TypeError(f"{name}: expected {dtype}{source}, got {value.dtype}")
        if value.ndim != len(_parse(axes)) or not all(map(_fits, _parse(axes), value.shape, repeat(sizes))):
            raise ValueError(f"{name}: expected shape {_shape(axes, sizes)}, got {value.shape}")
    return sizes


class _Axis(NamedTuple):
    """An axis as long as the sizes of its letters and a number make together, or of length 1 where that is allowed."""

    text: str
    letters: tuple[str, ...]
    number: int
    or_one: bool


@cache
def _parse(axes: str) -> tuple[_Axis, ...]:
    """The axes of an argument."""
    parsed = []
    for axis in axes.split():
        text = axis.rstrip("?")
        letters = tuple(term for term in text.split("+") if term.isalpha())
        numbers = (int(term) for term in text.split("+") if not term.isalpha())
        parsed.append(_Axis(text, letters, sum(numbers), axis != text))
    return tuple(parsed)


def _fits(axis: _Axis, came: int, sizes: dict[str, int]) -> bool:
    """Whether an axis may be `came` long; the letter that has no size yet, if there is one, gets what is left."""
    unknown = [letter for letter in axis.letters if letter not in sizes]
    rest = axis.number + sum(sizes[letter] for letter in axis.letters if letter in sizes)
    if unknown and came >= rest:
        sizes[unknown[0]] = came - rest
        return True
    return not unknown and (came == rest or (axis.or_one and came == 1))


def _shape(axes: str, sizes: dict[str, int]) -> str:
    """The axes as a shape, `(T, 28, B)`: numbers where they are known."""

    def show(axis: _Axis) -> str:
        if any(letter not in sizes for letter in axis.letters):
            return axis.text
        size = axis.number + sum(sizes[letter] for letter in axis.letters)
        return f"{size} or 1" if axis.or_one and size != 1 else str(size)

    shape = [show(axis) for axis in _parse(axes)]
    return f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"


def class_labels(labels: Any, batch: int, classes: int) -> None:
    """Raises TypeError or ValueError unless `labels` are (`batch`,) integers from 0 to `classes` - 1, at least one."""
    if not isinstance(labels, np.ndarray) or not np.issubdtype(labels.dtype, np.integer):
        came = labels.dtype if isinstance(labels, np.ndarray) else type(labels).__name__
        raise TypeError(f"labels: expected a NumPy array of integers, got {came}")
    if labels.shape != (batch,):
        raise ValueError(f"labels: expected shape ({batch},), got {labels.shape}")
    if batch == 0:
        raise ValueError("labels: expected at least one example for a mean, got shape (0,)")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels: expected values from 0 to {classes - 1}, got {labels.min()} to {labels.max()}")


def finite(name: str, value: np.ndarray) -> None:
    """Raises ValueError, naming the argument and the first culprit's place, if `value` holds NaN or infinity."""
    if not np.isfinite(value).all():
        place = tuple(int(index) for index in np.argwhere(~np.isfinite(value))[0])
        raise ValueError(f"{name}: expected finite numbers, got {value[place]} at {place}")


def whole_number(name: str, value: Any, low: int, high: int | None = None) -> int:
    """`value` as an int; raises ValueError, naming the argument, if it isn't a whole number from `low` to `high`."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < low or (high is not None and value > high):
        bounds = f"from {low} to {high}" if high is not None else f"of {low} or more"
        raise ValueError(f"{name}: expected a whole number {bounds}, got {value!r}")
    return int(value)


def positive(name: str, value: Any) -> float:
    """`value` as a float; raises ValueError, naming the argument, unless it is a finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < np.inf:
        raise ValueError(f"{name}: expected a finite number above 0, got {value!r}")
    return float(value)

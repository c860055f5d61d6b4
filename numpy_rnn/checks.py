"""The checks at the public doors: one dtype for all arrays, shapes that fit together, labels and numbers in range."""

from typing import Any

import numpy as np

Argument = tuple[str, Any, str]


def fitting(*arguments: Argument, dtype: Any = None, **sizes: int) -> dict[str, int]:
    """The size of each axis letter, once every argument is seen to fit.

    An argument is its name, its value and its axes, as in `("x", x, "T I B")`. A letter stands for one size
    throughout: that of `sizes`, else the first that comes. "H+I" and "T+1" are sums, "B?" may be 1 instead, "1"
    stands for itself. Raises TypeError if a value is no NumPy array of float32 or float64, or if its dtype is not
    `dtype`, else that of the first argument; ValueError if a shape does not fit. The message names the argument, what
    was expected and what came.
    """
    for name, value, axes in arguments:
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{name}: expected a NumPy array of float32 or float64, got {type(value).__name__}")
        if value.dtype not in (np.float32, np.float64):
            raise TypeError(f"{name}: expected float32 or float64, got {value.dtype}")
        if value.dtype != (dtype or arguments[0][1].dtype):
            source = f"{dtype}" if dtype else f"{arguments[0][1].dtype} as in {arguments[0][0]}"
            raise TypeError(f"{name}: expected {source}, got {value.dtype}")
        if value.ndim != len(axes.split()):
            raise ValueError(f"{name}: expected shape {_shape(axes, sizes)}, got {value.shape}")
        known = dict(sizes)
        for axis, came in zip(axes.split(), value.shape, strict=True):
            _learn(axis, came, known)
            if not (came == _size(axis, known) or (axis.endswith("?") and came == 1)):
                raise ValueError(f"{name}: expected shape {_shape(axes, known)}, got {value.shape}")
        sizes = known
    return sizes


def _terms(axis: str) -> list[str]:
    """The letters and numbers that an axis adds up."""
    return axis.rstrip("?").split("+")


def _learn(axis: str, came: int, sizes: dict[str, int]) -> None:
    """Gives the letter of `axis` that has no size yet, if there is one, what `came` leaves for it."""
    unknown = [term for term in _terms(axis) if term.isalpha() and term not in sizes]
    rest = sum(sizes.get(term, 0) if term.isalpha() else int(term) for term in _terms(axis))
    if unknown and came >= rest:
        sizes[unknown[0]] = came - rest


def _size(axis: str, sizes: dict[str, int]) -> int | None:
    """The size of an axis, None if a letter in it has none."""
    terms = [sizes.get(term) if term.isalpha() else int(term) for term in _terms(axis)]
    return None if None in terms else sum(term for term in terms if term is not None)


def _shape(axes: str, sizes: dict[str, int]) -> str:
    """The axes as a shape, `(T, 28, B)`: numbers where they are known."""

    def show(axis: str) -> str:
        size = _size(axis, sizes)
        return axis.rstrip("?") if size is None else f"{size} or 1" if axis.endswith("?") and size != 1 else str(size)

    shape = [show(axis) for axis in axes.split()]
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

"""The checks at the public doors: one dtype for all arrays, and shapes that fit together."""

from typing import Any

import numpy as np


def fitting(*arguments: tuple[str, Any, str], dtype: Any = None, **sizes: int) -> dict[str, int]:
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
        dtype = dtype or value.dtype
        if value.dtype != dtype:
            raise TypeError(f"{name}: expected {dtype} as in {arguments[0][0]}, got {value.dtype}")
        known = dict(sizes)
        fits = value.ndim == len(axes.split())
        for axis, came in zip(axes.split(), value.shape, strict=False):
            size = known.setdefault(axis, came) if axis.isalpha() else _size(axis, known)
            fits = fits and (came == size or (axis.endswith("?") and came == 1))
        if not fits:
            raise ValueError(f"{name}: expected shape {_shape(axes, known)}, got {value.shape}")
        sizes = known
    return sizes


def _size(axis: str, sizes: dict[str, int]) -> int:
    """The size of an axis from those of the letters in it."""
    return sum(sizes[term] if term.isalpha() else int(term) for term in axis.rstrip("?").split("+"))


def _shape(axes: str, sizes: dict[str, int]) -> str:
    """The axes as a shape, `(T, 28, B)`: numbers where they are known."""

    def show(axis: str) -> str:
        known = all(term in sizes or term.isdecimal() for term in axis.rstrip("?").split("+"))
        return f"{_size(axis, sizes)}{' or 1' if axis.endswith('?') else ''}" if known else axis

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

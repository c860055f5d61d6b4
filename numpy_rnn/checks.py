"""Argument validation for the public functions: types, one dtype for all arrays, shapes, labels and numbers.

An argument's axes are written as in `"T I B"`. A letter is one size throughout; "H+I" and "T+1" are sums; an axis "#B"
has the size B or 1; "1" is itself.
"""

from collections.abc import Mapping
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

FLOATS = np.dtype(np.float32), np.dtype(np.float64)
# Other subclasses change operations: `*` is a matrix product for np.matrix, and masked arrays lose masks.
ARRAYS = np.ndarray, np.memmap
Argument = tuple[str, Any, str]


def check_shapes(*arguments: Argument, dtype: Any = None, **sizes: int) -> dict[str, int]:
    """Checks that arrays have one dtype, float32 or float64, and shapes that fit together.

    Parameters
    ----------
    *arguments : tuple of (str, array, str)
        The name, the value and the axes of each argument, `("x", x, "T I B")` for example.
    dtype : dtype, optional
        The dtype of all arrays; by default that of the first.
    **sizes : int
        The sizes that are known. Each other letter takes its size from the first axis in which it occurs.

    Returns
    -------
    dict of str to int
        The size of each letter.

    Raises
    ------
    TypeError
        If a value is not a NumPy array of float32 or float64, is an array of a subclass other than `numpy.memmap`, or
        has another dtype than the rest.
    ValueError
        If a shape does not fit.
    """
    given = dtype is not None
    for name, value, axes in arguments:
        plain_array(name, value, "float32 or float64")
        if value.dtype not in FLOATS:
            raise TypeError(f"{name}: expected float32 or float64, got {value.dtype}")
        dtype = dtype or value.dtype
        if value.dtype != dtype:
            source = "" if given else f" as in {arguments[0][0]}"
            raise TypeError(f"{name}: expected {dtype}{source}, got {value.dtype}")
        if value.ndim != len(_parse(axes)) or not all(map(_fits, _parse(axes), value.shape, repeat(sizes))):
            hint = _without_ones(axes, value.shape, sizes)
            raise ValueError(f"{name}: expected shape {_show(axes, sizes)}{hint}, got {value.shape}")
    return sizes


def fields(name: str, value: Any, kind: Any, axes: Mapping[str, str], prefix: str = "") -> list[Argument]:
    """Lists the arrays of a NamedTuple as arguments of `check_shapes`.

    Parameters
    ----------
    name : str
        The argument's name.
    value : NamedTuple of arrays
        The argument.
    kind : type
        The NamedTuple type that is expected.
    axes : mapping of str to str
        The axes of each field.
    prefix : str, optional
        Precedes the fields' names: "trace." for example.

    Returns
    -------
    list of tuple
        The name, the value and the axes of each field.

    Raises
    ------
    TypeError
        If `value` is not a `kind`.
    """
    check_type(name, value, kind)
    return [(prefix + field, getattr(value, field), axes[field]) for field in kind._fields]


def plain_array(name: str, value: Any, entries: str) -> None:
    """Raises TypeError, naming `entries`, unless `value` is a NumPy array, of no subclass other than `numpy.memmap`."""
    if type(value) not in ARRAYS:
        given = type(value).__name__ + (", a subclass" if isinstance(value, np.ndarray) else "")
        raise TypeError(f"{name}: expected a NumPy array of {entries}, got {given}")


def check_type(name: str, value: Any, *kinds: type) -> None:
    """Raises TypeError, naming the argument, unless `value` is an instance of one of `kinds`."""
    if not isinstance(value, kinds):
        expected = " or ".join(map(type_name, kinds))
        raise TypeError(f"{name}: expected {expected}, got {type_name(type(value))}")


def type_name(kind: type) -> str:
    """The public name of the type `kind`: "numpy_rnn.rnn.Params", or "int" without a module for a built-in type."""
    public = [part for part in kind.__module__.split(".") if part != "builtins" and not part.startswith("_")]
    return ".".join([*public, kind.__qualname__])


def shape_of(axes: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The shape of an array with these `axes`, "T I #B" for example, from the `sizes` of all letters."""
    return tuple(axis.number + sum(sizes[letter] for letter in axis.letters) for axis in _parse(axes))


class _Axis(NamedTuple):
    """An axis whose size is a number plus the sizes of letters, or 1 where `or_one` allows it."""

    text: str
    letters: tuple[str, ...]
    number: int
    or_one: bool


@cache
def _parse(axes: str) -> tuple[_Axis, ...]:
    """The axes of an argument."""
    parsed = []
    for axis in axes.split():
        text = axis.removeprefix("#")
        letters = tuple(term for term in text.split("+") if term.isalpha())
        numbers = (int(term) for term in text.split("+") if not term.isalpha())
        parsed.append(_Axis(text, letters, sum(numbers), axis != text))
    return tuple(parsed)


def _fits(axis: _Axis, size: int, sizes: dict[str, int]) -> bool:
    """Whether an axis may have this size; a letter without a size takes what remains."""
    unknown = [letter for letter in axis.letters if letter not in sizes]
    rest = axis.number + sum(sizes[letter] for letter in axis.letters if letter in sizes)
    if unknown and size >= rest:
        sizes[unknown[0]] = size - rest
        return True
    return not unknown and (size == rest or (axis.or_one and size == 1))


def _show(axes: str, sizes: dict[str, int]) -> str:
    """The axes as a shape, `(T, 28, B)`: numbers where they are known."""

    def show(axis: _Axis) -> str:
        if any(letter not in sizes for letter in axis.letters):
            return axis.text
        size = axis.number + sum(sizes[letter] for letter in axis.letters)
        return f"{size} or 1" if axis.or_one and size != 1 else str(size)

    shape = [show(axis) for axis in _parse(axes)]
    return f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"


def _without_ones(axes: str, shape: tuple[int, ...], sizes: Mapping[str, int]) -> str:
    """The words that name `sequences.with_ones` where one input is missing, which may be the 1 of the biases."""
    one_missing = axes == "T I B" and len(shape) == 3 and shape[1] + 1 == sizes.get("I")
    return ", which sequences.with_ones gives for a model with biases" if one_missing else ""


def class_labels(labels: Any, batch: int, classes: int) -> None:
    """Raises TypeError or ValueError unless `labels` are (`batch`,) integers from 0 to `classes` - 1, at least one."""
    plain_array("labels", labels, "integers")
    if labels.shape in ((batch, classes), (classes, batch)) and np.isin(labels, (0, 1)).all():
        raise ValueError(f"labels: expected integers of shape ({batch},), got one-hot labels of shape {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"labels: expected a NumPy array of integers, got {labels.dtype}")
    if labels.shape != (batch,):
        raise ValueError(f"labels: expected shape ({batch},), got {labels.shape}")
    if batch == 0:
        raise ValueError("labels: expected at least one example for a mean, got shape (0,)")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels: expected values from 0 to {classes - 1}, got {labels.min()} to {labels.max()}")


def finite(name: str, value: np.ndarray) -> None:
    """Raises ValueError, naming the argument and the first such place, if `value` holds NaN or infinity."""
    if not np.isfinite(value).all():
        place = tuple(int(index) for index in np.argwhere(~np.isfinite(value))[0])
        raise ValueError(f"{name}: expected finite numbers, got {value[place]} at {place}")


def float_dtype(name: str, dtype: Any) -> np.dtype:
    """`dtype` as a NumPy dtype; raises TypeError, naming the argument, unless it is float32 or float64."""
    try:
        known = None if dtype is None else np.dtype(dtype)
    except (TypeError, ValueError):
        known = None
    if known is None or known not in FLOATS:  # None equals np.dtype(float)
        raise TypeError(f"{name}: expected float32 or float64, got {known or repr(dtype)}")
    return known


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

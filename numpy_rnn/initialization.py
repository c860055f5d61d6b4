"""New arrays for a NamedTuple of arrays: memory that a forward pass fills, and numbers drawn from N(0, 0.05²)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from numpy_rnn.checks import Argument, check_shapes, check_type, fields, float_dtype, shape_of

STANDARD_DEVIATION = 0.05


def draw(
    kind: Any,
    axes: Mapping[str, str],
    sizes: Mapping[str, int],
    rng: np.random.Generator,
    dtype: Any,
    standard_deviation: float = STANDARD_DEVIATION,
) -> Any:
    """Draws every array of a NamedTuple from a normal distribution with mean 0.

    Parameters
    ----------
    kind : type
        The NamedTuple type.
    axes : mapping of str to str
        The axes of each field, as `checks` describes them.
    sizes : mapping of str to int
        The size of each letter.
    rng : numpy.random.Generator
        Draws the fields in their order.
    dtype : dtype
        float32 or float64.
    standard_deviation : float, optional
        That of the distribution.

    Returns
    -------
    NamedTuple
        A `kind` of new arrays.

    Raises
    ------
    TypeError
        If `rng` is not a generator, or `dtype` another one.
    """
    check_type("rng", rng, np.random.Generator)
    dtype = float_dtype("dtype", dtype)
    shapes = (shape_of(axes[field], sizes) for field in kind._fields)
    return kind(*(rng.normal(0, standard_deviation, shape).astype(dtype) for shape in shapes))


def allocate(
    kind: Any,
    axes: Mapping[str, str],
    sizes: Mapping[str, int],
    dtype: Any,
    out: Any = None,
    inputs: Sequence[Argument] = (),
) -> Any:
    """Returns `out`, or new memory where there is none.

    Parameters
    ----------
    kind : type
        The NamedTuple type.
    axes : mapping of str to str
        The axes of each field, as `checks` describes them.
    sizes : mapping of str to int
        The size of each letter.
    dtype : dtype
        float32 or float64.
    out : NamedTuple, optional
        A `kind` that may be overwritten.
    inputs : sequence of (str, array, str), optional
        The arguments from which `out` is computed, as `check_shapes` takes them.

    Returns
    -------
    NamedTuple
        `out`, or a `kind` of new arrays whose entries are arbitrary.

    Raises
    ------
    TypeError
        If `out` is not a `kind`, or has another dtype.
    ValueError
        If a shape in `out` does not fit, or if an array in it is read-only or shares memory, as `check_memory` says.
    """
    if out is None:
        return kind(*(np.empty(shape_of(axes[field], sizes), dtype) for field in kind._fields))
    outputs = fields("out", out, kind, axes, "out.")
    check_shapes(*outputs, dtype=dtype, **sizes)
    check_memory(outputs, inputs)
    return out


def check_memory(outputs: Sequence[Argument], inputs: Sequence[Argument]) -> None:
    """Checks that writing to any output changes no other output and no input that is used later.

    An input may share memory with the output of its own name, "x" with "out.x" and "h_init" with "out.h", because it is
    copied there before anything else is computed.

    Parameters
    ----------
    outputs, inputs : sequence of (str, array, str)
        The arrays that are written, and the arrays that are read, as `check_shapes` takes them.

    Raises
    ------
    ValueError
        If an output is read-only, or shares memory; the message names both arrays.
    """
    written, separate = set(), True
    for name, value, _ in outputs:
        flags = value.flags
        if not flags.writeable:
            raise ValueError(f"{name}: expected a writeable array, got a read-only one")
        separate = separate and flags.owndata
        written.add(id(value))
    for _, value, _ in inputs:
        separate = separate and value.flags.owndata and id(value) not in written
    if separate and len(written) == len(outputs):
        return  # different arrays, each of which allocated its memory
    for k, (name, value, _) in enumerate(outputs):
        if _overlaps_itself(value):
            raise ValueError(f"{name}: expected each entry in memory of its own, got strides {value.strides}")
        for other, array, _ in (*outputs[:k], *inputs):
            if name != f"out.{other.partition('_')[0]}" and np.shares_memory(value, array):
                raise ValueError(f"{name}: expected memory of its own, got memory that {other} shares")


def _overlaps_itself(value: np.ndarray) -> bool:
    """Whether two entries may share memory: from the smallest stride on, one is shorter than all entries within it."""
    reach = value.itemsize
    for stride, size in sorted(zip(map(abs, value.strides), value.shape, strict=True)):
        if size > 1:
            if stride < reach:
                return value.size > 0
            reach += stride * (size - 1)
    return False

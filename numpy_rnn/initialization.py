"""New arrays for a NamedTuple of arrays: memory that a forward pass fills, and numbers drawn from N(0, 0.05²)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from numpy_rnn.checks import check_shapes, check_type, fields, float_dtype, shape_of

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


def allocate(kind: Any, axes: Mapping[str, str], sizes: Mapping[str, int], dtype: Any, out: Any = None) -> Any:
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

    Returns
    -------
    NamedTuple
        `out`, or a `kind` of new arrays whose entries are arbitrary.

    Raises
    ------
    TypeError
        If `out` is not a `kind`, or has another dtype.
    ValueError
        If a shape in `out` does not fit.
    """
    if out is None:
        return kind(*(np.empty(shape_of(axes[field], sizes), dtype) for field in kind._fields))
    check_shapes(*fields("out", out, kind, axes, "out."), dtype=dtype, **sizes)
    return out

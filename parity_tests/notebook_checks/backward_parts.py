"""What a function of a backward pass takes and returns, and how it is tried on small arrays."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from numpy_rnn import lstm
from parity_tests.judging.subject import differ
from parity_tests.notebook_checks.answers import Wrong, described

# The axes of arguments and results. The gates i, f and o lie between 0 and 1.
AXES = {
    **dict.fromkeys(["h_t", "h_before", "i_t", "f_t", "o_t", "u_t", "g_t", "c_t", "c_before", "s"], "H B"),
    **dict.fromkeys(["dh_t", "da_t", "do_t", "dc_t", "di_t", "du_t", "df_t", "dg_t"], "H B"),
    **dict.fromkeys(["da_i", "da_f", "da_o", "da_u", "da_g", "dh_from_next", "dc_from_next"], "H B"),
    **dict.fromkeys(["tanh′(a_t)", "σ′(a)"], "H B"),
    **dict.fromkeys(["x_t", "dx_t"], "I B"),
    **dict.fromkeys(["W", "dW"], "H H"),
    **dict.fromkeys(["U", "dU"], "H I"),
    "db": "H 1",
    "dM_g": "H H+I",
    "dz_t": "H+I B",
}
GATES = ("i_t", "f_t", "o_t", "g_t", "s")
# H, I and B: three different sizes, a batch of one, square matrices, and all sizes 1.
SIZES = [(3, 4, 2), (3, 4, 1), (3, 3, 3), (1, 1, 1)]


class Part(NamedTuple):
    """A function of a backward pass.

    `arguments` and `results` are names of `AXES`. `places` are the expressions of `numpy_rnn`'s backward pass that the
    function replaces, and by what. `mistakes` are functions with a typical error, by the words for the error.
    """

    kind: str
    name: str
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    places: Mapping[str, str]
    mistakes: Mapping[str, Callable[..., Any]]


def try_on_small_arrays(part: Part, function: Callable[..., Any]) -> None:
    """Raises `Wrong` if a function raises an exception, changes an argument, or returns another type or shape."""
    for sizes in SIZES:
        for dtype in (np.float64, np.float32):
            arguments = small_arguments(part, sizes, dtype)
            given = copies(arguments)
            try:
                result = function(*given)
            except NotImplementedError:
                raise
            except Exception as error:
                raise Wrong(described(error) + named(mistake(part, function))) from None
            for name, before, after in zip(part.arguments, arguments, given, strict=True):
                if name != "H" and differ(before, after):
                    raise Wrong(f"{part.name} writes into {name}; compute a new array, without *=, += or [:] =")
            problem = form(part, result, dict(zip(("H", "I", "B"), sizes, strict=True)), dtype)
            if problem:
                raise Wrong(problem + named(mistake(part, function)))


def small_arguments(part: Part, sizes: tuple[int, int, int], dtype: Any) -> list[Any]:
    """Random arguments for a function, different numbers for each name."""
    H, I, B = sizes
    lengths = {"H": H, "I": I, "B": B, "1": 1, "H+I": H + I}
    rng = np.random.default_rng(0)

    def array(axes: str, low: float = -1) -> np.ndarray:
        return rng.uniform(low, 1, [lengths[axis] for axis in axes.split()]).astype(dtype)

    special: dict[str, Any] = {"params": lstm.Params(*(array("H H+I") for _ in range(4))), "H": H}
    return [special[name] if name in special else array(AXES[name], -(name not in GATES)) for name in part.arguments]


def copies(arguments: list[Any]) -> list[Any]:
    """Copies of arrays and of tuples of arrays."""
    return [
        type(one)(*map(np.copy, one))
        if isinstance(one, tuple)
        else np.copy(one)
        if isinstance(one, np.ndarray)
        else one
        for one in arguments
    ]


def form(part: Part, result: Any, sizes: dict[str, int], dtype: Any) -> str:
    """What is wrong with the type or the shape of a result, in one line; empty if nothing is."""
    if result is None:
        return f"{part.name} returns None: a `return` is missing"
    values = (result,) if len(part.results) == 1 else result
    if not isinstance(values, tuple | list) or len(values) != len(part.results):
        return (
            f"{part.name}: expected {len(part.results)} results, {', '.join(part.results)}, got {type(result).__name__}"
        )
    for name, value in zip(part.results, values, strict=True):
        axes = AXES[name].split()
        shape = tuple(sizes["H"] + sizes["I"] if axis == "H+I" else sizes.get(axis, 1) for axis in axes)
        expected = f"{name}: expected the shape ({', '.join(axes)}) = {shape}"
        if not isinstance(value, np.ndarray | np.floating):
            return f"{expected}, got {type(value).__name__}"
        if value.shape != shape:
            lost = value.shape == tuple(length for length in shape if length > 1)
            hint = "; keep the axis of length 1: no squeeze, and keepdims=True in a sum" if lost and 1 in shape else ""
            return f"{expected}, got {value.shape}{hint}"
        if value.dtype != dtype:
            return f"{name}: expected {np.dtype(dtype)} for arguments of this dtype, got {value.dtype}"
    return ""


def mistake(part: Part, function: Callable[..., Any]) -> str:
    """The words of the typical error whose results are those of the learner's function; empty if there is none."""
    cases = [small_arguments(part, sizes, np.float64) for sizes in SIZES]
    actual = [outcome(function, case) for case in cases]
    for words, wrong in part.mistakes.items():
        if all(same(one, outcome(wrong, case)) for one, case in zip(actual, cases, strict=True)):
            return words
    return ""


def outcome(function: Callable[..., Any], arguments: list[Any]) -> list[np.ndarray] | str:
    """The arrays that a function returns, or the message of its exception."""
    try:
        result = function(*copies(arguments))
        return [np.asarray(one, np.float64) for one in (result if isinstance(result, tuple | list) else [result])]
    except Exception as error:
        return str(error)


def same(one: list[np.ndarray] | str, other: list[np.ndarray] | str) -> bool:
    """Whether two outcomes are equal up to rounding."""
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and one == other
    return len(one) == len(other) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
        for a, b in zip(one, other, strict=True)
    )


def named(cause: str) -> str:
    """The line with the likely cause, if one is known."""
    return f"\nlikely cause: {cause}" if cause else ""

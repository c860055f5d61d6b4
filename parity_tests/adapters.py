"""Helpers for an adapter: the functions `forward` and `backward` through which the suite judges code of another style.

They convert between the suite's arrays and those of the judged code. The suite's arrays have time on their first axis
and one example in each column: x (T, I, B), h (T+1, H, B), states (H, B). An LSTM's matrix M of one gate is (H, H+I),
so `np.split(M, [H], axis=1)` gives its part for h and its part for x. Every file in parity_tests/other_implementations
ends with an adapter for one style.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

GATES = {"i": "M_input", "f": "M_forget", "o": "M_output", "u": "M_modulated_input"}
SUMMED = {"db", "dW", "dU", *(f"d{matrix}" for matrix in GATES.values())}

# A learning rate for `from_update`: a power of two, so that a product with it is exact, and within float32's range.
LEARNING_RATE = 2.0**100


def stack_gates(params: Any, order: str = "ifou") -> np.ndarray:
    """The four matrices (H, H+I) of an LSTM, one above the other in this order: (4H, H+I).

    The letters are those of the equations: i, f and o are the gates, and u is the modulated input, often called g.
    """
    return np.concatenate([getattr(params, GATES[gate]) for gate in order])


def split_gates(dM: np.ndarray, order: str = "ifou") -> dict[str, np.ndarray]:
    """The reverse of `stack_gates` for gradients: "dM_input", …, each (H, H+I), from (4H, H+I) in this order."""
    return {f"d{GATES[gate]}": part for gate, part in zip(order, np.split(dM, 4), strict=True)}


def last_axis_first(array: np.ndarray) -> np.ndarray:
    """The last axis in front of the others: x (T, I, B) becomes (B, T, I), and a state (H, B) becomes (B, H)."""
    return np.moveaxis(array, -1, 0)


def first_axis_last(array: np.ndarray) -> np.ndarray:
    """The first axis behind the others: (B, T, I) becomes (T, I, B), and x (T, I, B) becomes (I, B, T)."""
    return np.moveaxis(array, 0, -1)


def with_initial(initial: np.ndarray, later: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    """All states (T+1, H, B), from the initial one (H, B) and those of steps 1 … T: (T, H, B), or T arrays (H, B)."""
    return np.concatenate([initial[None], later])


def letters(x: np.ndarray) -> np.ndarray:
    """The integers (T, B) whose one-hot columns are x (T, I, B)."""
    return x.argmax(axis=1)


def each_example(function: Callable[..., Mapping[str, Any]], *arguments: Any) -> dict[str, Any]:
    """Calls a function that takes one example for each of B examples, 1 or more, and joins the results by name.

    An argument is an array (…, B), and the function takes (…), or a list of B objects, and it takes one of them. The
    function returns a dict. The gradients of parameters (dW, dM_input, …) are summed over the examples, other arrays
    (…) are joined to (…, B), and other objects are joined to a list.
    """
    first = arguments[0]
    B = len(first) if isinstance(first, list) else first.shape[-1]
    results = [
        function(*(value[n] if isinstance(value, list) else value[..., n] for value in arguments)) for n in range(B)
    ]
    return {name: _joined(name, [result[name] for result in results]) for name in results[0]}


def _joined(name: str, values: Sequence[Any]) -> Any:
    """The results of all examples for one name."""
    if name in SUMMED:
        return sum(values)
    return np.stack(values, axis=-1) if isinstance(values[0], np.ndarray) else list(values)


class FusedLoss(NamedTuple):
    """A read-out and targets, for N = 1 + T·B classes: V (N, H), d (N, 1), integers targets (T, B), and the scale."""

    V: np.ndarray
    d: np.ndarray
    targets: np.ndarray
    scale: float


def fused_loss(dh: np.ndarray) -> FusedLoss:
    """A softmax read-out for code with the cross-entropy inside its loop, so that dh (T, H, B) is ∂L/∂h from outside.

    The code computes y_t = softmax(V h_t + d) and adds Vᵀ (y_t - e_k) to ∂L/∂h_t, where k is the target. Each step of
    each example has a class k of its own with V_k = -dh_t / scale. Class 0 has V_0 = 0 and a bias d_0 that makes it
    certain: y_t is e_0, and Vᵀ (e_0 - e_k) is dh_t / scale. Multiply the code's gradients by the scale, a power of two
    with which |V h| is at most 1. If the code's loss is a mean over n terms, multiply by n too.

    The error is below T·B·exp(-600) of the largest |dh| in float64, and below T·B·exp(-70) in float32.
    """
    T, H, B = dh.shape
    largest = float(np.abs(dh).sum(axis=1).max(initial=0))
    scale = 2.0 ** np.ceil(np.log2(largest)) if largest else 1.0
    V = np.zeros((1 + T * B, H), dh.dtype)
    V[1:] = -dh.swapaxes(1, 2).reshape(T * B, H) / scale
    d = np.zeros((1 + T * B, 1), dh.dtype)
    d[0] = 70 + 2 if dh.dtype == np.float32 else 600 + 2
    return FusedLoss(V, d, 1 + np.arange(T * B).reshape(T, B), scale)


def from_update(before: np.ndarray, after: np.ndarray, learning_rate: float = LEARNING_RATE) -> np.ndarray:
    """The gradient of a parameter that code only updates: (before - after) / learning_rate, of the same shape.

    Give the code the same learning rate. With a power of two 2^k only the two subtractions round, so the error of each
    entry is at most 2u of the gradient plus 2u · |before| / 2^k, with the unit roundoff u. With `LEARNING_RATE` the
    second term vanishes beside every gradient above 1e-30. Gradients in float32 must be below 2^27.
    """
    return (before - after) / before.dtype.type(learning_rate)

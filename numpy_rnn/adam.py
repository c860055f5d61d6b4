"""Adam, one step, as Keras computes it.

With g the gradient, and t = 1, 2, … the number of the step

    m ← m + (1 - β₁) (g - m)                        (4.1)
    v ← v + (1 - β₂) (g² - v)                       (4.2)
    α = η √(1 - β₂ᵗ) / (1 - β₁ᵗ)                    (4.3)
    θ ← θ - α m / (√v + ε)                          (4.4)

ε stands outside the bias correction, which is drawn into α: the "ε-hat" form at the end of section 2 of the source,
where its main text has ε inside: D. P. Kingma and J. Ba, Adam: a method for stochastic optimization (2015).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class State(NamedTuple):
    """The number of steps done, t; the means m of the gradients and v of their squares, shaped as the parameters."""

    t: int
    m: Any
    v: Any


def init(params: Any) -> State:
    """The state before the first step, for a tree of parameters: NamedTuples of arrays, nested as you like."""
    return State(0, tree_map(np.zeros_like, params), tree_map(np.zeros_like, params))


def step(
    params: Any,
    gradients: Any,
    state: State,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[Any, State]:
    """The parameters and the state after one more step; the arguments stay as they are. The defaults are Keras's.

    `params` and `gradients` are trees of one form. Raises ValueError if two arrays differ in shape or dtype.
    """
    # A NumPy number would take its own dtype into the parameters.
    learning_rate, beta_1, beta_2, epsilon = map(float, (learning_rate, beta_1, beta_2, epsilon))
    t = state.t + 1
    m = tree_map(lambda m, g: m + (1 - beta_1) * (g - m), state.m, gradients)  # (4.1)
    v = tree_map(lambda v, g: v + (1 - beta_2) * (g * g - v), state.v, gradients)  # (4.2)
    alpha = learning_rate * float(np.sqrt(1 - beta_2**t)) / (1 - beta_1**t)  # (4.3)
    params = tree_map(lambda p, m, v: p - alpha * m / (np.sqrt(v) + epsilon), params, m, v)  # (4.4)
    return params, State(t, m, v)


def tree_map(function: Callable[..., np.ndarray], *trees: Any) -> Any:
    """`function` of the arrays that stand in the same place of each tree, in a tree of the same form."""
    first = trees[0]
    if isinstance(first, np.ndarray):
        for tree in trees:
            if tree.shape != first.shape or tree.dtype != first.dtype:
                raise ValueError(f"gradients: expected {first.dtype} {first.shape}, got {tree.dtype} {tree.shape}")
        return function(*trees)
    return type(first)(*(tree_map(function, *branches) for branches in zip(*trees, strict=True)))

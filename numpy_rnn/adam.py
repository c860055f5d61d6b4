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

from numpy_rnn.checks import check_type, plain_array, type_name


class State(NamedTuple):
    """The number of steps done, t; the means m of the gradients and v of their squares, shaped as the parameters."""

    t: int
    m: Any
    v: Any


def init(params: Any) -> State:
    """Makes the state before the first step.

    Parameters
    ----------
    params : tree of arrays
        The parameters: NamedTuples of arrays, nested in any way.

    Returns
    -------
    State
        t = 0, and zeros.

    Raises
    ------
    TypeError
        If `params` is no such tree.
    """
    check_tree("params", params, params)
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
    """Does one step; the arguments stay as they are, and the defaults are Keras's.

    Parameters
    ----------
    params : tree of arrays
        The parameters: NamedTuples of arrays, nested in any way.
    gradients : tree of arrays
        A tree of the same types, shapes and dtype.
    state : State
        The state before the step.
    learning_rate, beta_1, beta_2, epsilon : float, optional
        η, β₁, β₂ and ε.

    Returns
    -------
    tuple of (tree of arrays, State)
        The parameters and the state after the step.

    Raises
    ------
    TypeError
        If a tree has other types than `params`; the message names the tree and the place in it.
    ValueError
        If an array has another shape or dtype than in `params`.
    """
    check_type("state", state, State)
    trees = {"params": params, "gradients": gradients, "state.m": state.m, "state.v": state.v}
    for name, tree in trees.items():
        check_tree(name, tree, params)
    # A NumPy number would take its own dtype into the parameters.
    learning_rate, beta_1, beta_2, epsilon = map(float, (learning_rate, beta_1, beta_2, epsilon))
    t = state.t + 1
    m = tree_map(lambda m, g: m + (1 - beta_1) * (g - m), state.m, gradients)  # (4.1)
    v = tree_map(lambda v, g: v + (1 - beta_2) * (g * g - v), state.v, gradients)  # (4.2)
    alpha = learning_rate * float(np.sqrt(1 - beta_2**t)) / (1 - beta_1**t)  # (4.3)
    params = tree_map(lambda p, m, v: p - alpha * m / (np.sqrt(v) + epsilon), params, m, v)  # (4.4)
    return params, State(t, m, v)


def tree_map(function: Callable[..., np.ndarray], *trees: Any) -> Any:
    """Applies a function to the arrays of trees.

    Parameters
    ----------
    function : callable
        Takes one array of each tree, those of the same place, and returns an array.
    *trees : tree of arrays
        Trees of the same types: NamedTuples of arrays, nested in any way.

    Returns
    -------
    tree of arrays
        The results, in a tree of the same types.
    """
    first = trees[0]
    if isinstance(first, np.ndarray):
        return function(*trees)
    return type(first)(*(tree_map(function, *branches) for branches in zip(*trees, strict=True)))


def check_tree(name: str, tree: Any, params: Any) -> None:
    """Checks that a tree has the types, shapes and dtypes of the parameters.

    Parameters
    ----------
    name : str
        The tree's name in a message.
    tree : tree of arrays
        The tree to check.
    params : tree of arrays
        The parameters: NamedTuples of arrays, nested in any way.

    Raises
    ------
    TypeError, ValueError
        If it does not; the message names the place in the tree.
    """
    if isinstance(params, np.ndarray):
        if not isinstance(tree, np.ndarray):
            raise TypeError(f"{name}: expected a NumPy array as in params, got {type_name(type(tree))}")
        plain_array(name, tree, "numbers")
        if (tree.shape, tree.dtype) != (params.shape, params.dtype):
            expected = f"{params.dtype} {params.shape} as in params"
            raise ValueError(f"{name}: expected {expected}, got {tree.dtype} {tree.shape}")
        return
    if not isinstance(params, tuple) or (params and not hasattr(params, "_fields")):
        raise TypeError(f"{name}: expected NumPy arrays in NamedTuples, got {type_name(type(params))}")
    if type(tree) is not type(params):
        raise TypeError(f"{name}: expected {type_name(type(params))} as in params, got {type_name(type(tree))}")
    for field in getattr(params, "_fields", ()):
        check_tree(f"{name}.{field}", getattr(tree, field), getattr(params, field))

"""Clipping of gradients by their global norm, as Keras's `global_clipnorm` does it.

An RNN's gradient can be very large at a single step, and the step that Adam then takes undoes what was learned.
Clipping keeps the direction of the gradient and bounds its length. With g_1, g_2, … the gradients of all parameters,
taken together as one vector, and c the largest length

    N = √(Σ_k Σ g_k²)                       (5.1)
    g_k ← g_k c / max(N, c)                 (5.2)

where the inner sum runs over all entries of g_k. Source: R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of
training recurrent neural networks (2013).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from numpy_rnn.adam import check_tree, tree_map
from numpy_rnn.checks import positive


def global_norm(gradients: Any) -> float:
    """Computes N, the length of all gradients as one vector; the sum is computed in float64.

    Parameters
    ----------
    gradients : tree of arrays
        NamedTuples of arrays, nested in any way.

    Returns
    -------
    float
        N; infinity or NaN if an entry is not finite or the sum overflows.

    Raises
    ------
    TypeError
        If `gradients` is no such tree.
    """
    check_tree("gradients", gradients, gradients)
    return float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in _arrays(gradients))))  # (5.1)


def clip(gradients: Any, clip_norm: float) -> Any:
    """Scales gradients down to the global norm `clip_norm` if theirs is larger; the arguments stay as they are.

    Parameters
    ----------
    gradients : tree of arrays
        NamedTuples of arrays, nested in any way.
    clip_norm : float
        c, above 0.

    Returns
    -------
    tree of arrays
        A tree of the same types, shapes and dtypes. If N is not finite, all its entries are NaN.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described; the message names it.
    """
    c = positive("clip_norm", clip_norm)
    N = global_norm(gradients)
    scale = c / max(N, c) if np.isfinite(N) else np.nan  # (5.2)
    return tree_map(lambda g: g * scale, gradients)


def _arrays(tree: Any) -> Iterator[np.ndarray]:
    """The arrays of a tree."""
    if isinstance(tree, np.ndarray):
        yield tree
    else:
        for branch in tree:
            yield from _arrays(branch)

"""Trees of parameters or gradients that are not those of a model."""

from typing import Any, NamedTuple

import numpy as np

from parity_tests.cases.public_functions import flat


class Pair(NamedTuple):
    first: Any
    second: Any


def random_tree(rng, dtype, low=-1.0):
    """Nested arrays of numbers between `low` and 1, with random signs if `low` is positive."""

    def array(*shape):
        signs = rng.choice([-1, 1], shape) if low > 0 else 1
        return (signs * rng.uniform(low, 1, shape)).astype(dtype)

    return Pair(Pair(array(3, 1), array(2, 2)), array(1, 4))


def all_numbers(tree):
    """The numbers of a tree as one vector."""
    return np.concatenate([array.ravel() for array in flat(tree)])

"""Trees of parameters or gradients that are not those of a model."""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from parity_tests.cases.public_functions import flat

# Largest norms as parts of a global norm: far below and above it, and so near to it that rounding decides.
PARTS_OF_A_NORM = st.sampled_from([1e-6, 0.1, 0.5, 1 - 2.0**-22, 1.0, 1 + 2.0**-22, 2.0, 1e6])


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

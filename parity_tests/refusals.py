"""How a refusal reads: the argument's name, what was expected and what came, while every array stays as it was."""

import contextlib
import re

import numpy as np
import pytest


@contextlib.contextmanager
def refused(error, name, expected, came, untouched=()):
    """The block raises `error` in these words, and leaves the arrays as they were."""
    before = [(array, array.copy()) for array in untouched]
    with pytest.raises(error, match=rf"^{re.escape(f'{name}: expected {expected}')}.*, got {re.escape(str(came))}"):
        yield
    for array, copy in before:
        np.testing.assert_array_equal(array, copy)

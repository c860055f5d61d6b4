"""Contexts in which a call must refuse an argument with the usual message: `NAME: expected …, got …`."""

import contextlib
import re

import numpy as np
import pytest


@contextlib.contextmanager
def refused(error, name, expected, got, untouched=()):
    """The block raises `error` with a message in these words, and leaves the arrays `untouched` as they were."""
    before = [(array, array.copy()) for array in untouched]
    with pytest.raises(error, match=rf"^{re.escape(f'{name}: expected {expected}')}.*, got {re.escape(str(got))}"):
        yield
    for array, copy in before:
        np.testing.assert_array_equal(array, copy)


def refused_in_keras(error, name, got):
    """The context in which a layer must raise `error`; Keras may put its own words around the message."""
    return pytest.raises(error, match=f"{name}: expected .*, got {re.escape(got)}")

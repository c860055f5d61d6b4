"""Decorators with which pytest runs a test for both dtypes and for many cases."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings

from parity_tests.cases.recurrences import CASE_SPECS, PINNED_SPECS

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def given_case_specs(test: Any) -> Any:
    """Runs a test on the pinned specs first, then on random ones."""
    for spec in PINNED_SPECS:
        test = example(spec)(test)
    return given(CASE_SPECS)(test)


def half_as_many_examples(test: Any) -> Any:
    """Halves the number of examples of a test, because each example calls TensorFlow many times."""
    return settings(max_examples=(settings().max_examples + 1) // 2)(test)

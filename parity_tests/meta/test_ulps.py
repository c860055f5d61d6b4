"""Are tanh, exp, log and σ on this machine as exact as the bounds assume?"""

import numpy as np
import pytest
from hypothesis import given

from parity_tests.cases.recurrences import SEEDS
from parity_tests.oracles.bounds import ULPS
from parity_tests.oracles.ulps import error, functions, spread

TENSORFLOW = pytest.param("tensorflow", marks=pytest.mark.tensorflow)
POINTS = 100  # for each of Hypothesis's seeds


@pytest.mark.parametrize("library", ["numpy", TENSORFLOW])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["tanh", "exp", "log", "sigmoid"])
@given(SEEDS)
def test_functions_are_as_exact_as_recorded(library, dtype, name, seed):
    measured = error(name, functions(library)[name], spread(name, dtype, POINTS, seed))
    assert measured <= getattr(ULPS[library, dtype], name)


@pytest.mark.parametrize("name", ["tanh", "exp", "log", "sigmoid"])
def test_an_error_of_ten_units_is_measured(name):
    def wrong(x):
        value = functions("numpy")[name](x)
        return value + 10 * np.spacing(value)

    assert 9 < error(name, wrong, spread(name, "float32", POINTS)) < 30

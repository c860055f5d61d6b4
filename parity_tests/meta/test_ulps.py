"""Are tanh, exp, log and σ on this machine, and the usual ways to write them, as exact as the bounds assume?"""

from functools import partial

import numpy as np
import pytest
from hypothesis import given

from parity_tests.cases.recurrences import SEEDS
from parity_tests.oracles.bounds import ANY, ULPS
from parity_tests.oracles.ulps import error, functions, measure_one, spread
from parity_tests.oracles.ways_to_write import LARGEST, WAYS

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


def beyond_any(name, ways, x):
    """The ways to write a function whose error at the numbers x exceeds what `ANY` allows, with this error."""
    rows = [measure_one(way, name, function, x, ANY) for way, function in ways.items()]
    return {row.library: row.measured for row in rows if row.measured > row.recorded}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", WAYS)
@given(SEEDS)
def test_foreign_code_may_write_functions_in_each_usual_way(name, dtype, seed):
    assert beyond_any(name, WAYS[name], spread(name, dtype, POINTS, seed, LARGEST)) == {}


@pytest.mark.tensorflow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", WAYS)
@given(SEEDS)
def test_foreign_code_may_use_tensorflow(name, dtype, seed):
    ways = {"tensorflow": functions("tensorflow")[name]}
    assert beyond_any(name, ways, spread(name, dtype, POINTS, seed, LARGEST)) == {}


def off_by(error, function, x):
    return function(x) + error


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", WAYS)
def test_a_way_that_is_less_exact_is_reported(name, dtype):
    x = spread(name, dtype, POINTS, largest=LARGEST)
    twice_the_floor = x.dtype.type(2 * ANY.floor(name) * np.finfo(dtype).eps / 2)
    wrong = {way: partial(off_by, twice_the_floor, function) for way, function in WAYS[name].items()}
    assert beyond_any(name, wrong, x).keys() == WAYS[name].keys()

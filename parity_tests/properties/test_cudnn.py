"""Are the results that GPU tests ask cuDNN for right when Keras's own loop computes them, on any device?"""

import numpy as np
import pytest
from hypothesis import given

from parity_tests.cases.decorators import DTYPES, given_case_specs, half_as_many_examples
from parity_tests.cases.recurrences import SEEDS, make_case
from parity_tests.implementations import OURS
from parity_tests.oracles import cudnn, devices
from parity_tests.oracles.bounds import ULPS
from parity_tests.oracles.tensorflow_parity import assert_parity
from parity_tests.oracles.tensorflow_results import KERAS_PARTS
from parity_tests.oracles.ulps import error, spread

(OUR_LSTM,) = (one for one in OURS if one.kind == "lstm")


@DTYPES
@half_as_many_examples
@given_case_specs
def test_keras_lstm_with_a_bias_of_zero(dtype, spec):
    case = make_case("lstm", spec, dtype)
    assert_parity(OUR_LSTM, case, dtype, cudnn.of_cudnn(case, use_cudnn=False), KERAS_PARTS)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
@half_as_many_examples
@given(SEEDS)
def test_an_open_gate_leaves_the_function(name, dtype, seed):
    measured = error(name, cudnn.functions(use_cudnn=False)[name], spread(name, dtype, 40, seed))
    assert measured <= getattr(ULPS[devices.library(), dtype], name)


@pytest.mark.skipif(devices.has_gpu(), reason="there is a GPU")
def test_without_cudnn_no_result_is_taken_for_that_of_cudnn():
    x = np.ones(3, np.float32)
    with pytest.raises((AssertionError, ValueError)):
        cudnn.functions()["tanh"](x)

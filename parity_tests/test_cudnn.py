"""Is what the GPU's tests ask of cuDNN right where Keras's own loop answers, on any device?"""

import numpy as np
import pytest
from hypothesis import given

from parity_tests import cudnn, devices
from parity_tests.bounds import ULPS
from parity_tests.implementations import load
from parity_tests.strategies import DTYPES, SEEDS, case, cases, fewer
from parity_tests.tensorflow_results import assert_parity
from parity_tests.ulps import error, spread

(OUR_LSTM,) = (one for one in load([]) if one.kind == "lstm")


@DTYPES
@fewer
@cases
def test_keras_lstm_with_a_bias_of_zero(dtype, draw):
    drawn = case("lstm", draw, dtype)
    theirs = cudnn.of_cudnn(drawn, use_cudnn=False)
    assert_parity(OUR_LSTM, drawn, dtype, theirs, {"h": slice(1, None), "c": slice(-1, None)})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
@fewer
@given(SEEDS)
def test_an_open_gate_leaves_the_function(name, dtype, seed):
    measured = error(name, cudnn.functions(use_cudnn=False)[name], spread(name, dtype, 40, seed))
    assert measured <= getattr(ULPS[devices.library(), dtype], name)


@pytest.mark.skipif(devices.has_gpu(), reason="there is a GPU")
def test_without_cudnn_nothing_passes_for_it():
    x = np.ones(3, np.float32)
    with pytest.raises((AssertionError, ValueError)):
        cudnn.functions()["tanh"](x)

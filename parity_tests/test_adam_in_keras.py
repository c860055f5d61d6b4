"""Does Adam take the steps that Keras's own takes, in float64 and float32?"""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpy_rnn import adam

# Keras rounds the learning rate and the powers' bases to float32, so these are numbers that float32 holds.
LEARNING_RATE, BETA_1, BETA_2 = 2.0**-10, 0.875, 1 - 2.0**-10
STEPS = 20


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-6, 1.0, 1e3]))
def test_the_same_steps(dtype, seed, scale):
    rng = np.random.default_rng(seed)
    start = rng.uniform(-1, 1, (3, 4)).astype(dtype)
    variable = keras.Variable(start, dtype=dtype)
    optimizer = keras.optimizers.Adam(LEARNING_RATE, BETA_1, BETA_2)
    optimizer.build([variable])
    params, state = start, adam.init(start)
    eps = float(np.finfo(dtype).eps)
    for t in range(1, STEPS + 1):
        gradient = (scale * rng.uniform(-1, 1, start.shape)).astype(dtype)
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        params, state = adam.step(params, gradient, state, LEARNING_RATE, BETA_1, BETA_2)
        assert params.dtype == dtype
        # |θ| < 2 rounds once a step on either side. α, in dtype there, is off by t eps / (1 - β₂ᵗ) < 1100 eps, m and √v
        # by a few t eps; |α m / (√v + ε)| stays below 8 η, so that a step is off by 1200 · 8 η eps < 10 eps more.
        np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), params, rtol=0, atol=12 * t * eps)
    assert np.all(params != start)

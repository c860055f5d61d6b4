"""Do the layers refuse wrong arguments, with the name, the expected and the given value?"""

import numpy as np
import pytest

from parity_tests.refusals import refused_in_keras
from tf_rnn import LSTM, RNN, LSTMCell, RNNCell

LAYERS = pytest.mark.parametrize("layer_class", [RNN, LSTM])
B, T, H, INPUTS = 4, 3, 6, 5
IMAGES = np.zeros((B, T, INPUTS), np.float32)


@pytest.mark.parametrize("layer_class", [RNN, LSTM, RNNCell, LSTMCell])
@pytest.mark.parametrize("hidden_dim", [0, -1, 2.5, 2.0, True, "64", None, float("nan"), [3]])
def test_hidden_dim(layer_class, hidden_dim):
    with refused_in_keras(ValueError, "hidden_dim", repr(hidden_dim)):
        layer_class(hidden_dim)


@LAYERS
@pytest.mark.parametrize("output_dim", [0, -1, 2.5, True, "10", None])
def test_output_dim(layer_class, output_dim):
    with refused_in_keras(ValueError, "output_dim", repr(output_dim)):
        layer_class(H, output_dim)


@LAYERS
@pytest.mark.parametrize("scan", ["row", "", None, 1, "Rows"])
def test_scan(layer_class, scan):
    with refused_in_keras(ValueError, "scan", repr(scan)):
        layer_class(H, scan=scan)


@LAYERS
@pytest.mark.parametrize("unroll", ["yes", 1, 0, 2.5])
def test_unroll(layer_class, unroll):
    with refused_in_keras(ValueError, "unroll", repr(unroll)):
        layer_class(H, unroll=unroll)


@LAYERS
def test_numpy_integers_are_whole_numbers(layer_class):
    layer = layer_class(np.int64(H), np.int32(3))
    assert layer(IMAGES, num_timestep=np.int64(2)).shape == (B, 3)
    assert type(layer.get_config()["hidden_dim"]) is type(layer.get_config()["output_dim"]) is int


@pytest.mark.parametrize(("layer_class", "state"), [(RNN, "h_init"), (LSTM, "h_init"), (LSTM, "c_init")])
@pytest.mark.parametrize(
    "shape",
    [(), (1,), (H + 1,), (1, H + 1), (B, H - 1), (B + 1, H), (H, 1), (H, B), (B, H, 2), (B - 1, H, 1), (B, 1, H)],
)
def test_initial_states(layer_class, state, shape):
    with refused_in_keras(ValueError, state, str(shape)):
        layer_class(H)(IMAGES, **{state: np.zeros(shape, np.float32)})


@LAYERS
@pytest.mark.parametrize("num_timestep", [T + 1, -1, 2.5, True, "2"])
def test_num_timestep(layer_class, num_timestep):
    with refused_in_keras(ValueError, "num_timestep", repr(num_timestep)):
        layer_class(H)(IMAGES, num_timestep=num_timestep)


@LAYERS
@pytest.mark.parametrize("scan", ["rows", "columns"])
def test_num_timestep_ends_with_the_scan(layer_class, scan):
    steps = {"rows": T, "columns": INPUTS}[scan]
    layer = layer_class(H, scan=scan)
    layer(IMAGES, num_timestep=steps)
    with refused_in_keras(ValueError, "num_timestep", str(steps + 1)):
        layer(IMAGES, num_timestep=steps + 1)


@LAYERS
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, bool])
def test_images_that_are_not_floating_point_numbers(layer_class, dtype):
    with refused_in_keras(TypeError, "x", np.dtype(dtype).name):
        layer_class(H)(IMAGES.astype(dtype))


@LAYERS
@pytest.mark.parametrize("shape", [(28,), (28, 28), (1, 28, 28, 1)])
def test_images_of_another_rank(layer_class, shape):
    with refused_in_keras(ValueError, "x", str(shape)):
        layer_class(H)(np.zeros(shape, np.float32))
    built = layer_class(H)
    built(IMAGES)
    with refused_in_keras(ValueError, "x", str(shape)):
        built(np.zeros(shape, np.float32))


@LAYERS
@pytest.mark.parametrize(("scan", "shape"), [("rows", (B, T, INPUTS + 1)), ("columns", (B, T + 1, INPUTS))])
def test_rows_of_another_length(layer_class, scan, shape):
    layer = layer_class(H, scan=scan)
    layer(IMAGES)
    with refused_in_keras(ValueError, "x", str(shape)):
        layer(np.zeros(shape, np.float32))


@LAYERS
@pytest.mark.parametrize("shape", [(None, 28), (28, None)])
def test_images_of_unknown_size(layer_class, shape):
    with refused_in_keras(ValueError, "x", str((None, *shape))):
        layer_class(H).build((None, *shape))

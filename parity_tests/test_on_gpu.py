"""On a GPU, without TF32: do TensorFlow, Keras's layers and cuDNN's LSTM give the same as on a CPU, and does it train?

`python -m pytest -m gpu` runs these tests. Without a GPU they are skipped.
"""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf

from numpy_rnn.experiments import EXPERIMENTS
from parity_tests import cudnn, devices, tensorflow_results, tf32
from parity_tests.bounds import ULPS
from parity_tests.implementations import OUR_RECURRENCES, load
from parity_tests.script_runs import result, run
from parity_tests.strategies import DTYPES, case, cases, fewer

# The same properties, in this module's name, with TensorFlow's operations on the GPU.
from parity_tests.test_against_tensorflow import (  # noqa: F401
    test_cells,
    test_keras_own_layers,
    test_whole_models,
    test_whole_models_that_learn_their_initial_states,
)
from parity_tests.ulps import ON_GPU, measure
from tf_rnn import LSTM, RNN

pytestmark = pytest.mark.gpu

POINTS = 2000
LAST_C = {"h": slice(1, None), "c": slice(-1, None)}
(OUR_LSTM,) = (one for one in load([]) if one.kind == "lstm")


def test_operations_run_on_the_gpu():
    product = tf.matmul(tf.ones((2, 3)), tf.ones((3, 2)))
    assert product.device.endswith("GPU:0")
    for layer in (RNN(4), LSTM(4)):
        assert layer(tf.zeros((1, 5, 3))).device.endswith("GPU:0")


@DTYPES
@fewer
@cases
def test_keras_lstm_by_cudnn(dtype, draw):
    drawn = case("lstm", draw, dtype)
    tensorflow_results.assert_parity(OUR_LSTM, drawn, dtype, cudnn.of_cudnn(drawn), LAST_C, library="cudnn")


@pytest.mark.parametrize("draw", tf32.WIDE, ids=lambda draw: f"T={draw.T},H={draw.H}")
def test_keras_lstm_by_cudnn_at_the_exercises_width(draw):
    drawn = case("lstm", draw, np.float32)
    tensorflow_results.assert_parity(OUR_LSTM, drawn, np.float32, cudnn.of_cudnn(drawn), LAST_C, library="cudnn")


@OUR_RECURRENCES
@pytest.mark.parametrize("draw", tf32.WIDE, ids=lambda draw: f"T={draw.T},H={draw.H}")
def test_cells_at_the_exercises_width(ours, draw):
    drawn = case(ours.kind, draw, np.float32)
    tensorflow_results.assert_parity(ours, drawn, np.float32, tensorflow_results.of_cells(ours.kind, drawn))


@OUR_RECURRENCES
@pytest.mark.parametrize("draw", tf32.WIDE, ids=lambda draw: f"T={draw.T},H={draw.H}")
def test_products_in_tf32_are_rejected(ours, draw):
    (gpu,) = tf.config.get_visible_devices("GPU")
    if tf.config.experimental.get_device_details(gpu)["compute_capability"] < (8, 0):
        pytest.skip("this GPU has no TF32")
    devices.switch_tf32(True)
    try:
        off = tf32.misses(ours, [draw], partial(tensorflow_results.of_cells, ours.kind))
    finally:
        devices.switch_tf32(False)
    assert off > 3


@pytest.mark.parametrize(("library", "dtype"), [row for row in ULPS if row[0] in ON_GPU])
def test_functions_of_the_gpu_are_as_exact_as_recorded(library, dtype):
    for row in measure(library, dtype, POINTS):
        assert row.measured <= row.recorded, row


def trained(folder, data_dir, *arguments):
    """What a training of one epoch on the GPU says, and its `result.json`."""
    options = ["--device", "gpu", "--epochs", 1, "--data-dir", data_dir, "--quiet", *arguments]
    code, stdout, stderr = run("rnn-64", *options, folder=folder)
    assert (code in (0, 1), stderr) == (True, "")
    return stdout, result(folder)


def test_a_training_on_the_gpu(tmp_path, data_dir):
    stdout, figures = trained(tmp_path, data_dir)
    assert figures["device"] == f"GPU, {devices.name()}"
    assert f"device: {figures['device']}" in stdout
    assert figures["tf32"] == "off"
    # One epoch on the CPU gives .41 in training and more in the test.
    assert EXPERIMENTS["rnn-64"].target / 2 < figures["test_accuracy"] < 1


def test_a_deterministic_training_repeats_itself(tmp_path, data_dir):
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    first, second = (trained(folder, data_dir, "--deterministic")[1] for folder in folders)
    assert first["weights_sha256"] == second["weights_sha256"]

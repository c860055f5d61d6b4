"""Do TensorFlow, Keras's layers and cuDNN's LSTM give the same as `numpy_rnn` on a GPU without TF32, and train there?

`python -m pytest -m gpu` runs these tests. They are skipped if TensorFlow finds no GPU.
"""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf

from numpy_rnn.experiments import EXPERIMENTS
from parity_tests.cases.decorators import DTYPES, given_case_specs, half_as_many_examples
from parity_tests.cases.recurrences import make_case
from parity_tests.commands.processes import result, run
from parity_tests.implementations import OUR_RECURRENCES, OURS
from parity_tests.oracles import cudnn, devices, tensorflow_results, tf32
from parity_tests.oracles.bounds import ULPS
from parity_tests.oracles.tensorflow_parity import assert_parity, assert_whole_model_parity
from parity_tests.oracles.tensorflow_results import KERAS_PARTS
from parity_tests.oracles.ulps import ON_GPU, measure
from tf_rnn import LSTM, RNN

pytestmark = pytest.mark.gpu

POINTS = 2000
WIDE = pytest.mark.parametrize("spec", tf32.WIDE, ids=lambda spec: f"T={spec.T},H={spec.H}")
(OUR_LSTM,) = (one for one in OURS if one.kind == "lstm")


def test_operations_run_on_the_gpu():
    product = tf.matmul(tf.ones((2, 3)), tf.ones((3, 2)))
    assert product.device.endswith("GPU:0")
    for layer in (RNN(4), LSTM(4)):
        assert layer(tf.zeros((1, 5, 3))).device.endswith("GPU:0")


@DTYPES
@given_case_specs
def test_cells(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec, dtype)
    assert_parity(recurrence, case, dtype, tensorflow_results.of_cells(recurrence.kind, case))


@DTYPES
@given_case_specs
def test_keras_own_layers(recurrence, dtype, spec):
    case = make_case(recurrence.kind, spec, dtype)
    assert_parity(recurrence, case, dtype, tensorflow_results.of_keras(case), KERAS_PARTS)


@OUR_RECURRENCES
@DTYPES
@given_case_specs
def test_whole_models(ours, dtype, spec):
    assert_whole_model_parity(ours, dtype, spec)


@OUR_RECURRENCES
@DTYPES
@half_as_many_examples
@given_case_specs
def test_whole_models_that_learn_their_initial_states(ours, dtype, spec):
    assert_whole_model_parity(ours, dtype, spec, learned=True)


@DTYPES
@half_as_many_examples
@given_case_specs
def test_keras_lstm_by_cudnn(dtype, spec):
    case = make_case("lstm", spec, dtype)
    assert_parity(OUR_LSTM, case, dtype, cudnn.of_cudnn(case), KERAS_PARTS, library="cudnn")


@WIDE
def test_keras_lstm_by_cudnn_at_the_exercises_width(spec):
    case = make_case("lstm", spec, np.float32)
    assert_parity(OUR_LSTM, case, np.float32, cudnn.of_cudnn(case), KERAS_PARTS, library="cudnn")


@OUR_RECURRENCES
@WIDE
def test_cells_at_the_exercises_width(ours, spec):
    case = make_case(ours.kind, spec, np.float32)
    assert_parity(ours, case, np.float32, tensorflow_results.of_cells(ours.kind, case))


@OUR_RECURRENCES
@WIDE
def test_products_in_tf32_are_rejected(ours, spec):
    (gpu,) = tf.config.get_visible_devices("GPU")
    if tf.config.experimental.get_device_details(gpu)["compute_capability"] < (8, 0):
        pytest.skip("this GPU has no TF32")
    devices.switch_tf32(True)
    try:
        ratio = tf32.worst_ratio(ours, [spec], partial(tensorflow_results.of_cells, ours.kind))
    finally:
        devices.switch_tf32(False)
    assert ratio > 3


@pytest.mark.parametrize(("library", "dtype"), [row for row in ULPS if row[0] in ON_GPU])
def test_functions_of_the_gpu_are_as_exact_as_recorded(library, dtype):
    for row in measure(library, dtype, POINTS):
        assert row.measured <= row.recorded, row


def train(folder, data_dir, *arguments):
    """The output and the `result.json` of a training of one epoch on the GPU."""
    options = ["--device", "gpu", "--epochs", 1, "--data-dir", data_dir, "--quiet", *arguments]
    code, stdout, stderr = run("rnn-64", *options, folder=folder)
    assert (code in (0, 1), stderr) == (True, "")
    return stdout, result(folder)


def test_a_training_on_the_gpu(tmp_path, data_dir):
    stdout, record = train(tmp_path, data_dir)
    assert record["device"] == f"GPU, {devices.name()}"
    assert f"device: {record['device']}" in stdout
    assert record["tf32"] == "off"
    # One epoch on a CPU reaches 41 % in training, and more in the test.
    assert EXPERIMENTS["rnn-64"].target / 2 < record["test_accuracy"] < 1


def test_a_deterministic_training_repeats_itself(tmp_path, data_dir):
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    first, second = (train(folder, data_dir, "--deterministic")[1] for folder in folders)
    assert first["weights_sha256"] == second["weights_sha256"]

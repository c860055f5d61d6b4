"""Does the environment of a user change no result: settings of Keras and TensorFlow, backends of matplotlib?"""

import json
import os
import subprocess
import sys

import pytest

from parity_tests import ROOT
from parity_tests.commands.processes import result, run
from parity_tests.survival.faults import survives

SHOW = """
from command.quiet_start import quiet_start
with quiet_start():
    import keras
config = keras.config
print(config.backend(), config.floatx(), config.epsilon(), config.max_epochs(), config.max_steps_per_epoch())
print(config.dtype_policy().name, config.image_data_format())
"""
EXPECTED = "tensorflow float32 1e-07 None None\nfloat32 channels_last\n"
SETTINGS = {"floatx": "float16", "epsilon": 0.1, "backend": "jax", "image_data_format": "channels_first"}
VARIABLES = {
    "KERAS_BACKEND": "jax",
    "KERAS_MAX_EPOCHS": "1",
    "KERAS_MAX_STEPS_PER_EPOCH": "1",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
}


def hostile(folder, content):
    """Environment variables that limit trainings, and a keras.json with this content, where Keras looks for it."""
    (folder / ".keras").mkdir()
    (folder / ".keras" / "keras.json").write_text(content, encoding="utf-8")
    return {**VARIABLES, "HOME": str(folder), "USERPROFILE": str(folder), "KERAS_HOME": str(folder / ".keras")}


@pytest.mark.tensorflow
@pytest.mark.slow
@pytest.mark.parametrize("content", [json.dumps(SETTINGS), '["not", "an", "object"]'])
def test_keras_starts_with_its_defaults(tmp_path, content):
    variables = hostile(tmp_path, content)
    path = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])
    with survives("settings of Keras in the environment"):
        shown = subprocess.check_output(
            [sys.executable, "-c", SHOW], env={**os.environ, **variables, "PYTHONPATH": path}, encoding="utf-8"
        )
        assert shown == EXPECTED
    assert (tmp_path / ".keras" / "keras.json").read_text(encoding="utf-8") == content


@pytest.mark.tensorflow
@pytest.mark.slow
def test_a_training_does_what_it_records(tmp_path, data_dir):
    arguments = ["rnn-64", "--hidden-dim", 4, "--batch-size", 5000, "--epochs", 2, "--deterministic"]
    arguments += ["--data-dir", data_dir]
    for name in ("usual", "hostile"):
        (tmp_path / name).mkdir()
    variables = hostile(tmp_path, json.dumps({"floatx": "float64"}))
    with survives("settings of Keras in the environment"):
        for name, environment in {"usual": {}, "hostile": variables}.items():
            code, _, stderr = run(*arguments, folder=tmp_path / name, **environment)
            assert code in (0, 1), stderr
        usual, changed = (result(tmp_path / name) for name in ("usual", "hostile"))
        for key in ("weights_sha256", "train_loss", "test_loss", "epochs"):
            assert changed[key] == usual[key]

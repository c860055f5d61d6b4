"""Does `train.py --tf32` switch TF32 on and off, and record it among the settings?"""

import sys

import pytest

import train as script


def settings_of(monkeypatch, *arguments):
    """The settings that `result.json` and the checkpoints hold, and that `--resume` compares."""
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    options = script.parse_arguments()
    return script.settings(options, options.experiments[0])


@pytest.mark.parametrize(("arguments", "recorded"), [([], "off"), (["--tf32", "off"], "off"), (["--tf32", "on"], "on")])
def test_the_choice_is_recorded(monkeypatch, arguments, recorded):
    assert settings_of(monkeypatch, *arguments)["tf32"] == recorded


def test_numpy_has_no_such_setting(monkeypatch):
    assert "tf32" not in settings_of(monkeypatch, "--backend", "numpy")


@pytest.mark.tensorflow
@pytest.mark.parametrize("chosen", ["on", "off"])
def test_the_backend_switches_tf32(chosen):
    tensorflow_backend = pytest.importorskip("trainings.tensorflow_backend")
    from parity_tests.oracles import devices

    devices.switch_tf32(chosen == "off")
    try:
        tensorflow_backend.Backend(device="cpu", tf32=chosen)
        config = tensorflow_backend.tf.config.experimental
        assert config.tensor_float_32_execution_enabled() == (chosen == "on")
    finally:
        devices.switch_tf32(False)

"""Does `scripts/train.py` report faults of the machine and signals in one line, and lose nothing?"""

import re
import signal
import time

import pytest

from numpy_rnn import checkpoint
from parity_tests import ROOT
from parity_tests.commands.processes import (
    NEEDS_SIGNALS,
    SMALL,
    assert_refused,
    contents,
    ended,
    newest,
    run,
    small_run,
    start,
    without_privileges,
)
from parity_tests.survival.faults import survives

pytestmark = [pytest.mark.slow, NEEDS_SIGNALS]


# Python imports this as `sitecustomize`: the first training step creates a file before it computes.
ANNOUNCED_STEP = """
import pathlib
from numpy_rnn import classifier
forward = classifier.forward
def announced(*arguments, **options):
    pathlib.Path("begun").touch()
    return forward(*arguments, **options)
classifier.forward = announced
"""


def test_a_second_signal_ends_it_at_once(tmp_path):
    """The first signal arrives during a step that takes half a minute.

    A command that already ends because of the first signal would end with -15, because Python restores the signals'
    default action when it exits. So the first signal has to wait until the step has begun.
    """
    (tmp_path / "announces").mkdir()
    (tmp_path / "announces" / "sitecustomize.py").write_text(ANNOUNCED_STEP, encoding="utf-8")
    arguments = ["--backend", "numpy", "--hidden-dim", 1024, "--batch-size", 4000]
    process = start("lstm-128", *arguments, folder=tmp_path, first_on_path=tmp_path / "announces")
    while not (tmp_path / "begun").exists() and process.poll() is None:
        time.sleep(0.01)
    with survives("a second signal"):
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        second = time.monotonic()
        code, _, _ = ended(process)
        assert code == 128 + signal.SIGTERM
        assert time.monotonic() - second < 10


def test_interrupted_before_it_trains(tmp_path):
    process = start("rnn-64", *SMALL, folder=tmp_path)
    while process.poll() is None and not process.stdout.readline().startswith("device:"):
        pass
    with survives("SIGTERM before it trains"):
        process.send_signal(signal.SIGTERM)
        code, _, stderr = ended(process)
        assert (code, "Traceback" in stderr) == (128 + signal.SIGTERM, False)
        assert re.fullmatch(r"train\.py: interrupted; .*\n", stderr)


@pytest.mark.parametrize("what", ["output", "experiment"])
def test_output_that_cannot_be_written(tmp_path, what):
    folder = tmp_path / "runs" if what == "output" else tmp_path / "runs" / "rnn-64" / "checkpoints"
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    before = contents(tmp_path)
    with survives("read-only output"):
        ending = small_run(tmp_path, before=without_privileges)
        assert_refused(
            ending,
            r"--output: expected a folder that can be created and written to, got runs/rnn-64: Permission denied",
        )
    assert contents(tmp_path) == before


@pytest.mark.tensorflow
def test_data_dir_that_cannot_be_written(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o555)
    before = contents(tmp_path)
    with survives("read-only data directory, TensorFlow"):
        ending = run("rnn-64", "--data-dir", folder, folder=tmp_path, before=without_privileges)
        assert_refused(ending, rf"--data-dir: .*{re.escape(str(folder))}.*")
    assert contents(tmp_path) == before


def test_a_number_that_is_not_finite(tmp_path):
    with survives("NaN or infinite parameter, NumPy"):
        ending = small_run(tmp_path, "--learning-rate", "1e300")
        said = r"rnn-64: a parameter is no longer finite in epoch 1, step 1; the largest gradient is that of \w+: .*"
        assert_refused(ending, f"{said}; no checkpoint was written before")
    assert not list(tmp_path.rglob("*.npz"))
    with survives("NaN or infinite loss after a checkpoint, NumPy"):
        ending = small_run(tmp_path, "--learning-rate", "1e37", "--checkpoint-every", 1)
        kept = newest(tmp_path)
        said = r"rnn-64: the loss is no longer finite in epoch 1, step \d+; the largest gradient is that of \w+: .*"
        assert_refused(ending, f"{said}; --resume resumes from {kept}")
        assert "progress" in checkpoint.read(tmp_path / kept)


@pytest.mark.tensorflow
def test_no_command_switches_keras_safety_off():
    """And the version of Keras is one without known vulnerabilities in the loading of archives."""
    import keras

    assert tuple(map(int, keras.__version__.split(".")[:2])) >= (3, 14)
    for folder in ("numpy_rnn", "tf_rnn", "scripts"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(
                r"safe_mode|unsafe_deserialization|load_model|allow_pickle=True", path.read_text(encoding="utf-8")
            )

"""Does `scripts/train.py` show and leave what it promises, the same for one seed, and nothing new when interrupted?"""

import csv
import json
import re
import shutil
import signal
import time

import numpy as np
import pytest

from numpy_rnn import mnist
from numpy_rnn.experiments import EXPERIMENTS
from parity_tests.script_runs import contents, run, start

FILES = [
    "confusion_matrix.png",
    "history.csv",
    "model.keras",
    "predictions.png",
    "result.json",
    "training_curves.png",
    "worst_mistakes.png",
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a newcomer's run of one epoch, and the run's exit code, stdout and stderr."""
    folder = tmp_path_factory.mktemp("trained")
    new = tmp_path_factory.mktemp("data") / "new"
    return folder, *run("rnn-64", "--epochs", 1, "--data-dir", new, folder=folder)


def result(folder):
    return json.loads((folder / "runs" / "rnn-64" / "result.json").read_text())


@pytest.mark.tensorflow
def test_what_a_run_says(trained):
    folder, code, stdout, stderr = trained
    assert stderr == ""
    assert code == (0 if result(folder)["met"] else 1)
    assert stdout.startswith(f"device: {result(folder)['device']}\n")
    table = [line for line in stdout.splitlines() if "│" in line]
    own, notebook = ([cell.strip() for cell in line.split("│")] for line in table)
    accuracies = f"{result(folder)['train_accuracy'][0]:.4f}".lstrip("0"), f"{result(folder)['test_accuracy']:.4f}"
    expectation = "≥ 0.7146", "yes" if result(folder)["met"] else "no"
    assert own == ["", "rnn-64", "6,602", *accuracies, *expectation, ""]
    assert notebook == ["", "notebook", "6,602", ".4103 .5458 .6571 .7437", "0.7772", "", "", ""]


@pytest.mark.tensorflow
def test_what_a_run_leaves(trained):
    folder = trained[0]
    assert sorted(map(str, contents(folder))) == ["runs", "runs/rnn-64", *(f"runs/rnn-64/{name}" for name in FILES)]
    for name in FILES:
        if name.endswith(".png"):
            assert (folder / "runs" / "rnn-64" / name).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.tensorflow
def test_result_and_history(trained):
    figures = result(trained[0])
    with open(trained[0] / "runs" / "rnn-64" / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1"]
    for column, name in {"loss": "train_loss", "accuracy": "train_accuracy", "seconds": "seconds_per_epoch"}.items():
        assert [float(row[column]) for row in rows] == figures[name]
    assert (figures["experiment"], figures["seed"], figures["epochs"], figures["parameters"]) == ("rnn-64", 0, 1, 6602)
    assert figures["met"] == (figures["test_accuracy"] >= EXPERIMENTS["rnn-64"].target)
    assert figures["ms_per_step"] == pytest.approx(1000 * figures["seconds_per_epoch"][0] / 468)
    assert 0.2 < figures["train_accuracy"][0] < figures["test_accuracy"] < 0.9
    assert {"python", "numpy", "tensorflow", "keras"} <= set(figures["versions"])


@pytest.mark.tensorflow
def test_the_model_is_the_one_that_was_tested(trained):
    import keras

    import tf_rnn  # noqa: F401

    model = keras.models.load_model(trained[0] / "runs" / "rnn-64" / "model.keras")
    _, test = mnist.load()
    loss, accuracy = model.evaluate(test.images.astype(np.float32) / 255, np.eye(10)[test.labels], verbose=0)
    figures = result(trained[0])
    assert model.count_params() == figures["parameters"]
    assert accuracy == pytest.approx(figures["test_accuracy"], abs=1e-6)
    assert loss == pytest.approx(figures["test_loss"], rel=1e-4)


@pytest.mark.tensorflow
def test_the_same_seed_gives_the_same_figures(trained, data_dir, tmp_path):
    run("rnn-64", "rnn-64", "--epochs", 1, "--seed", 0, "--data-dir", data_dir, folder=tmp_path)
    for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
        assert result(tmp_path)[name] == result(trained[0])[name]


@pytest.mark.tensorflow
def test_an_interrupted_run_leaves_the_former_files(trained, data_dir, tmp_path):
    shutil.copytree(trained[0] / "runs", tmp_path / "runs")
    former = contents(tmp_path)
    # A shell that starts the tests in the background has them ignore the signal, and their processes with them.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = start("rnn-64", "--epochs", 1000, "--data-dir", data_dir, folder=tmp_path)
    finally:
        signal.signal(signal.SIGINT, handler)
    try:
        deadline = time.monotonic() + 120
        while contents(tmp_path) == former and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert contents(tmp_path) != former, "no folder for unfinished files appeared"
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode not in (0, None)
    assert re.fullmatch("train.py: interrupted.*\n", stderr)
    assert contents(tmp_path) == former

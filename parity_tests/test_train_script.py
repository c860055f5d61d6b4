"""Does `scripts/train.py` show and leave what it promises, the same for one seed, and nothing new when interrupted?"""

import csv
import json
import re
import shutil
import signal
import time

import numpy as np
import pytest

from numpy_rnn import checkpoint, classifier, mnist
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import grey
from numpy_rnn.training import evaluate
from parity_tests.script_runs import contents, ended, start, without_tensorflow

FILES = [
    "confusion_matrix.png",
    "history.csv",
    "predictions.png",
    "result.json",
    "training_curves.png",
    "worst_mistakes.png",
]
MODELS = {"tf": "model.keras", "numpy": "model.npz"}
TENSORFLOW = pytest.param("tf", marks=pytest.mark.tensorflow)


@pytest.fixture(scope="module", params=[TENSORFLOW, "numpy"])
def two_runs(request, tmp_path_factory):
    """Two runs of one epoch at the same time, the first a newcomer's: for each the folder, exit code, stdout, stderr.

    Each has a core of its own; NumPy's is run where TensorFlow is not to be had.
    """
    threads = dict.fromkeys(["OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], "1")
    folders = [tmp_path_factory.mktemp("trained") for _ in range(2)]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    if request.param == "numpy":
        options = [{"first_on_path": without_tensorflow(elsewhere)}] * 2
        arguments = [["--backend", "numpy"]] * 2
    else:
        options = [{}, {}]
        arguments = [["--data-dir", data] for data in (elsewhere / "new", request.getfixturevalue("data_dir"))]
    started = [
        start("rnn-64", "--epochs", 1, *arguments[run], folder=folders[run], **options[run], **threads)
        for run in range(2)
    ]
    return [(folder, *ended(process)) for folder, process in zip(folders, started, strict=True)]


@pytest.fixture(scope="module")
def trained(two_runs):
    """The first of them, and the backend's name."""
    return *two_runs[0], result(two_runs[0][0])["backend"]


def result(folder):
    return json.loads((folder / "runs" / "rnn-64" / "result.json").read_text())


def test_what_a_run_says(trained):
    folder, code, stdout, stderr, _ = trained
    assert stderr == ""
    assert code == (0 if result(folder)["met"] else 1)
    assert stdout.startswith(f"device: {result(folder)['device']}\n")
    table = [line for line in stdout.splitlines() if "│" in line]
    own, notebook = ([cell.strip() for cell in line.split("│")] for line in table)
    figures = result(folder)["train_accuracy"][0], result(folder)["test_accuracy"]
    accuracies = [f"{figure:.4f}".lstrip("0") for figure in figures]
    expectation = "≥ .7146", "yes" if result(folder)["met"] else "no"
    assert own == ["rnn-64", "6,602", *accuracies, *expectation]
    assert notebook == ["notebook", "6,602", ".4103 .5458 .6571 .7437", ".7772", "", ""]


def test_what_a_run_leaves(trained):
    folder, backend = trained[0], trained[-1]
    files = sorted([*FILES, MODELS[backend]])
    assert sorted(map(str, contents(folder))) == ["runs", "runs/rnn-64", *(f"runs/rnn-64/{name}" for name in files)]
    for name in FILES:
        if name.endswith(".png"):
            assert (folder / "runs" / "rnn-64" / name).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


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
    assert figures["backend"] == trained[-1]
    of_tensorflow = {"tensorflow", "keras", "tensorflow-datasets"} if figures["backend"] == "tf" else set()
    assert set(figures["versions"]) == {"python", "numpy", *of_tensorflow}


def test_the_model_is_the_one_that_was_tested(trained):
    figures, path = result(trained[0]), trained[0] / "runs" / "rnn-64" / MODELS[trained[-1]]
    _, test = mnist.load()
    if figures["backend"] == "numpy":
        model = checkpoint.load(path)
        loss, probabilities = evaluate(model, *test)
        accuracy = np.mean(probabilities.argmax(axis=1) == test.labels)
        parameters = sum(value.size for _, value, _ in classifier.axes(model))
    else:
        import keras

        import tf_rnn  # noqa: F401

        model = keras.models.load_model(path)
        loss, accuracy = model.evaluate(grey(test.images), np.eye(10)[test.labels], verbose=0)
        parameters = model.count_params()
    assert parameters == figures["parameters"]
    assert accuracy == pytest.approx(figures["test_accuracy"], abs=1e-6)
    assert loss == pytest.approx(figures["test_loss"], rel=1e-4)


def test_the_same_seed_gives_the_same_figures(two_runs):
    first, second = (result(folder) for folder, *_ in two_runs)
    for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
        assert first[name] == second[name]


def test_an_interrupted_run_leaves_the_former_files(trained, tmp_path, request):
    shutil.copytree(trained[0] / "runs", tmp_path / "runs")
    former = contents(tmp_path)
    options = ["--backend", trained[-1], "--epochs", 1000]
    if trained[-1] == "tf":
        options += ["--data-dir", request.getfixturevalue("data_dir")]
    process = start("rnn-64", *options, folder=tmp_path)
    try:
        deadline = time.monotonic() + 120
        while contents(tmp_path) == former and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert contents(tmp_path) != former, "no folder for unfinished files appeared"
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert re.fullmatch("train.py: interrupted.*\n", stderr)
    assert contents(tmp_path) == former

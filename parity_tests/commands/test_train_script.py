"""Does `scripts/train.py` show and leave what it promises, the same for one seed, however often it is interrupted?"""

import csv
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from numpy_rnn import checkpoint, classifier, mnist
from numpy_rnn.experiments import EXPERIMENTS
from numpy_rnn.sequences import grey
from numpy_rnn.training import evaluate
from parity_tests.commands.processes import (
    ONE_THREAD,
    assert_broken_off,
    broken_off,
    contents,
    ended,
    newest,
    result,
    run,
    start,
    without_tensorflow,
)
from parity_tests.survival.faults import survives

FILES = [
    "confusion_matrix.png",
    "history.csv",
    "predictions.png",
    "result.json",
    "training_curves.png",
    "worst_mistakes.png",
]
MODELS = {"tf": "model.keras", "numpy": "model.npz"}
pytestmark = pytest.mark.slow

TENSORFLOW = pytest.param("tf", marks=pytest.mark.tensorflow)


TITLES = {"tf": "TensorFlow", "numpy": "NumPy"}


def arguments_of(backend, data_dir):
    own = {"numpy": ["--backend", "numpy"], "tf": ["--deterministic", "--data-dir", data_dir]}
    return ["--epochs", 1, *own[backend]]


def kill_a_first_run(arguments, data_dir, folder, **options):
    """Kills a run while it prepares the data in `data_dir`."""
    process = start("rnn-64", *arguments, folder=folder, **options)
    while not list(data_dir.glob("mnist/incomplete.*/mnist/incomplete.*")) and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    ended(process)
    assert list(data_dir.glob("mnist/incomplete.*"))


def interrupt_again_and_again(backend, folder, arguments):
    """Interrupts a training in `folder` that starts and resumes, and at last lets it finish; returns the folder."""
    arguments = [*arguments, "--checkpoint-every", 20, "--no-pictures"]
    # The user's own files are neither in the way nor lost.
    (folder / "runs" / "rnn-64").mkdir(parents=True)
    (folder / "runs" / "rnn-64" / "notes.txt").write_text("mine", encoding="utf-8")
    former_files = contents(folder)
    rng = np.random.default_rng(0)
    for number in (signal.SIGKILL, *([signal.SIGTERM, signal.SIGINT] if backend == "numpy" else [])):
        former = newest(folder)
        with survives(f"{signal.Signals(number).name} while it trains, {TITLES[backend]}"):
            after = rng.uniform(0, 0.3)
            ending = broken_off(*arguments, number=number, after=after, folder=folder, **ONE_THREAD)
            assert_broken_off(folder, number, former, *ending)
        assert former_files.items() <= contents(folder).items()
    code, stdout, stderr = run("rnn-64", *arguments, "--resume", folder=folder, **ONE_THREAD)
    assert (code, stderr) == (0, "")
    assert f"rnn-64 resumes from {newest(folder)}" not in stdout
    assert "rnn-64 resumes from runs/rnn-64/checkpoints/epoch-" in stdout
    return folder


@pytest.fixture(scope="module", params=[TENSORFLOW, "numpy"])
def backend(request):
    return request.param


@pytest.fixture(scope="module")
def interrupted(backend, request, tmp_path_factory):
    """The future that gives the folder of an interrupted training, which is trained while `two_runs` are."""
    data_dir = request.getfixturevalue("data_dir") if backend == "tf" else None
    folder = tmp_path_factory.mktemp("interrupted")
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(interrupt_again_and_again, backend, folder, arguments_of(backend, data_dir))


@pytest.fixture(scope="module")
def two_runs(backend, interrupted, tmp_path_factory):
    """A folder with prepared data, and two runs of one epoch at the same time.

    For each run: the folder, exit code, stdout, stderr. TensorFlow's are the first runs after one that was killed while
    it prepared the data; the run that prepares them comes first. NumPy's run where TensorFlow is not installed.
    """
    folders = [tmp_path_factory.mktemp("trained") for _ in range(2)]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    options = {"first_on_path": without_tensorflow(elsewhere)} if backend == "numpy" else {}
    options |= {"TMPDIR": str(elsewhere / "temporary")} | ONE_THREAD
    (elsewhere / "temporary").mkdir()
    arguments = arguments_of(backend, elsewhere / "data")
    if backend == "tf":
        kill_a_first_run(arguments, elsewhere / "data", folders[0], **options)
    started = [start("rnn-64", *arguments, folder=folder, **options) for folder in folders]
    runs = [(folder, *ended(process)) for folder, process in zip(folders, started, strict=True)]
    return elsewhere, sorted(runs, key=lambda run: run[-1])


@pytest.fixture(scope="module")
def trained(two_runs, backend):
    """The first of them, and the backend's name."""
    _, (first, _) = two_runs
    return *first, backend


def test_two_first_runs_at_once(two_runs, backend):
    """With TensorFlow one prepares the data, the other one waits, and nothing of the killed run is left."""
    elsewhere, runs = two_runs
    waits = f"train.py: warning: {elsewhere}/data/mnist/3.0.1: waiting until another process has prepared the data\n"
    with survives(f"two first runs at once, {TITLES[backend]}", 2):
        assert [code for _, code, *_ in runs] == [0, 0]
        assert [stderr for *_, stderr in runs] == ["", waits if backend == "tf" else ""]
        assert not list((elsewhere / "temporary").iterdir())
        folders = sorted(path.name for path in elsewhere.glob("data/**/*") if path.is_dir())
        assert folders == (["3.0.1", "mnist"] if backend == "tf" else [])


def test_what_a_run_says(trained):
    folder, code, stdout, stderr, _ = trained
    assert stderr == ""
    assert code == 0
    assert stdout.startswith(f"device: {result(folder)['device']}\nrnn-64, epoch 1/1  loss ")
    table = [line for line in stdout.splitlines() if "│" in line]
    own, notebook = ([cell.strip() for cell in line.split("│")] for line in table)
    figures = result(folder)["train_accuracy"][0], result(folder)["test_accuracy"]
    accuracies = [f"{100 * figure + 1e-9:.1f} %" for figure in figures]
    # The target is for four epochs, and this is one.
    assert own == ["rnn-64", "64", "6,602", *accuracies, "≥ 71.5 %", "–"]
    assert notebook == ["notebook", "64", "6,602", "41.0, 54.6, 65.7, 74.4 %", "77.7 %", "", ""]


def test_what_a_run_leaves(trained):
    folder, backend = trained[0], trained[-1]
    checkpoints = ["checkpoints", "checkpoints/.lock", "checkpoints/epoch-00001-step-000468.npz"]
    files = sorted([*FILES, MODELS[backend], *checkpoints])
    assert sorted(map(str, contents(folder))) == ["runs", "runs/rnn-64", *(f"runs/rnn-64/{name}" for name in files)]
    for name in FILES:
        if name.endswith(".png"):
            assert (folder / "runs" / "rnn-64" / name).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_result_and_history(trained):
    figures = result(trained[0])
    with open(trained[0] / "runs" / "rnn-64" / "history.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1"]
    for column, name in {"loss": "train_loss", "accuracy": "train_accuracy", "seconds": "seconds_per_epoch"}.items():
        assert [float(row[column]) for row in rows] == figures[name]
    assert (figures["experiment"], figures["seed"], figures["epochs"], figures["parameters"]) == ("rnn-64", 0, 1, 6602)
    assert figures["met"] is None
    assert figures["target"] == EXPERIMENTS["rnn-64"].target
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
        accuracy = np.mean(probabilities.argmax(axis=0) == test.labels)
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


def test_the_same_seed_gives_the_same_weights_and_figures(two_runs):
    first, second = (result(folder) for folder, *_ in two_runs[-1])
    for name in ("weights_sha256", "train_loss", "train_accuracy", "test_loss", "test_accuracy"):
        assert first[name] == second[name]


def test_interrupted_again_and_again(two_runs, interrupted):
    """And at last done, the training ends with the weights of one that was never interrupted."""
    figures, expected = (result(folder) for folder in (interrupted.result(), two_runs[-1][0][0]))
    for name in ("weights_sha256", "train_loss", "train_accuracy", "test_loss", "test_accuracy"):
        assert figures[name] == expected[name]

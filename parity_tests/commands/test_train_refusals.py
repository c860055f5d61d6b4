"""Does `scripts/train.py` report in one line why it cannot start, and leave no file behind?"""

import hashlib
import re
import shutil
import sys

import pytest

import train as script
from numpy_rnn import mnist
from numpy_rnn.experiments import EXPERIMENTS, TRAINING_IMAGES
from parity_tests import ROOT
from parity_tests.commands.processes import contents, run, without_tensorflow


def test_help_needs_no_tensorflow(tmp_path):
    code, stdout, stderr = run("--help", folder=tmp_path, first_on_path=without_tensorflow(tmp_path))
    assert (code, stderr) == (0, "")
    for word in (*EXPERIMENTS, "--epochs", "--batch-size", "--seed", "--device", "--data-dir", "--output", "--resume"):
        assert word in stdout


@pytest.mark.parametrize(
    ("arguments", "name", "got"),
    [
        (["rnn-65"], "EXPERIMENT", "'rnn-65'"),
        (["rnn-64", "RNN-128"], "EXPERIMENT", "'RNN-128'"),
        (["--epochs", "0"], "--epochs", "'0'"),
        (["--epochs=-1"], "--epochs", "'-1'"),
        (["--epochs", "1.5"], "--epochs", "'1.5'"),
        (["--epochs", "four"], "--epochs", "'four'"),
        (["--epochs", "10001"], "--epochs", "'10001'"),
        (["--seed=-1"], "--seed", "'-1'"),
        (["--seed", str(2**32)], "--seed", f"'{2**32}'"),
        (["--seed", "0x1"], "--seed", "'0x1'"),
        (["--batch-size", "0"], "--batch-size", "'0'"),
        (["--batch-size", str(TRAINING_IMAGES + 1)], "--batch-size", f"'{TRAINING_IMAGES + 1}'"),
        *(
            (["--learning-rate", wrong], "a finite number above 0", f"'{wrong}'")
            for wrong in ("0", "nan", "inf", "ten")
        ),
        (["--learning-rate=-0.001"], "--learning-rate", "'-0.001'"),
        (["--hidden-dim", "0"], "--hidden-dim: expected a whole number from 1 to 4096", "'0'"),
        (["--hidden-dim", "4097"], "--hidden-dim", "'4097'"),
        (["--checkpoint-every", "0"], "--checkpoint-every: expected a whole number from 1 to", "'0'"),
        (["--device", "tpu"], "--device", "'tpu'"),
        (["--colour"], "--colour", ""),
        (["--backend", "torch"], "--backend", "'torch'"),
        (["--backend", "numpy", "--device", "gpu"], "--device", "'gpu'"),
        (["--backend", "numpy", "--jit"], "--jit", "--backend numpy"),
        (["--backend", "numpy", "--tf32", "on"], "--tf32", "--backend numpy"),
        (["--backend", "numpy", "--tf32", "off"], "--tf32", "--backend numpy"),
        (["--tf32", "yes"], "--tf32", "'yes'"),
        (["--backend", "numpy", "--deterministic"], "--deterministic", "--backend numpy"),
        (["--backend", "numpy", "--tensorboard"], "--tensorboard", "--backend numpy"),
        (["--backend", "numpy", "--data-dir", "data"], "--data-dir", "--backend numpy"),
        (["--shards", "2"], "--shards: expected with --backend numpy", "--backend tf"),
        (["--backend", "numpy", "--shards", "0"], "--shards", "'0'"),
        (
            ["--backend", "numpy", "--shards", "9", "--batch-size", "8"],
            "--shards: expected at most the batch size",
            "9",
        ),
    ],
)
def test_wrong_arguments(monkeypatch, capsys, arguments, name, got):
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        script.parse_arguments()
    stdout, stderr = capsys.readouterr()
    assert (ended.value.code, stdout) == (2, "")
    last = stderr.splitlines()[-1]
    assert last.startswith("train.py: error: ")
    assert name in last
    assert got in last


@pytest.mark.parametrize(("batch_size", "shards"), [("128", 2), ("2", 2), ("1", 1)])
def test_the_default_number_of_shards(monkeypatch, batch_size, shards):
    monkeypatch.setattr(sys, "argv", ["train.py", "--backend", "numpy", "--batch-size", batch_size])
    assert script.parse_arguments().shards == shards


def test_arguments_are_refused_before_tensorflow_starts_or_data_are_loaded(tmp_path):
    stubs = without_tensorflow(tmp_path)
    before = contents(tmp_path)
    code, stdout, stderr = run("rnn-65", folder=tmp_path, first_on_path=stubs)
    assert (code, stdout, "Traceback" in stderr) == (2, "", False)
    assert stderr.splitlines()[-1].startswith("train.py: error: argument EXPERIMENT: expected one of rnn-128, rnn-64")
    assert contents(tmp_path) == before


def assert_stopped(arguments, words, folder, **options):
    """Exit code 2 and one line on stderr that holds the words; the folder is as it was."""
    before = contents(folder)
    code, stdout, stderr = run("rnn-64", "--epochs", 1, *arguments, folder=folder, **options)
    assert code == 2, stdout + stderr
    assert re.fullmatch("train.py: error: .*\n", stderr)
    for word in words:
        assert str(word) in stderr
    assert contents(folder) == before


@pytest.mark.parametrize("below", ["", "/below"])
def test_output_is_a_file(tmp_path, below):
    (tmp_path / "file").touch()
    output = tmp_path / f"file{below}"
    assert_stopped(["--backend", "numpy", "--output", output], ["--output", output], tmp_path)


@pytest.mark.tensorflow
def test_data_dir_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    assert_stopped(["--data-dir", tmp_path / "file"], ["--data-dir", tmp_path / "file"], tmp_path)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"device": "gpu"}, "^--device: expected a GPU that TensorFlow can use, found none$"),
        ({"tensorboard": True}, "^--tensorboard: needs the package tensorboard: .*pip install"),
    ],
)
def test_what_the_machine_does_not_have(monkeypatch, chosen, said):
    tensorflow_backend = pytest.importorskip("trainings.tensorflow_backend")
    monkeypatch.setattr(tensorflow_backend.tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setattr(tensorflow_backend, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=said):
        tensorflow_backend.Backend(**chosen)


@pytest.mark.parametrize(
    ("backend", "damage"),
    [("numpy", "changed"), ("numpy", "missing"), pytest.param("tf", "changed", marks=pytest.mark.tensorflow)],
)
def test_damaged_archives(tmp_path, backend, damage):
    for part in ("numpy_rnn", "tf_rnn", "scripts", "data"):
        shutil.copytree(ROOT / part, tmp_path / "project" / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "work").mkdir()
    path = tmp_path / "project" / "data" / "mnist" / "train-images-idx3-ubyte.gz"
    archive = bytearray(path.read_bytes())
    archive[5_000_000] ^= 1
    if damage == "changed":
        path.write_bytes(archive)
        found = hashlib.sha256(archive).hexdigest()
    else:
        path.unlink()
        found = "no such file"
    arguments = {"tf": ["--data-dir", "data"], "numpy": ["--backend", "numpy"]}[backend]
    words = [path, mnist.SHA256[path.name], found]
    assert_stopped(arguments, words, tmp_path / "work", root=tmp_path / "project")


def test_an_experiments_folder_is_a_file(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "rnn-64").touch()
    assert_stopped(["--backend", "numpy"], ["--output", "runs/rnn-64"], tmp_path)

"""Does `scripts/train.py` survive what a machine, a disk and an impatient user do to it, and say so in one line?

These runs take their time, and count as tests that need TensorFlow, though most are NumPy's.
"""

import re
import resource
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from numpy_rnn import checkpoint
from parity_tests.faults import survives
from parity_tests.script_runs import (
    ONE_THREAD,
    assert_broken_off,
    broken_off,
    contents,
    ended,
    newest,
    result,
    run,
    start,
    without_privileges,
)

pytestmark = pytest.mark.tensorflow

KILLS = 20
NUMPY = ["--backend", "numpy", "--hidden-dim", 16, "--epochs", 3, "--batch-size", 120]


def train(folder, *arguments, **options):
    return run("rnn-64", *NUMPY, *arguments, folder=folder, **ONE_THREAD, **options)


def assert_refused(ending, message):
    code, _, stderr = ending
    assert (code, "Traceback" in stderr) == (2, False), stderr
    assert re.fullmatch(rf"train\.py: error: {message}\n", stderr), stderr


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    train(folder)
    return folder


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """A folder with the last two checkpoints of a training that was interrupted."""
    folder = tmp_path_factory.mktemp("interrupted")
    broken_off(*NUMPY, "--checkpoint-every", 5, number=signal.SIGINT, after=0.3, folder=folder, **ONE_THREAD)
    assert len(list(folder.rglob("epoch-*.npz"))) == 2
    return folder


@pytest.fixture
def resumable(interrupted, tmp_path):
    """A copy of it, and its checkpoints, the newest first."""
    shutil.copytree(interrupted / "runs", tmp_path / "runs")
    paths = sorted(tmp_path.rglob("epoch-*.npz"), reverse=True)
    return tmp_path, *(path.relative_to(tmp_path) for path in paths)


def killed_again_and_again(folder, seed):
    """Kills a training at random points, and lets it end; how many files it was writing when it was killed."""
    folder.mkdir()
    writing = 0
    for after in np.random.default_rng(seed).uniform(0, 0.2, KILLS // 2):
        former, options = newest(folder), {"number": signal.SIGKILL, "after": after, "folder": folder, **ONE_THREAD}
        assert_broken_off(folder, signal.SIGKILL, former, *broken_off(*NUMPY, "--checkpoint-every", 1, **options))
        writing += len(list(folder.rglob("*.unfinished")))
    return writing, *train(folder, "--resume")


def test_killed_at_random_points(uninterrupted, tmp_path):
    """Many of them while a checkpoint is written, for one is written after each step; two trainings side by side."""
    folders = [tmp_path / name for name in ("first", "second")]
    with survives("SIGKILL at a random point, NumPy", KILLS), ThreadPoolExecutor() as threads:
        endings = list(threads.map(killed_again_and_again, folders, range(2)))
        assert sum(writing for writing, *_ in endings) > 0
        for folder, (_, code, stdout, _) in zip(folders, endings, strict=True):
            assert code in (0, 1)
            assert "goes on from" in stdout
            assert not list(folder.rglob("*unfinished*"))
            for name in ("weights_sha256", "train_loss", "train_accuracy", "test_loss", "test_accuracy"):
                assert result(folder)[name] == result(uninterrupted)[name]


def test_a_second_signal_ends_it_at_once(tmp_path):
    """While a step of half a minute runs."""
    arguments = ["--backend", "numpy", "--hidden-dim", 1024, "--batch-size", 4000]
    process = start("lstm-128", *arguments, folder=tmp_path)
    lock = tmp_path / "runs" / "lstm-128" / "checkpoints" / ".lock"
    while not lock.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(2)
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
    process = start("rnn-64", *NUMPY, folder=tmp_path)
    while process.poll() is None and not process.stdout.readline().startswith("device:"):
        pass
    with survives("SIGTERM before it trains"):
        process.send_signal(signal.SIGTERM)
        code, _, stderr = ended(process)
        assert (code, "Traceback" in stderr) == (128 + signal.SIGTERM, False)
        assert re.fullmatch(r"train\.py: interrupted; .*\n", stderr)


def test_disk_full(resumable):
    """A file may have no more than 10 kilobytes: to the script, that is like a disk that is full."""
    folder, last, _ = resumable
    before = contents(folder)
    with survives("disk full"):
        ending = train(folder, "--resume", before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)))
        kept = re.escape(f"--resume goes on from {last}")
        assert_refused(ending, rf"--output: runs/rnn-64/\S+\.npz can't be written: File too large; {kept}")
    assert before.items() <= contents(folder).items()
    assert not [path for path in contents(folder) if "unfinished" in path.name]


@pytest.mark.parametrize("what", ["output", "experiment"])
def test_output_that_can_not_be_written(tmp_path, what):
    folder = tmp_path / "runs" if what == "output" else tmp_path / "runs" / "rnn-64" / "checkpoints"
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    before = contents(tmp_path)
    with survives("read-only output"):
        ending = train(tmp_path, before=without_privileges)
        assert_refused(ending, r"--output: expected a folder to write in, .*, got runs/rnn-64: Permission denied")
    assert contents(tmp_path) == before


def test_data_dir_that_can_not_be_written(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o555)
    before = contents(tmp_path)
    with survives("read-only data directory, TensorFlow"):
        ending = run("rnn-64", "--data-dir", folder, folder=tmp_path, before=without_privileges)
        assert_refused(ending, rf"--data-dir: .*{re.escape(str(folder))}.*")
    assert contents(tmp_path) == before


def test_two_runs_into_one_output(resumable, uninterrupted):
    folder = resumable[0]
    first = start("rnn-64", *NUMPY, "--resume", folder=folder, **ONE_THREAD)
    former = newest(folder)
    while newest(folder) == former and first.poll() is None:
        time.sleep(0.005)
    with survives("two runs into one output"):
        second = train(folder, "--resume")
        assert_refused(second, "--output: expected a folder that no other run uses, got runs/rnn-64")
        assert ended(first)[0] in (0, 1)
        assert result(folder)["weights_sha256"] == result(uninterrupted)["weights_sha256"]


def test_an_unfinished_training_is_not_begun_anew(resumable):
    folder, last, _ = resumable
    before = contents(folder)
    with survives("begun anew over an unfinished training"):
        assert_refused(train(folder), rf"--output: expected no unfinished training, found {last}; --resume goes .*")
    assert contents(folder) == before


def test_a_finished_training_can_be_begun_anew_or_go_on(uninterrupted, tmp_path):
    shutil.copytree(uninterrupted / "runs", tmp_path / "runs")
    for arguments, epochs in [(["--epochs", 4, "--resume"], 4), (["--epochs", 1], 1)]:
        code, _, stderr = train(tmp_path, *arguments)
        assert (code in (0, 1), stderr) == (True, "")
        assert result(tmp_path)["epochs"] == epochs
        assert newest(tmp_path).name == f"epoch-{epochs:05}-step-000500.npz"


def test_newest_checkpoint_damaged(resumable, uninterrupted):
    folder, last, one_before = resumable
    (folder / last).write_bytes((folder / last).read_bytes()[:1000])
    with survives("truncated newest checkpoint, whole script"):
        code, stdout, stderr = train(folder, "--resume")
        assert code in (0, 1)
        assert f"rnn-64 goes on from {one_before}\n" in stdout
        assert re.fullmatch(rf"train\.py: warning: {last} is damaged, looking for the one before it: .*\n", stderr)
        assert result(folder)["weights_sha256"] == result(uninterrupted)["weights_sha256"]
    assert len(list(folder.rglob("epoch-*.npz"))) == 2


def test_both_checkpoints_damaged(resumable):
    folder, *paths = resumable
    for path in paths:
        contents_of_it = bytearray((folder / path).read_bytes())
        contents_of_it[len(contents_of_it) // 2] ^= 1
        (folder / path).write_bytes(contents_of_it)
    before = contents(folder)
    with survives("both checkpoints damaged, whole script"):
        code, _, stderr = train(folder, "--resume")
        *warnings, error = stderr.splitlines()
        assert code == 2
        assert len(warnings) == 2
        assert error.startswith(
            "train.py: error: --resume: expected a sound checkpoint in runs/rnn-64/checkpoints, found"
        )
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("arguments", "difference"),
    [
        (["--seed", 1], "seed 0 there, 1 now"),
        (["--batch-size", 60], "batch_size 120 there, 60 now"),
        (["--hidden-dim", 8], "hidden_dim 16 there, 8 now"),
        (["--learning-rate", 0.01], "learning_rate 0.001 there, 0.01 now"),
        (["--seed", 1, "--learning-rate", 0.01], "seed 0 there, 1 now; learning_rate 0.001 there, 0.01 now"),
    ],
)
def test_another_configuration(resumable, arguments, difference):
    folder, last, _ = resumable
    before = contents(folder)
    with survives("checkpoint of another configuration"):
        ending = train(folder, "--resume", *arguments)
        assert_refused(ending, rf"--resume: expected a checkpoint of this training, got {last}: {difference}")
    assert contents(folder) == before


def test_loss_that_is_no_number(tmp_path):
    with survives("loss that is no number, NumPy"):
        ending = train(tmp_path, "--learning-rate", "1e300")
        said = r"rnn-64: a parameter is no longer finite in epoch 1, step 1; the largest gradient is that of \w+: .*"
        assert_refused(ending, f"{said}; no checkpoint was written before")
    assert not list(tmp_path.rglob("*.npz"))
    with survives("loss that is no number after a checkpoint, NumPy"):
        ending = train(tmp_path, "--learning-rate", "1e37", "--checkpoint-every", 1)
        kept = newest(tmp_path)
        said = r"rnn-64: the loss is no longer finite in epoch 1, step \d+; the largest gradient is that of \w+: .*"
        assert_refused(ending, f"{said}; --resume goes on from {kept}")
        assert "progress" in checkpoint.read(tmp_path / kept)


def test_no_command_switches_keras_safety_off():
    """Nor is a version of Keras taken whose loading of archives has known holes."""
    import keras

    from parity_tests.script_runs import ROOT

    assert tuple(map(int, keras.__version__.split(".")[:2])) >= (3, 14)
    for folder in ("numpy_rnn", "tf_rnn", "scripts"):
        for path in (ROOT / folder).glob("*.py"):
            assert not re.search(r"safe_mode|unsafe_deserialization|load_model|allow_pickle=True", path.read_text())

"""Does a training by `scripts/train.py` that was killed or interrupted resume bit for bit, and from intact files?"""

import re
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from parity_tests.commands.processes import (
    NEEDS_SIGNALS,
    ONE_THREAD,
    SMALL,
    assert_broken_off,
    assert_refused,
    broken_off,
    contents,
    ended,
    full_disk,
    newest,
    result,
    small_run,
    start,
    two_at_once,
)
from parity_tests.survival.faults import survives

pytestmark = [pytest.mark.slow, NEEDS_SIGNALS]

KILLS = 20


@pytest.fixture(scope="module")
def two_trainings(tmp_path_factory):
    """The folders of a training and of one that was interrupted, with its last two checkpoints."""
    whole, interrupted = folders = [tmp_path_factory.mktemp(name) for name in ("uninterrupted", "interrupted")]

    def interrupt(folder):
        broken_off(*SMALL, "--checkpoint-every", 5, number=signal.SIGINT, after=0.3, folder=folder, **ONE_THREAD)

    two_at_once(lambda train, folder: train(folder), [small_run, interrupt], folders)
    assert len(list(interrupted.rglob("epoch-*.npz"))) == 2
    return whole, interrupted


@pytest.fixture(scope="module")
def uninterrupted(two_trainings):
    return two_trainings[0]


@pytest.fixture(scope="module")
def interrupted(two_trainings):
    return two_trainings[1]


@pytest.fixture
def resumable(interrupted, tmp_path):
    """A copy of the interrupted training, and the paths of its two checkpoints, the newest first."""
    shutil.copytree(interrupted / "runs", tmp_path / "runs")
    paths = sorted(tmp_path.rglob("epoch-*.npz"), reverse=True)
    return tmp_path, *(path.relative_to(tmp_path) for path in paths)


def train_with_kills(folder, seed):
    """Kills a training at random points, then while it writes a checkpoint, and lets the last run finish.

    Returns the exit code, stdout and stderr of the last run.
    """
    folder.mkdir()
    for after in np.random.default_rng(seed).uniform(0, 0.2, KILLS // 2):
        former, options = newest(folder), {"number": signal.SIGKILL, "after": after, "folder": folder, **ONE_THREAD}
        assert_broken_off(folder, signal.SIGKILL, former, *broken_off(*SMALL, "--checkpoint-every", 1, **options))
    assert any(killed_while_writing(folder) for _ in range(KILLS))
    return small_run(folder, "--resume")


def killed_while_writing(folder):
    """Kills a training when a file is unfinished; returns whether the file was not finished before the kill."""
    former = newest(folder)
    process = start("rnn-64", *SMALL, "--checkpoint-every", 1, "--resume", folder=folder, **ONE_THREAD)
    while newest(folder) == former or not list(folder.rglob("*.unfinished")):
        assert process.poll() is None
    process.kill()
    assert ended(process)[0] == -signal.SIGKILL
    return bool(list(folder.rglob("*.unfinished")))


def test_killed_at_random_points(uninterrupted, tmp_path):
    """Two trainings at the same time; each writes a checkpoint after every step."""
    folders = [tmp_path / name for name in ("first", "second")]
    with survives("SIGKILL at a random point, NumPy", KILLS), ThreadPoolExecutor() as threads:
        endings = list(threads.map(train_with_kills, folders, range(2)))
        for folder, (code, stdout, _) in zip(folders, endings, strict=True):
            assert code == 0
            assert "resumes from" in stdout
            assert not list(folder.rglob("*unfinished*"))
            for name in ("weights_sha256", "train_loss", "train_accuracy", "test_loss", "test_accuracy"):
                assert result(folder)[name] == result(uninterrupted)[name]


def test_disk_full(resumable):
    folder, last, _ = resumable
    before = contents(folder)
    with survives("disk full"):
        ending = small_run(folder, "--resume", before=full_disk)
        kept = re.escape(f"--resume resumes from {last}")
        assert_refused(ending, rf"--output: runs/rnn-64/\S+\.npz cannot be written: File too large; {kept}")
    assert before.items() <= contents(folder).items()
    assert not [path for path in contents(folder) if "unfinished" in path.name]


def test_two_runs_into_one_output(resumable, uninterrupted):
    folder = resumable[0]
    first = start("rnn-64", *SMALL, "--resume", folder=folder, **ONE_THREAD)
    former = newest(folder)
    while newest(folder) == former and first.poll() is None:
        time.sleep(0.005)
    with survives("two runs into one output"):
        second = small_run(folder, "--resume")
        assert_refused(second, "--output: expected a folder that no other run uses, got runs/rnn-64")
        assert ended(first)[0] in (0, 1)
        assert result(folder)["weights_sha256"] == result(uninterrupted)["weights_sha256"]


def test_an_unfinished_training_is_not_restarted(resumable):
    folder, last, _ = resumable
    before = contents(folder)
    with survives("restart over an unfinished training"):
        assert_refused(
            small_run(folder),
            rf"--output: expected no unfinished training, found {last}; --resume resumes .*, and --overwrite .*",
        )
    assert contents(folder) == before


def test_a_finished_training_can_resume_or_be_overwritten(uninterrupted, tmp_path):
    folders = [tmp_path / name for name in ("resumed", "overwritten")]
    for folder in folders:
        shutil.copytree(uninterrupted / "runs", folder / "runs")
    before = contents(folders[0])
    with survives("a second run into the folder of a finished one"):
        finished = r"--output: expected a folder without a finished run, found runs/rnn-64/result\.json \(3 epochs, .*"
        assert_refused(small_run(folders[0]), finished)
        assert contents(folders[0]) == before

    def train(folder, epochs, option):
        code, _, stderr = small_run(folder, "--epochs", epochs, option)
        assert (code, stderr) == (0, "")
        assert result(folder)["epochs"] == epochs
        assert newest(folder).name == f"epoch-{epochs:05}-step-000500.npz"

    two_at_once(train, folders, [4, 1], ["--resume", "--overwrite"])


def test_newest_checkpoint_damaged(resumable, uninterrupted):
    folder, last, one_before = resumable
    (folder / last).write_bytes((folder / last).read_bytes()[:1000])
    with survives("truncated newest checkpoint, whole script"):
        code, stdout, stderr = small_run(folder, "--resume")
        assert code == 0
        assert f"rnn-64 resumes from {one_before}\n" in stdout
        assert re.fullmatch(rf"train\.py: warning: {last} is damaged and is not used: .*\n", stderr)
        assert result(folder)["weights_sha256"] == result(uninterrupted)["weights_sha256"]
    assert len(list(folder.rglob("epoch-*.npz"))) == 2


def test_both_checkpoints_damaged(resumable):
    folder, *paths = resumable
    for path in paths:
        changed = bytearray((folder / path).read_bytes())
        changed[len(changed) // 2] ^= 1
        (folder / path).write_bytes(changed)
    before = contents(folder)
    with survives("both checkpoints damaged, whole script"):
        code, _, stderr = small_run(folder, "--resume")
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
        (["--clip-norm", 1], "clip_norm None there, 1.0 now"),
        (["--seed", 1, "--learning-rate", 0.01], "seed 0 there, 1 now; learning_rate 0.001 there, 0.01 now"),
    ],
)
def test_another_configuration(resumable, arguments, difference):
    folder, last, _ = resumable
    before = contents(folder)
    with survives("checkpoint of another configuration"):
        ending = small_run(folder, "--resume", *arguments)
        assert_refused(ending, rf"--resume: expected a checkpoint of this training, got {last}: {difference}")
    assert contents(folder) == before

"""Is the run in a folder known by the contents of its files, not by times or names, and kept or removed whole?"""

import errno
import json
import os
import shutil

import numpy as np
import pytest
from filelock import FileLock

from command.errors import Refused
from command.output_folders import reserved
from command.signals import Stopping
from numpy_rnn import checkpoint
from parity_tests.commands.processes import ONE_THREAD, assert_refused, contents, result, run, two_at_once
from parity_tests.survival.faults import survives
from trainings.checkpoints import Checkpoints
from trainings.run_folder import FILES, assert_holds_no_other_run, remove_run

BATCH = 20_000
STEPS = 3
SETTINGS = {
    "experiment": "rnn-64",
    "backend": "numpy",
    "hidden_dim": 64,
    "initial_state": "zeros",
    "seed": 0,
    "batch_size": BATCH,
    "learning_rate": 0.001,
}
TINY = ["--backend", "numpy", "--hidden-dim", 4, "--batch-size", 20_000, "--no-pictures"]


def write_checkpoint(folder, epoch, step=STEPS, name=None, settings=SETTINGS, changes=None):
    """A checkpoint after `step` steps of `epoch`, counted from 1, in a file of that name or of another."""
    progress = {"epoch": epoch - 1, "step": step, "history": [[1.0, 0.5, 1.0]] * (epoch - 1)} | (changes or {})
    arrays = {"settings": np.array(json.dumps(settings)), "progress": np.array(json.dumps(progress))}
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    checkpoint.write(folder / "checkpoints" / (name or f"epoch-{epoch:05}-step-{step:06}.npz"), arrays)


def write_result(folder, epochs, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    figures = {"epochs": epochs, "test_accuracy": 0.5, "weights_sha256": "", "train_accuracy": [0.5] * epochs}
    (folder / "result.json").write_text(json.dumps(SETTINGS | figures | changes), encoding="utf-8")


def checkpoints(folder, resume=False, epochs=9, settings=SETTINGS):
    lines: list[str] = []
    return Checkpoints(
        folder / "checkpoints", settings, Stopping(), lines.append, lines.append, resume=resume, epochs=epochs
    )


def check(folder, **options):
    assert_holds_no_other_run(folder, checkpoints(folder, **options))


def finished(folder, epochs=2):
    write_checkpoint(folder, epochs - 1)
    write_checkpoint(folder, epochs)
    write_result(folder, epochs)


def touch(folder, order):
    """Give all files times in this order of their names."""
    for second, path in enumerate(order(path for path in folder.rglob("*") if path.is_file())):
        os.utime(path, (10**9 + second, 10**9 + second))


ORDERS = pytest.mark.parametrize("order", [sorted, lambda paths: sorted(paths, reverse=True)], ids=["up", "down"])


def test_a_new_folder_or_one_with_other_files_is_free(tmp_path):
    check(tmp_path / "none")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "checkpoints").mkdir()
    check(tmp_path)
    check(tmp_path, resume=True)


@ORDERS
def test_a_finished_run_is_finished_whatever_the_times(tmp_path, order):
    finished(tmp_path)
    touch(tmp_path, order)
    with (
        survives("files with other times"),
        pytest.raises(
            Refused, match=r"^--output: expected a folder without a finished run, found .* \(2 epochs, backend"
        ),
    ):
        check(tmp_path)
    check(tmp_path, resume=True)


@ORDERS
@pytest.mark.parametrize(("epoch", "step"), [(3, 1), (3, STEPS), (9, 2)])
def test_an_extended_run_is_unfinished_whatever_the_times(tmp_path, order, epoch, step):
    """It was finished, then resumed with more epochs, and interrupted."""
    finished(tmp_path)
    write_checkpoint(tmp_path, epoch, step)
    touch(tmp_path, order)
    with (
        survives("files with other times"),
        pytest.raises(Refused, match=rf"^--output: expected no unfinished training, found .*epoch-{epoch:05}-step"),
    ):
        check(tmp_path)
    check(tmp_path, resume=True)


@ORDERS
def test_the_newest_checkpoint_is_the_one_with_most_steps(tmp_path, order):
    """Neither the names of the files nor their times decide."""
    write_checkpoint(tmp_path, 3, 2, name="epoch-00001-step-000001.npz")
    write_checkpoint(tmp_path, 1, 1, name="epoch-00007-step-000009.npz")
    touch(tmp_path, order)
    with survives("checkpoints with other names"):
        found = checkpoints(tmp_path, resume=True)
        progress = json.loads(str(found.latest(lambda arrays: _State(arrays)).arrays["progress"]))
        assert (progress["epoch"], progress["step"]) == (2, 2)
        with pytest.raises(Refused, match=r"found .*epoch-00001-step-000001"):
            check(tmp_path)


class _State:
    def __init__(self, arrays):
        self.arrays = arrays


@pytest.mark.parametrize("settings", [[], None, 3, "text", {"seed": []}, {}, SETTINGS | {"seed": "0"}, True])
def test_settings_that_are_none(tmp_path, settings):
    write_checkpoint(tmp_path, 1, settings=settings)
    with survives("a checkpoint whose settings are of another type"):
        with pytest.raises(Refused, match=r"^--output: expected no unfinished training"):
            check(tmp_path)
        with pytest.raises(
            Refused, match=r"^--resume: expected a (sound checkpoint|checkpoint of this training)"
        ) as one:
            checkpoints(tmp_path, resume=True).latest(_State)
        assert "\n" not in str(one.value)


@pytest.mark.parametrize(
    "changes",
    [{"epoch": -1}, {"epoch": None}, {"step": "3"}, {"step": 2.5}, {"step": True}, {"history": 7}, {"history": []}],
)
def test_progress_that_is_none(tmp_path, changes):
    write_checkpoint(tmp_path, 2, changes=changes)
    with (
        survives("a checkpoint whose progress is of another type or out of range"),
        pytest.raises(Refused, match=r"^--resume: expected a sound checkpoint in .*, found only damaged ones"),
    ):
        checkpoints(tmp_path, resume=True).latest(_State)


@pytest.mark.parametrize("change", [{"seed": 1}, {"backend": "tf", "jit": False, "deterministic": False}])
def test_another_run_is_not_resumed(tmp_path, change):
    finished(tmp_path)
    write_result(tmp_path, 2, **change)
    with survives("a result of another run"), pytest.raises(Refused, match=r"^--resume: expected a run with the same"):
        check(tmp_path, resume=True)


def test_fewer_epochs_than_the_result_has(tmp_path):
    finished(tmp_path, epochs=4)
    (tmp_path / "checkpoints" / "epoch-00004-step-000003.npz").unlink()
    with survives("a result of more epochs"), pytest.raises(Refused, match=r"^--epochs: expected 4 or more, as in "):
        check(tmp_path, resume=True, epochs=3)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("resume", [False, True])
def test_a_part_of_a_run(tmp_path, name, resume):
    (tmp_path / name).write_text("damaged", encoding="utf-8")
    with survives("a part of a former run"), pytest.raises(Refused, match=r"--overwrite"):
        check(tmp_path, resume=resume)


def test_a_damaged_result_beside_checkpoints_can_be_resumed(tmp_path):
    finished(tmp_path)
    (tmp_path / "result.json").write_text("{", encoding="utf-8")
    with survives("a damaged result beside sound checkpoints"):
        check(tmp_path, resume=True)
        with pytest.raises(Refused, match=r"^--output: expected no unfinished training"):
            check(tmp_path)


def test_a_run_is_removed_whole_and_nothing_else(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / ".lock").touch()
    before = contents(tmp_path)
    finished(tmp_path)
    (tmp_path / "checkpoints" / ".epoch-00003-step-000001.npz.unfinished").touch()
    for name in FILES:
        (tmp_path / name).touch()
    for name in ("tensorboard", ".unfinished"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    remove_run(tmp_path, checkpoints(tmp_path))
    assert contents(tmp_path) == before
    check(tmp_path)


NO_LOCKS = [
    NotImplementedError("no flock"),
    *(OSError(number, os.strerror(number)) for number in (errno.ENOTSUP, errno.ENOLCK)),
]


@pytest.mark.parametrize("error", NO_LOCKS, ids=str)
def test_a_file_system_that_cannot_lock(tmp_path, monkeypatch, error):
    def acquire(lock, **options):
        raise error

    monkeypatch.setattr(FileLock, "acquire", acquire)
    message = rf"^--output: expected a folder on a file system that can lock files, got {tmp_path}; choose one on "
    with (
        survives("a file system that cannot lock files"),
        pytest.raises(Refused, match=message),
        reserved(tmp_path, tmp_path),
    ):
        pass


@pytest.mark.slow
def test_copied_touched_and_overwritten(tmp_path):
    """A copy is finished, an extended run unfinished, and --overwrite leaves nothing of the former run."""

    def train(*arguments):
        return run("rnn-64", *TINY, *arguments, folder=tmp_path, **ONE_THREAD)

    runs = tmp_path / "runs" / "rnn-64"
    assert train("--epochs", 2)[0] == 0
    shutil.copytree(tmp_path / "runs", tmp_path / "copy", copy_function=shutil.copyfile)
    with survives("a copied run"):
        finished = r"--output: expected a folder without a finished run, found copy/rnn-64/result\.json .*"
        assert_refused(train("--epochs", 2, "--output", "copy"), finished)
    with survives("a result with a newer time than the checkpoints of an extended run"):
        former = json.loads((runs / "result.json").read_text(encoding="utf-8"))
        assert train("--epochs", 4, "--resume")[0] == 0
        (runs / "result.json").write_text(json.dumps(former), encoding="utf-8")
        before = contents(tmp_path)
        assert_refused(train("--epochs", 1), r"--output: expected no unfinished training, found .*epoch-00004-step.*")
        assert contents(tmp_path) == before
    with survives("files of another backend"):
        for name in ("model.keras", "predictions.png", "tensorboard"):
            (runs / name).mkdir() if name == "tensorboard" else (runs / name).touch()
        code, _, stderr = train("--epochs", 1, "--overwrite")
        assert (code, stderr) == (0, "")
        assert result(tmp_path)["epochs"] == 1
        left = {
            str(path.relative_to("runs/rnn-64")) for path in contents(tmp_path) if path.is_relative_to("runs/rnn-64")
        }
        checkpoints = {"checkpoints", "checkpoints/.lock", "checkpoints/epoch-00001-step-000003.npz"}
        assert left == {".", "history.csv", "model.npz", "result.json", *checkpoints}


@pytest.mark.slow
def test_an_output_that_looks_like_markup(tmp_path):
    def is_shown_as_it_is(name):
        arguments = ["rnn-64", *TINY, "--output", name]
        code, stdout, stderr = run(*arguments, "--epochs", 1, folder=tmp_path, **ONE_THREAD)
        assert (code, stderr) == (0, "")
        assert f"Written to {name}/: rnn-64" in stdout
        code, stdout, stderr = run(*arguments, "--epochs", 1, "--resume", folder=tmp_path, **ONE_THREAD)
        assert (code, stderr) == (0, "")
        assert f"rnn-64 resumes from {name}/rnn-64/checkpoints/epoch-00001-step-000003.npz\n" in stdout

    names = ["runs[/x]", "runs[old]", "[bold]runs", "runs:car:", "runs\\[x]"]
    with survives("a name that is markup or an emoji to a library", len(names)):
        two_at_once(is_shown_as_it_is, names)

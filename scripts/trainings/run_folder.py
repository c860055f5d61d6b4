"""The folder of one run of one experiment: which run it holds, judged by the contents of its files, and its removal."""

import shutil
from pathlib import Path
from typing import Any

from command.errors import Refused
from numpy_rnn.experiments import TRAINING_IMAGES
from pages.wording import count
from trainings.checkpoints import Checkpoints, Saved, differences
from trainings.result_file import NAME, read_result

# All that a run leaves besides its checkpoints. Other files in the folder are the user's own and are never removed.
PICTURES = "training_curves.png", "confusion_matrix.png", "predictions.png", "worst_mistakes.png"
FILES = NAME, "model.npz", "model.keras", "history.csv", *PICTURES
FOLDERS = "tensorboard", ".unfinished"


def former_files(folder: Path) -> list[Path]:
    """Return the files and folders of a former run, without its checkpoints."""
    return [folder / name for name in (*FILES, FOLDERS[0]) if (folder / name).exists()]


def assert_holds_no_other_run(folder: Path, checkpoints: Checkpoints) -> None:
    """Raise Refused unless this run can write into `folder`, because it holds no run, or the run that is resumed.

    The message says whether the run in the folder is finished: whether its checkpoints have no step that its
    `result.json` lacks. The times of the files do not matter.
    """
    files, saved = former_files(folder), checkpoints.sound()
    result, damage = _result(folder)
    if checkpoints.resume:
        _assert_resumable(folder, checkpoints, files, saved, result)
        return
    removes = "--overwrite removes it and starts again"
    if result and _contains(result, saved):
        which = f"{count(result['epochs'], 'epoch')}, backend {result['backend']}, seed {result['seed']}"
        raise Refused(
            f"--output: expected a folder without a finished run, found {folder / NAME} ({which}); {removes}, and "
            "--resume with more --epochs continues it"
        )
    if checkpoints.paths():
        newest = saved[0].path if saved else checkpoints.paths()[0]
        raise Refused(
            f"--output: expected no unfinished training, found {newest}; --resume resumes from it, and {removes}"
        )
    if files:
        damaged = f" ({damage})" if damage else ""
        raise Refused(f"--output: expected a folder without a run, found {files[0]}{damaged}; {removes}")


def _assert_resumable(
    folder: Path, checkpoints: Checkpoints, files: list[Path], saved: list[Saved], result: dict[str, Any] | None
) -> None:
    if result:
        differing = differences(result, checkpoints.settings)
        if differing:
            raise Refused(f"--resume: expected a run with the same settings, got {folder / NAME}: {differing}")
        if result["epochs"] > checkpoints.epochs:
            raise Refused(
                f"--epochs: expected {result['epochs']} or more, as in {folder / NAME}, got {checkpoints.epochs}"
            )
    if files and not checkpoints.paths():
        raise Refused(
            f"--resume: expected a checkpoint in {checkpoints.folder}, found none besides {files[0]}; "
            "--overwrite in place of --resume starts again"
        )


def _result(folder: Path) -> tuple[dict[str, Any] | None, str]:
    """Return the result of the run in `folder`, or None and the reason why it is none."""
    try:
        return read_result(folder / NAME), ""
    except FileNotFoundError:
        return None, ""
    except ValueError as error:
        return None, str(error)


def _contains(result: dict[str, Any], saved: list[Saved]) -> bool:
    """Return whether a result is that of the newest checkpoint, or of a later state."""
    if not saved:
        return True
    newest = saved[0]
    end = result["epochs"] - 1, TRAINING_IMAGES // result["batch_size"]
    return not differences(result, newest.settings) and (newest.epoch, newest.step) <= end


def remove_run(folder: Path, checkpoints: Checkpoints) -> None:
    """Remove all that a former run has left in `folder`, the result first, so that no part of it looks finished."""
    for path in (*(folder / name for name in FILES), *checkpoints.paths()):
        path.unlink(missing_ok=True)
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in checkpoints.folder.glob(".epoch-*.unfinished"):
        path.unlink()

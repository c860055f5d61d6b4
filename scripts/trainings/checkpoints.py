"""The checkpoints of one training: when they are written, which are kept, and from which one it resumes."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from command.errors import Refused
from command.signals import Interrupted, Stopping
from numpy_rnn import checkpoint
from trainings.backend import Arrays


class Checkpoints:
    """The files `epoch-E-step-S.npz` in `folder`: the training state after S steps of epoch E, counted from 1.

    `settings` must be the same in every run of one training. `resume` says whether to resume from a checkpoint,
    `epochs` how many epochs are to be complete in the end, and `every` after how many steps to save, besides the end of
    each epoch. The last two checkpoints are kept. `say` and `warn` show a line. `resumed_by` names what resumes from
    the last checkpoint.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, Any],
        stopping: Stopping,
        say: Callable[[str], None],
        warn: Callable[[str], None],
        *,
        resume: bool,
        epochs: int,
        every: int | None = None,
        resumed_by: str = "--resume",
    ):
        self.folder = folder
        self.settings = dict(settings)
        self.stopping = stopping
        self.say = say
        self.warn = warn
        self.resume = resume
        self.epochs = epochs
        self.every = every
        self.resumed_by = resumed_by
        self.kept: list[Path] = []

    def paths(self) -> list[Path]:
        """Return all checkpoints, the newest first."""
        return sorted(self.folder.glob("epoch-*-step-*.npz"), reverse=True)

    def keep_unfinished(self) -> None:
        """Raise Refused if the folder holds an unfinished training that is not to be resumed."""
        result = self.folder.parent / "result.json"
        if self.resume or not self.paths():
            return
        newest = self.paths()[0]
        if not result.exists() or result.stat().st_mtime_ns < newest.stat().st_mtime_ns:
            raise Refused(
                f"--output: expected no unfinished training, found {newest}; "
                f"--resume resumes from it; to start again, remove {self.folder}"
            )

    def latest(self, restore: Callable[[Arrays], Any]) -> Any:
        """Return what `restore` makes of the newest sound checkpoint; None if there is none or the run starts.

        Says which checkpoint it is, and warns of damaged ones. Raises Refused if all are damaged or if one is of
        another training. Removes unfinished files of a killed run, and all checkpoints if the run does not resume.
        """
        for unfinished in self.folder.glob(".epoch-*.unfinished"):
            unfinished.unlink()
        if not self.resume:
            for path in self.paths():
                path.unlink()
            return None
        for path in self.paths():
            try:
                arrays = checkpoint.read(path)
                settings = json.loads(str(arrays.pop("settings")))
            except (KeyError, ValueError) as error:
                self._warn_damaged(path, error)
                continue
            self._compare(path, settings)
            try:
                state = restore(arrays)
            except (TypeError, ValueError) as error:
                self._warn_damaged(path, error)
                continue
            started = state.epoch + (state.step > 0)
            if started > self.epochs:
                raise Refused(f"--epochs: expected {started} or more, as in {path}, got {self.epochs}")
            self.say(f"resumes from {path}")
            self.kept = [path]
            return state
        if self.paths():
            raise Refused(f"--resume: expected a sound checkpoint in {self.folder}, found only damaged ones")
        self.say("finds no checkpoint and starts")
        return None

    def after_step(self, epoch: int, step: int, steps: int, arrays: Callable[[], Arrays]) -> None:
        """Save `arrays()` if a checkpoint is due after `step` of `steps` steps of `epoch`, counted from 0.

        Raises Interrupted, after saving, if a signal was received, and Refused if the checkpoint cannot be written.
        """
        total = epoch * steps + step
        if step == steps or self.stopping.number or (self.every and total % self.every == 0):
            self._save(self.folder / f"epoch-{epoch + 1:05}-step-{step:06}.npz", arrays())
        if self.stopping.number:
            raise Interrupted(self.stopping.number, self.last())

    def last(self) -> str:
        """Return a message that names the newest checkpoint."""
        if not self.kept:
            return "no checkpoint was written before"
        return f"{self.resumed_by} resumes from {self.kept[-1]}"

    def _save(self, path: Path, arrays: Arrays) -> None:
        try:
            checkpoint.write(path, arrays | {"settings": np.array(json.dumps(self.settings))})
        except OSError as error:
            raise Refused(f"--output: {path} cannot be written: {error.strerror}; {self.last()}") from error
        self.kept = [*[former for former in self.kept if former != path][-1:], path]
        for other in self.paths():
            if other not in self.kept:
                other.unlink()

    def _compare(self, path: Path, settings: Mapping[str, Any]) -> None:
        """Raise Refused, with all differences, if `settings` are not those of this training."""
        differences = [
            f"{name} {settings.get(name)!r} there, {value!r} now"
            for name, value in self.settings.items()
            if settings.get(name) != value
        ]
        if differences:
            raise Refused(f"--resume: expected a checkpoint of this training, got {path}: {'; '.join(differences)}")

    def _warn_damaged(self, path: Path, error: Exception) -> None:
        reason = f"found no {error}" if isinstance(error, KeyError) else str(error).removeprefix(f"{path}: ")
        self.warn(f"{path} is damaged, trying the one before it: {reason}")

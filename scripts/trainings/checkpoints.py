"""The checkpoints of one training: when they are written, which are kept, and from which one it resumes."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from command.errors import Refused
from command.signals import Interrupted, Stopping
from numpy_rnn import checkpoint, progress
from trainings.backend import Arrays


class Saved(NamedTuple):
    """A checkpoint: its file, the settings of its training, the complete steps of epoch `epoch`, and all arrays."""

    path: Path
    settings: dict[str, Any]
    epoch: int
    step: int
    arrays: Arrays

    @property
    def epochs(self) -> int:
        """The number of epochs that have begun."""
        return self.epoch + (self.step > 0)


def read_checkpoint(path: Path) -> Saved:
    """Return the checkpoint in a file. Raises ValueError, without the path, if it is damaged; OSError if unreadable."""
    try:
        arrays = checkpoint.read(path)
        for name in ("settings", "progress"):
            if name not in arrays:
                raise ValueError(f"found no {name!r}")
        settings = json.loads(str(arrays.pop("settings")))
    except (ValueError, RecursionError) as error:
        raise ValueError(str(error).removeprefix(f"{path}: ")) from None
    if not isinstance(settings, dict):
        raise ValueError(f"settings: expected a JSON object, got {settings!r:.60}")
    found = progress.read(arrays["progress"], ["epoch", "step"], "the progress of a training")
    return Saved(path, settings, found["epoch"], found["step"], arrays)


def differences(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """Return all settings whose values differ, `seed 0 there, 1 now`; an empty string if there are none.

    A setting that `found` lacks is None, because earlier versions of this project had fewer settings.
    """
    return "; ".join(
        f"{name} {found.get(name)!r} there, {value!r} now"
        for name, value in expected.items()
        if not _same(found.get(name), value)
    )


def _same(found: Any, expected: Any) -> bool:
    """Return whether two settings have the same type and value; numbers may be of both types."""
    numbers = (int, float)
    if type(found) in numbers and type(expected) in numbers:
        return bool(found == expected)
    return type(found) is type(expected) and bool(found == expected)


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
        """Return the files of all checkpoints, in the reverse order of their names."""
        return sorted(self.folder.glob("epoch-*-step-*.npz"), reverse=True)

    def sound(self, warn: Callable[[str], None] | None = None) -> list[Saved]:
        """Return the sound checkpoints, the one with the most steps first, whatever the names and times of the files.

        Calls `warn` with a line for each damaged one.
        """
        found = []
        for path in self.paths():
            try:
                found.append(read_checkpoint(path))
            except ValueError as error:
                if warn:
                    warn(_damaged(path, error))
        return sorted(found, key=lambda saved: (saved.epoch, saved.step), reverse=True)

    def latest(self, restore: Callable[[Arrays], Any]) -> Any:
        """Return what `restore` makes of the newest sound checkpoint; None if there is none or the run starts.

        Says which checkpoint it is, and warns of damaged ones. Raises Refused if all are damaged or if one is of
        another training. Removes unfinished files of a killed run.
        """
        for unfinished in self.folder.glob(".epoch-*.unfinished"):
            unfinished.unlink()
        if not self.resume:
            return None
        for saved in self.sound(self.warn):
            differing = differences(saved.settings, self.settings)
            if differing:
                raise Refused(f"--resume: expected a checkpoint of this training, got {saved.path}: {differing}")
            try:
                state = restore(saved.arrays)
            except (TypeError, ValueError) as error:
                self.warn(_damaged(saved.path, error))
                continue
            if saved.epochs > self.epochs:
                raise Refused(f"--epochs: expected {saved.epochs} or more, as in {saved.path}, got {self.epochs}")
            self.say(f"resumes from {saved.path}")
            self.kept = [saved.path]
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


def _damaged(path: Path, error: Exception) -> str:
    return f"{path} is damaged and is not used: {error}"

"""The checkpoints of one training: when they are written, which are kept, and which one a training goes on from."""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from command.errors import Refused
from command.signals import Interrupted, Stopping
from numpy_rnn import checkpoint

Arrays = dict[str, np.ndarray]


class Checkpoints:
    """The files `epoch-E-step-S.npz` in `folder`: what there is after S steps of epoch E, counted from 1.

    `settings` are what a training can't change on its way, `options` the command line's. The last two are kept. `say`
    and `warn` show a line; `again` is what goes on from the last one.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, Any],
        options: argparse.Namespace,
        stopping: Stopping,
        say: Callable[[str], None],
        warn: Callable[[str], None],
        again: str = "--resume",
    ):
        self.folder = folder
        self.settings = dict(settings)
        self.options = options
        self.stopping = stopping
        self.say = say
        self.warn = warn
        self.again = again
        self.kept: list[Path] = []

    def paths(self) -> list[Path]:
        """All that there are, the newest first."""
        return sorted(self.folder.glob("epoch-*-step-*.npz"), reverse=True)

    def keep_unfinished(self) -> None:
        """Raises Refused if there are those of an unfinished training that isn't to be resumed."""
        result = self.folder.parent / "result.json"
        if self.options.resume or not self.paths():
            return
        newest = self.paths()[0]
        if not result.exists() or result.stat().st_mtime_ns < newest.stat().st_mtime_ns:
            raise Refused(
                f"--output: expected no unfinished training, found {newest}; "
                f"--resume goes on from there; to begin anew, remove {self.folder}"
            )

    def latest(self, restore: Callable[[Arrays], Any]) -> Any:
        """What `restore` makes of the newest sound checkpoint; None if there is none, or if it isn't asked for.

        Says which it is, and which are damaged. Raises Refused if all are, or if one is of another training. What
        is in the way is removed: what a killed run was writing, and those that are not asked for.
        """
        for unfinished in self.folder.glob(".epoch-*.unfinished"):
            unfinished.unlink()
        if not self.options.resume:
            for path in self.paths():
                path.unlink()
            return None
        for path in self.paths():
            try:
                arrays = checkpoint.read(path)
                settings = json.loads(str(arrays.pop("settings")))
            except (KeyError, ValueError) as error:
                self._is_damaged(path, error)
                continue
            self._compare(path, settings)
            try:
                state = restore(arrays)
            except (TypeError, ValueError) as error:
                self._is_damaged(path, error)
                continue
            begun = state.epoch + (state.step > 0)
            if begun > self.options.epochs:
                raise Refused(f"--epochs: expected {begun} or more, as in {path}, got {self.options.epochs}")
            self.say(f"goes on from {path}")
            self.kept = [path]
            return state
        if self.paths():
            raise Refused(f"--resume: expected a sound checkpoint in {self.folder}, found damaged ones alone")
        self.say("has no checkpoint to resume, and begins")
        return None

    def after_step(self, epoch: int, step: int, steps: int, arrays: Callable[[], Arrays]) -> None:
        """Saves `arrays()` if it is time, after `step` of `steps` steps of `epoch`, which is counted from 0.

        Raises Interrupted, after saving, if a signal has come, and Refused if the checkpoint can't be written.
        """
        of_all, every = epoch * steps + step, self.options.checkpoint_every
        if step == steps or self.stopping.number or (every and of_all % every == 0):
            self._save(self.folder / f"epoch-{epoch + 1:05}-step-{step:06}.npz", arrays())
        if self.stopping.number:
            raise Interrupted(self.stopping.number, self.last())

    def last(self) -> str:
        """Which checkpoint there is to go on from, in words."""
        return f"{self.again} goes on from {self.kept[-1]}" if self.kept else "no checkpoint was written before"

    def _save(self, path: Path, arrays: Arrays) -> None:
        try:
            checkpoint.write(path, arrays | {"settings": np.array(json.dumps(self.settings))})
        except OSError as error:
            raise Refused(f"--output: {path} can't be written: {error.strerror}; {self.last()}") from error
        self.kept = [*[former for former in self.kept if former != path][-1:], path]
        for other in self.paths():
            if other not in self.kept:
                other.unlink()

    def _compare(self, path: Path, settings: Mapping[str, Any]) -> None:
        """Raises Refused that shows the differences, if there are any."""
        differences = [
            f"{name} {settings.get(name)!r} there, {value!r} now"
            for name, value in self.settings.items()
            if settings.get(name) != value
        ]
        if differences:
            raise Refused(f"--resume: expected a checkpoint of this training, got {path}: {'; '.join(differences)}")

    def _is_damaged(self, path: Path, error: Exception) -> None:
        reason = f"found no {error}" if isinstance(error, KeyError) else str(error).removeprefix(f"{path}: ")
        self.warn(f"{path} is damaged, looking for the one before it: {reason}")

"""Output folders: one run at a time writes into a folder, and its results appear there all together."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from command.errors import Refused


@contextmanager
def reserved(folder: Path, within: Path) -> Iterator[None]:
    """Creates `folder` and its subfolder `within`, and locks them for this run.

    Raises Refused if another run holds the lock, or if the folders cannot be created or locked.
    """
    lock = FileLock(within / ".lock", blocking=False)
    try:
        within.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise Refused(f"--output: expected a folder that no other run uses, got {folder}") from None
    except OSError as error:
        expected = "--output: expected a folder to write in, or a place for one"
        raise Refused(f"{expected}, got {folder}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def finished_together(folder: Path) -> Iterator[Path]:
    """Yields a temporary folder within `folder`; its files move to `folder` if the block succeeds, else are deleted."""
    unfinished = folder / ".unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was killed
    unfinished.mkdir()
    try:
        yield unfinished
        for file in sorted(unfinished.iterdir()):
            os.replace(file, folder / file.name)
    finally:
        shutil.rmtree(unfinished)

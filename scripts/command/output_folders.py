"""Output folders: one run at a time writes into a folder, and its results appear there together."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from command.errors import Refused

# The errors of a file system that cannot lock a file.
NO_LOCKS = errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK


def create(folder: Path, option: str = "--output") -> None:
    """Create a folder if it is missing; raise Refused, naming the option, unless files can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _not_writable(option, folder, error) from error


def _not_writable(option: str, folder: Path, error: OSError | NotImplementedError) -> Refused:
    reason = getattr(error, "strerror", None) or error
    return Refused(f"{option}: expected a folder that can be created and written to, got {folder}: {reason}")


@contextmanager
def reserved(folder: Path, within: Path) -> Iterator[None]:
    """Create `folder` and its subfolder `within`, and lock them for this run.

    Raises Refused if another run holds the lock, or if the folders cannot be created or locked.
    """
    lock = FileLock(within / ".lock", blocking=False)
    try:
        within.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise Refused(f"--output: expected a folder that no other run uses, got {folder}") from None
    except (NotImplementedError, OSError) as error:
        if isinstance(error, NotImplementedError) or error.errno in NO_LOCKS:
            expected = f"--output: expected a folder on a file system that can lock files, got {folder}"
            raise Refused(f"{expected}; choose one on another file system, such as a local disk") from error
        raise _not_writable("--output", folder, error) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def finished_together(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder within `folder`.

    Its files move to `folder` if the block succeeds, JSON files last, else they are deleted.
    """
    unfinished = folder / ".unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a run that was killed
    unfinished.mkdir()
    try:
        yield unfinished
        # Results come last, so that a folder with a result is complete.
        for file in sorted(unfinished.iterdir(), key=lambda file: (file.suffix == ".json", file.name)):
            os.replace(file, folder / file.name)
    finally:
        shutil.rmtree(unfinished)

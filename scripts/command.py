"""What every long-running script does: has its folder for itself, heeds signals, says in one line what stopped it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from checkpoints import Refused
from filelock import FileLock, Timeout
from stopping import Interrupted, Stopping


@contextmanager
def reserved(folder: Path, within: Path) -> Iterator[None]:
    """Makes `folder` and the folder `within` it, and keeps other runs out; raises Refused if that can't be done."""
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
def one_line_for(script: str, *errors: type[Exception]) -> Iterator[None]:
    """Ends the script with one line and exit code 2 where one of `errors` is raised."""
    try:
        yield
    except errors as error:
        print(f"{script}: error: {error}", file=sys.stderr)
        sys.exit(2)


def warn(script: str, text: str) -> None:
    """Shows a warning."""
    print(f"{script}: warning: {text}", file=sys.stderr)


def run(script: str, main: Callable[[Stopping], int]) -> None:
    """Ends the process with the exit code of `main`, or after a signal with 128 + its number and a line on it."""
    stopping = Stopping()
    try:
        stopping.listen()
        sys.exit(main(stopping))
    except Interrupted as interrupted:
        print(f"{script}: interrupted; {interrupted}", file=sys.stderr)
        sys.exit(128 + interrupted.number)

"""What a command leaves behind in the system: processes and shared memory that still exist after its end."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SHARED_MEMORY = Path("/dev/shm")


def mark() -> dict[str, str]:
    """An environment variable of a new value, which all processes that a command starts inherit."""
    return {"PARITY_TESTS_MARK": uuid.uuid4().hex}


def processes_with(environment: dict[str, str]) -> list[int]:
    """The numbers of the processes with this environment variable; skips the test where there is no /proc."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("finds processes in /proc, which only Linux has")
    ((name, value),) = environment.items()
    entry, found = f"{name}={value}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if entry in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:  # it has ended, or belongs to somebody else
            continue
    return found


@contextmanager
def nothing_is_left(environment: dict[str, str], seconds: float = 5.0) -> Iterator[None]:
    """Asserts that after the block no process has this environment variable and no shared memory is new.

    Processes that have lost their parent have some seconds to end.
    """
    before = set(SHARED_MEMORY.iterdir()) if SHARED_MEMORY.is_dir() else set()
    yield
    deadline = time.monotonic() + seconds
    while processes_with(environment) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_with(environment) == []
    if SHARED_MEMORY.is_dir():
        # Other programs may use shared memory meanwhile; this project's names begin with its own.
        assert not [path for path in set(SHARED_MEMORY.iterdir()) - before if "numpy_rnn" in path.name]

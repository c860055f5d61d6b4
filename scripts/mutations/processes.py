"""Processes that a command starts and that end, with all that they have started, if the command ends."""

import os
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from command.platform_differences import without_ctrl_c


class Processes:
    """Starts processes in sessions of their own, where no Ctrl-C reaches them; the end of a `with` block kills them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen] = set()
        self._ended = False

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Kill all processes that still run, and start no more."""
        with self._lock:
            self._ended = True
            for process in list(self._running):
                kill(process)

    def start(self, command: list[str], folder: Path, variables: dict[str, str], **options: Any) -> subprocess.Popen:
        """Start a process in `folder` with these environment variables. Raises RuntimeError after the block."""
        with self._lock:
            if self._ended:
                raise RuntimeError("the command has ended")
            process = subprocess.Popen(command, cwd=folder, env=variables, **without_ctrl_c(), **options)
            self._running.add(process)
        return process

    def run(
        self, command: list[str], folder: Path, variables: dict[str, str], timeout: float | None = None
    ) -> tuple[int | None, str]:
        """Run a process; return its exit code, None after `timeout` seconds, and its stdout followed by its stderr."""
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = self.start(command, folder, variables, encoding="utf-8", errors="replace", **pipes)
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            return None, ""
        finally:
            kill(process)
            self._running.discard(process)
        return process.returncode, stdout + stderr


def kill(process: subprocess.Popen) -> None:
    """Kill a process, and where the system has process groups also the processes that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()

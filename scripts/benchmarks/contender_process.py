"""A process for each contender, with its own library, threads and memory."""

import ctypes
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.cases import Case, test_images
from benchmarks.contenders import ALL, PREDICTED_AT_ONCE
from command.errors import Refused
from command.platform_differences import inherited, inherits
from command.quiet_start import quiet_start, use_keras_defaults

SCRIPTS = Path(__file__).parent.parent
STATUS = Path("/proc/self/status")
THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"


class NoAnswer(Exception):
    """Raised if a process does not answer in time, or ends without an answer."""


class Worker:
    """A contender at one size, in a process of its own."""

    def __init__(self, name: str, case: Case, threads: int, environment: Mapping[str, str] | None = None):
        self.connection, theirs = multiprocessing.Pipe()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.contender_process", str(theirs.fileno())],
                cwd=SCRIPTS,
                env=os.environ | (environment or {}),
                **inherits(theirs),
            )
        self.name = name
        self.connection.send((name, case, threads))

    def ask(self, question: str, *arguments: Any, timeout: float | None = None) -> Any:
        """Return the answer of the method `question` of `_Server`.

        Raises NoAnswer after `timeout` seconds or if the process ends, and Refused if the method raises an error.
        """
        try:
            self.connection.send((question, arguments))
            if not self.connection.poll(timeout):
                raise NoAnswer(f"no answer within {timeout:.0f} s")
            answer, error = self.connection.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise NoAnswer(f"its process ended with {self.process.wait()}") from None
        if error is not None:
            raise Refused(f"{self.name}, {question}: {error}")
        return answer

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def use_cores(threads: int) -> list[int]:
    """Restrict this process and its children to `threads` cores; raise ValueError if the machine has fewer."""
    if not hasattr(os, "sched_setaffinity"):
        return []
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < threads:
        raise ValueError(f"--threads: expected at most the {len(cores)} cores of this machine, got {threads}")
    os.sched_setaffinity(0, cores[:threads])
    return cores[:threads]


def clean_environment(threads: int) -> None:
    """Set the same number of threads for every library, and remove all other settings of these libraries."""
    for name in [name for name in os.environ if name.startswith(("OPENBLAS_", "OMP_", "MKL_", "XLA_", "TF_"))]:
        del os.environ[name]
    use_keras_defaults()
    os.environ.update(dict.fromkeys(THREADS, str(threads)))


class _Server:
    """The answers of a worker process."""

    def __init__(self, name: str, case: Case, threads: int):
        start = time.perf_counter()
        images, labels = case.batch()
        weights = case.model()
        prepared = time.perf_counter() - start
        with quiet_start():
            self.contender = ALL[name].make(weights, case.T, threads)
        self.loaded, _ = memory(reset_peak=True)
        self.batch = self.contender.ready(images, labels)
        self.start_s = time.perf_counter() - start - prepared

    def first_step(self) -> dict[str, float]:
        """Return the seconds to load the library and make the model, and the seconds of the first step."""
        return self._first(lambda: self.contender.step(self.batch))

    def first_prediction(self) -> dict[str, float]:
        """Return the seconds to load the library and make the model, and the seconds of the first prediction."""
        some = test_images()[:PREDICTED_AT_ONCE]
        self.loaded, _ = memory(reset_peak=True)
        return self._first(lambda: self.contender.predict(some))

    def _first(self, call: Callable[[], object]) -> dict[str, float]:
        start = time.perf_counter()
        call()
        return {"start_s": self.start_s, "first_s": time.perf_counter() - start}

    def gradients(self) -> Any:
        """Return the gradients of the first step, or None if the contender computes none."""
        return self.contender.gradients() if hasattr(self.contender, "gradients") else None

    def steps(self, repeat: int) -> list[float]:
        """Return the milliseconds of each of `repeat` steps, after one that is not counted."""
        return _times(lambda: self.contender.step(self.batch), repeat)

    def predictions(self, repeat: int) -> list[float]:
        """Return the milliseconds of each of `repeat` predictions for all test images, after one not counted."""
        return _times(lambda: self.contender.predict(test_images()), repeat)

    def timelines(self, repeat: int) -> list[dict[str, Any]]:
        """Return the time lines of `repeat` steps of this project's NumPy implementation."""
        return [self.contender.timeline(self.batch) for _ in range(repeat)]

    def time_by_kind(self) -> dict[str, float]:
        """Return the milliseconds of a step by kind of operation."""
        return self.contender.time_by_kind(self.batch)

    def probabilities(self) -> Any:
        """Return the probabilities of the first test images, or None if the contender computes none."""
        return self.contender.predict(test_images()[:PREDICTED_AT_ONCE])

    def memory(self) -> dict[str, float]:
        """Return the MiB in use before the first call, with library, model and images loaded, and the peak since."""
        _, peak = memory()
        return {
            "loaded_mib": self.loaded,
            "peak_mib": peak + sum(memory_of(path)[1] for path in descendants(os.getpid())),
        }


def memory(reset_peak: bool = False) -> tuple[float, float]:
    """Return the MiB that this process uses now, and the peak since the last reset; nan on systems without /proc."""
    if reset_peak and STATUS.exists():
        # Makes glibc return freed memory, so that it does not count as in use.
        getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return memory_of(STATUS)


def memory_of(status: Path) -> tuple[float, float]:
    """Return the MiB that a process uses now, and its peak, by its /proc/…/status; nan if it has ended."""
    try:
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        now, peak = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    except (OSError, KeyError):
        return float("nan"), float("nan")
    return now, peak


def descendants(number: int) -> list[Path]:
    """Return /proc/…/status of all processes that a process has started, and those have started; [] without /proc."""
    try:
        text = " ".join(path.read_text("ascii") for path in Path(f"/proc/{number}/task").glob("*/children"))
    except OSError:
        return []
    children = list(map(int, text.split()))
    return [Path(f"/proc/{child}/status") for child in children] + [
        path for child in children for path in descendants(child)
    ]


def _times(call: Callable[[], object], repeat: int) -> list[float]:
    call()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return times


def _serve(connection: Connection) -> None:
    """Answer questions until the other end closes the connection."""
    try:
        chosen, server = connection.recv(), None
        while True:
            question, arguments = connection.recv()
            try:
                server = server or _Server(*chosen)
                connection.send((getattr(server, question)(*arguments), None))
            except Exception as error:  # any kind: the other end reports it
                connection.send((None, f"{type(error).__name__}: {error}"))
    except (EOFError, ConnectionResetError, BrokenPipeError):
        return


if __name__ == "__main__":
    _serve(inherited(int(sys.argv[1])))

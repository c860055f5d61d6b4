"""One process for each contender: a library, its threads and its memory, apart from all others."""

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

from command.quiet import quiet_start

from benchmarks.cases import Case, images_to_read
from benchmarks.contenders import ALL, PREDICTED_AT_ONCE
from command.errors import Refused

SCRIPTS = Path(__file__).parent.parent
STATUS = Path("/proc/self/status")
THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"


class NoAnswer(Exception):
    """An answer that has not come in time, or a process that has ended without one."""


class Worker:
    """A contender at one size, in a process of its own."""

    def __init__(self, name: str, case: Case, threads: int, environment: Mapping[str, str] | None = None):
        self.connection, theirs = multiprocessing.Pipe()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.contender_process", str(theirs.fileno())],
                cwd=SCRIPTS,
                env=os.environ | (environment or {}),
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # so that Ctrl-C is this process's alone to hear
            )
        self.name = name
        self.connection.send((name, case, threads))

    def ask(self, what: str, *arguments: Any, patience: float | None = None) -> Any:
        """What `_Served` answers; raises NoAnswer after so many seconds, or where the process ends.

        Raises Refused for an error there.
        """
        try:
            self.connection.send((what, arguments))
            if not self.connection.poll(patience):
                raise NoAnswer(f"no answer within {patience:.0f} s")
            answer, error = self.connection.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise NoAnswer(f"its process ended with {self.process.wait()}") from None
        if error is not None:
            raise Refused(f"{self.name}, {what}: {error}")
        return answer

    def close(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.wait()


def use_cores(threads: int) -> list[int]:
    """Lets this process, and all that it starts, have so many cores; raises ValueError if there are fewer."""
    if not hasattr(os, "sched_setaffinity"):
        return []
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < threads:
        raise ValueError(f"--threads: expected at most the {len(cores)} cores of this machine, got {threads}")
    os.sched_setaffinity(0, cores[:threads])
    return cores[:threads]


def clean_environment(threads: int) -> None:
    """The same number of threads for every library, and no other choice of any BLAS."""
    for name in [name for name in os.environ if name.startswith(("OPENBLAS_", "OMP_", "MKL_", "XLA_", "TF_"))]:
        del os.environ[name]
    os.environ.update(dict.fromkeys(THREADS, str(threads)))


class _Served:
    """What a worker answers."""

    def __init__(self, name: str, case: Case, threads: int):
        start = time.perf_counter()
        images, labels = case.batch()
        weights = case.model()
        prepared = time.perf_counter() - start
        with quiet_start():
            self.contender = ALL[name].make(weights, case.T, threads)
        self.loaded, _ = memory(forget_peak=True)
        self.batch = self.contender.ready(images, labels)
        self.start_s = time.perf_counter() - start - prepared

    def first_step(self) -> dict[str, float]:
        """How long it took to load the library and make the model, and how long the first step takes."""
        return self._first(lambda: self.contender.step(self.batch))

    def first_prediction(self) -> dict[str, float]:
        """How long it took to load the library and make the model, and how long the first reading of images takes."""
        some = images_to_read()[:PREDICTED_AT_ONCE]
        self.loaded, _ = memory(forget_peak=True)
        return self._first(lambda: self.contender.predict(some))

    def _first(self, call: Callable[[], object]) -> dict[str, float]:
        start = time.perf_counter()
        call()
        return {"start_s": self.start_s, "first_s": time.perf_counter() - start}

    def gradients(self) -> Any:
        """Those of the first step; None of a contender that has none."""
        return self.contender.gradients() if hasattr(self.contender, "gradients") else None

    def steps(self, repeat: int) -> list[float]:
        """The milliseconds of so many steps, after one that is not counted."""
        return _times(lambda: self.contender.step(self.batch), repeat)

    def predictions(self, repeat: int) -> list[float]:
        """The milliseconds for all test images, so many times, after one that is not counted."""
        return _times(lambda: self.contender.predict(images_to_read()), repeat)

    def shares(self) -> dict[str, float]:
        """Where the milliseconds of a step go, of a contender that can tell."""
        return self.contender.shares(self.batch)

    def probabilities(self) -> Any:
        """Those of the first test images; None of a contender that has none."""
        return self.contender.predict(images_to_read()[:PREDICTED_AT_ONCE])

    def memory(self) -> dict[str, float]:
        """MiB with the library loaded, the model made and the images to read there, and at the peak since."""
        _, peak = memory()
        return {"loaded_mib": self.loaded, "peak_mib": peak}


def memory(forget_peak: bool = False) -> tuple[float, float]:
    """MiB that this process has in memory now, and had at most since the peak was last forgotten; nan off Linux."""
    if forget_peak and STATUS.exists():
        # glibc then gives back what was freed, so that it isn't taken for memory in use.
        getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)(0)
        Path("/proc/self/clear_refs").write_text("5")
    return memory_of(STATUS)


def memory_of(status: Path) -> tuple[float, float]:
    """MiB that a process has in memory now, and had at the peak, by its /proc/…/status; nan of one that has ended."""
    try:
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        now, peak = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    except (OSError, KeyError):
        return float("nan"), float("nan")
    return now, peak


def _times(call: Callable[[], object], repeat: int) -> list[float]:
    call()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return times


def _serve(connection: Connection) -> None:
    """Answers until the other end is gone."""
    try:
        chosen, served = connection.recv(), None
        while True:
            what, arguments = connection.recv()
            try:
                served = served or _Served(*chosen)
                connection.send((getattr(served, what)(*arguments), None))
            except Exception as error:  # of whatever kind: the other end tells of it
                connection.send((None, f"{type(error).__name__}: {error}"))
    except (EOFError, ConnectionResetError, BrokenPipeError):
        return


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))

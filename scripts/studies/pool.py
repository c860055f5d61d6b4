"""Training runs side by side, one process for each core."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from command.errors import Refused
from command.quiet import quiet_start
from command.signals import Interrupted, Stopping
from studies.recipes import Recipe
from studies.runs import Runs

# One thread each: several that want all cores hinder each other, and with more threads OpenBLAS may round otherwise.
THREADS = "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"


def train_all(
    recipes: Sequence[Recipe],
    runs: Runs,
    jobs: int,
    progress: Callable[[Recipe, float], None],
    warn: Callable[[str], None],
) -> None:
    """Trains all, `jobs` at a time; `progress` hears of each which part is done.

    What they find doesn't depend on `jobs`. When it is interrupted, the runs finish their step and save. Raises Refused
    if one can't be done; those that have begun are then ended in the same way.
    """
    waiting = list(reversed(recipes))
    context = multiprocessing.get_context("spawn")
    former = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    workers: dict[Connection, tuple[Any, Recipe]] = {}
    try:
        for _ in range(min(jobs, len(recipes))):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, runs.folder, runs.backend), daemon=True)
            process.start()
            theirs.close()
            recipe = waiting.pop()
            ours.send(recipe)
            workers[ours] = process, recipe
        while workers:
            for connection in wait(list(workers)):
                assert isinstance(connection, Connection)
                _hear(connection, workers, waiting, progress, warn)
    finally:
        for process, _ in workers.values():
            process.terminate()
        for process, _ in workers.values():
            process.join()
        for name, value in former.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _hear(
    connection: Connection,
    workers: dict[Connection, tuple[Any, Recipe]],
    waiting: list[Recipe],
    progress: Callable[[Recipe, float], None],
    warn: Callable[[str], None],
) -> None:
    """Takes one message of a worker, and gives it the next recipe once it has done the last."""
    process, recipe = workers[connection]
    try:
        kind, what = connection.recv()
    except EOFError:
        process.join()
        raise Refused(f"{recipe.name}: expected the run to end, its process ended with {process.exitcode}") from None
    if kind == "warning":
        warn(what)
    elif kind == "failed":
        raise Refused(f"{recipe.name}: {what}")
    elif kind == "part":
        progress(recipe, what)
    else:
        progress(recipe, 1)
        following = waiting.pop() if waiting else None
        connection.send(following)
        if following is None:
            del workers[connection]
            process.join()
        else:
            workers[connection] = process, following


def _work(connection: Connection, folder: Path, backend: str) -> None:
    """Trains what comes, until None comes, or SIGTERM; Ctrl-C is for the main process alone to hear."""
    stopping = Stopping(at_once=True)
    stopping.listen()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        from studies.one_run import train

        if backend == "tf":
            with quiet_start():
                from trainings.tensorflow_backend import make_deterministic
            make_deterministic()
        runs = Runs(folder, backend)
        for recipe in iter(connection.recv, None):
            told = 0.0

            def progress(part: float) -> None:
                nonlocal told
                if told + 0.01 <= part < 1:
                    told = part
                    connection.send(("part", part))

            try:
                with stopping.training():
                    train(recipe, runs, stopping, progress, lambda line: connection.send(("warning", line)))
            except (FloatingPointError, OSError, Refused) as error:
                connection.send(("failed", str(error)))
                return
            connection.send(("done", None))
    except (Interrupted, EOFError, BrokenPipeError):
        return

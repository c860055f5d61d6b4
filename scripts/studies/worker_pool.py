"""Training runs side by side, each in a process with one thread."""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, cast

from command.errors import Refused, explain
from command.signals import Interrupted, Stopping
from studies.recipes import Recipe
from studies.run_files import Runs

# One thread each: processes with several threads slow each other down, and OpenBLAS may round differently with more.
THREADS = "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"


def train_all(
    recipes: Sequence[Recipe],
    runs: Runs,
    jobs: int,
    progress: Callable[[Recipe, float], None],
    warn: Callable[[str], None],
) -> None:
    """Train all recipes, `jobs` at a time; call `progress(recipe, part)` with the completed part of a run, 0 to 1.

    The results do not depend on `jobs`. After a signal, the runs complete their step and save a checkpoint. Raises
    Refused if a run fails; the others are then stopped in the same way.
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
            with ignored_ctrl_c():
                process.start()
            theirs.close()
            recipe = waiting.pop()
            ours.send(recipe)
            workers[ours] = process, recipe
        while workers:
            for connection in wait(list(workers)):
                # On Windows the type is PipeConnection, which has the same methods.
                _handle_message(cast(Connection, connection), workers, waiting, progress, warn)
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


@contextmanager
def ignored_ctrl_c() -> Iterator[None]:
    """Let a process that the block starts ignore Ctrl-C from its beginning; this process handles it after the block."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _handle_message(
    connection: Connection,
    workers: dict[Connection, tuple[Any, Recipe]],
    waiting: list[Recipe],
    progress: Callable[[Recipe, float], None],
    warn: Callable[[str], None],
) -> None:
    """Handle one message of a worker; if its run is complete, send it the next recipe."""
    process, recipe = workers[connection]
    try:
        kind, content = connection.recv()
    except EOFError:
        process.join()
        raise Refused(f"{recipe.name}: expected the run to end, its process ended with {process.exitcode}") from None
    if kind == "warning":
        warn(content)
    elif kind == "failed":
        raise Refused(f"{recipe.name}: {content}")
    elif kind == "part":
        progress(recipe, content)
    else:
        progress(recipe, 1)
        following = waiting.pop() if waiting else None
        connection.send(following)
        if following is None:
            del workers[connection]
            process.join()
        else:
            workers[connection] = process, following


def _work(connection: Connection, folder: Path, backend_name: str) -> None:
    """Train the recipes that `connection` receives, until it receives None or the process gets SIGTERM.

    The worker ignores Ctrl-C: the main process handles it and sends SIGTERM.
    """
    stopping = Stopping(at_once=True)
    stopping.listen()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        try:
            from studies.train_recipe import train_recipe
            from trainings.backend import start_backend

            backend = start_backend(backend_name, **({"deterministic": True} if backend_name == "tf" else {}))
        except Exception as error:
            connection.send(("failed", explain(error)))
            return
        runs = Runs(folder, backend_name)
        for recipe in iter(connection.recv, None):
            reported = 0.0

            def progress(part: float) -> None:
                nonlocal reported
                if reported + 0.01 <= part < 1:
                    reported = part
                    connection.send(("part", part))

            def warn(line: str) -> None:
                connection.send(("warning", line))

            try:
                with stopping.training():
                    train_recipe(recipe, runs, backend, stopping, progress, warn)
            except FloatingPointError as error:
                connection.send(("failed", str(error)))
                return
            except Exception as error:  # any kind: the main process reports it in one line
                if "--debug" in sys.argv:
                    traceback.print_exc()
                connection.send(("failed", explain(error)))
                return
            connection.send(("done", None))
    except (Interrupted, EOFError, BrokenPipeError):
        return

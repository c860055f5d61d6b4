"""Worker processes that answer with a given function."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from numpy_rnn.blas_threads import blas_threads
from numpy_rnn.shared_memory import Block
from numpy_rnn.worker import Worker
from parity_tests import ROOT


def answering(function: Callable[[Any], Any]) -> Worker:
    """A worker that answers with `function`, which can be pickled."""
    return Worker(partial(given, function))


def given(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function itself."""
    return function


def say_and_count(question: str) -> int:
    """The length of the question; also prints a line, which must not disturb the answers."""
    print("text of the function", flush=True)
    return len(question)


def write_nonsense(_: object) -> None:
    """Writes to the pipe of the answers what is no answer, and waits."""
    os.write(1, b"nonsense\n")
    time.sleep(60)


def threads_after_a_product(_: object = None) -> int | None:
    """The number of threads of BLAS after a product that is large enough for all of them."""
    np.ones((500, 500)) @ np.ones((500, 500))
    return blas_threads()


def doubling(block: Block) -> Callable[[Any], None]:
    """A function that doubles W of a model in shared memory."""
    arrays = block.arrays()

    def double(_: object) -> None:
        arrays.recurrence.W[:] *= 2

    return double


def printed_by(code: str, folder: Path, **environment: str) -> str:
    """What a new process prints that runs the code as a script without a main guard; it prints no errors."""
    script = folder / "plain.py"
    script.write_text(code, encoding="utf-8")
    ending = subprocess.run(
        [sys.executable, script],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert ending.stderr == ""
    return ending.stdout

"""A process that answers questions: a new Python interpreter in which BLAS has one thread.

It takes one question at a time, and ends when the process that started it ends, however that one ends.
"""

import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from numpy_rnn.blas_threads import ENVIRONMENT

# A terminal sends Ctrl-C to all processes of a command; with these options, a worker does not receive it.
NO_CTRL_C: dict[str, Any] = (
    {"creationflags": 0x200} if os.name == "nt" else {"start_new_session": True}  # 0x200: CREATE_NEW_PROCESS_GROUP
)
# Seconds that a process may take to end after it has closed its pipes.
TIMEOUT = 5.0
# glibc keeps the memory that NumPy frees; by default it gives it back to the system, and takes it again, at each time
# step. A step of an LSTM then takes 4 % longer.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**26)}
# Seconds for which a process waits without sleeping.
AWAKE = 0.005
START = "from numpy_rnn.worker import serve; serve()"


class Worker:
    """The process, from outside.

    Parameters
    ----------
    prepare : callable
        It is pickled, and called once in the process; it returns the function that answers a question.
    files : sequence of int, optional
        The numbers of open files that the process inherits.

    Raises
    ------
    OSError
        If the process cannot be started.
    """

    def __init__(self, prepare: Callable[[], Callable[[Any], Any]], files: Sequence[int] = ()):
        path = os.pathsep.join(map(os.path.abspath, sys.path))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=KEEP_MEMORY | os.environ | ENVIRONMENT | {"PYTHONPATH": path},
            pass_fds=tuple(files),
            **NO_CTRL_C,
        )
        self.ask(prepare)

    @property
    def number(self) -> int:
        """The number by which the operating system knows the process."""
        return self._process.pid

    def ask(self, question: Any) -> None:
        """Sends a question, without waiting for the answer.

        Parameters
        ----------
        question : object
            It is pickled.

        Raises
        ------
        ChildProcessError
            If the process has ended.
        """
        assert self._process.stdin is not None
        try:
            pickle.dump(question, self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def answer(self) -> Any:
        """Waits for the answer to the question that was sent first among those without an answer.

        Returns
        -------
        object
            The answer.

        Raises
        ------
        ChildProcessError
            If the process ends before it answers.
        Exception
            What the function that answers has raised.
        """
        assert self._process.stdout is not None
        _wait_awake(self._process.stdout)
        try:
            answer = pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise self._ended() from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Ends the process at once; it may have ended before."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):  # of a question that was not sent completely
                stream.close()

    def _ended(self) -> ChildProcessError:
        """The error that says how the process ended; ends it if it gave an answer that cannot be read."""
        try:
            code = self._process.wait(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return ChildProcessError("expected an answer of a worker process, got something that cannot be read")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return ChildProcessError(f"expected a worker process to compute until the end, got its end by {how}")


def serve() -> None:
    """Answers the questions of the process that has started this one, until that process closes the pipe or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # text that is printed must not be read as an answer
    function: Callable[[Any], Any] | None = None
    while True:
        _wait_awake(questions)
        try:
            question = pickle.load(questions)
        except EOFError:
            return
        try:
            if function is None:
                function = question()
                continue
            answer = function(question)
        except Exception as error:  # any kind: it is raised where the answer is expected
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


def _wait_awake(stream: Any) -> None:
    """Waits until a pipe can be read, or for a short time, without sleeping: a process that sleeps may lose its core.

    Linux expects of a process that writes to a pipe that it sleeps next. If the reader sleeps, Linux lets it run on the
    writer's core, and both processes then share one core for many steps: a step of the RNN took 7 ms in place of 4.
    """
    if not (hasattr(select, "poll") and hasattr(os, "sched_yield")):  # Windows
        return
    poll = select.poll()
    poll.register(stream, select.POLLIN)
    deadline = time.perf_counter() + AWAKE
    while not poll.poll(0) and time.perf_counter() < deadline:
        os.sched_yield()


def _end_with_the_parent() -> None:
    """Ends this process when nobody can send questions any more, even in the middle of a computation."""
    if not hasattr(select, "poll"):  # Windows: the process ends when it reads the next question
        return
    poll = select.poll()
    poll.register(sys.stdin.fileno(), 0)  # the end of a pipe is always reported
    poll.poll()
    os._exit(1)

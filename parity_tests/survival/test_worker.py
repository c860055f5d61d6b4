"""Does a worker process answer, report how it ends, and end with the process that has started it?"""

import io
import multiprocessing
import os
import pickle
import re
import select
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from numpy_rnn import rnn, worker
from numpy_rnn.worker import Worker
from parity_tests import ROOT
from parity_tests.cases.trainings import assert_same_training, fit, new_training
from parity_tests.cases.workers import answering, given, printed_by, say_and_count, write_nonsense
from parity_tests.survival.faults import survives
from parity_tests.survival.leftovers import mark, nothing_is_left, processes_with

NEEDS_SIGNALS = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals, which Windows lacks")
# A process whose worker is busy for a minute. It prints a line when the question is sent.
BUSY = """
import time
from parity_tests.cases.workers import answering
busy = answering(time.sleep)
busy.ask(60)
print("asked", flush=True)
busy.answer()
"""
TRAINING = """
from numpy_rnn import rnn
from parity_tests.cases.trainings import fit, new_training
{before}
try:
    print(fit(new_training(rnn), shards=2, processes=2).epoch)
except OSError as error:
    print(error)
"""


def test_answers_in_the_order_of_the_questions():
    one = answering(say_and_count)
    try:
        for question in ("a", "bb", "ccc"):
            one.ask(question)
        assert [one.answer() for _ in range(3)] == [1, 2, 3]
    finally:
        one.close()
        one.close()


def test_an_error_is_raised_where_the_answer_is_expected():
    one = answering(int)
    try:
        one.ask("no number")
        one.ask("7")
        with pytest.raises(ValueError, match="no number"):
            one.answer()
        assert one.answer() == 7
    finally:
        one.close()


def test_an_error_of_the_preparation():
    one = Worker(partial(int, "no number"))  # type: ignore[arg-type]
    try:
        with pytest.raises(ValueError, match="no number"):
            one.answer()
    finally:
        one.close()


@NEEDS_SIGNALS
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_worker_that_is_killed(number):
    one = answering(time.sleep)
    with survives("a worker process killed"):
        one.ask(60)
        os.kill(one.number, number)
        with pytest.raises(ChildProcessError, match=f"until the end, got its end by {number.name}"):
            one.answer()
        with pytest.raises(ChildProcessError, match=f"until the end, got its end by {number.name}"):
            one.ask("too late")
        one.close()


def test_a_worker_that_exits():
    one = answering(os._exit)
    one.ask(3)
    with pytest.raises(ChildProcessError, match="until the end, got its end by exit code 3"):
        one.answer()
    one.close()


@NEEDS_SIGNALS
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_with_its_parent_even_while_it_computes(number):
    environment = mark()
    with survives("a process with a busy worker killed"), nothing_is_left(environment):
        process = subprocess.Popen(
            [sys.executable, "-c", BUSY],
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"asked\n"
            assert len(processes_with(environment)) == 2
            process.send_signal(number)


def test_an_answer_that_cannot_be_read(monkeypatch):
    monkeypatch.setattr(worker, "TIMEOUT", 0.2)
    one = answering(write_nonsense)
    one.ask(None)
    with pytest.raises(ChildProcessError, match="expected an answer of a worker process, got something that cannot"):
        one.answer()
    one.close()


@NEEDS_SIGNALS
def test_a_worker_ignores_ctrl_c():
    one = answering(say_and_count)
    try:
        one.ask("a")
        assert one.answer() == 1
        os.kill(one.number, signal.SIGINT)
        one.ask("bb")
        assert one.answer() == 2
    finally:
        one.close()


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_training_in_a_process_started_by_any_method(method):
    context = multiprocessing.get_context(method)
    with survives("a training with workers in a process started by fork, spawn or forkserver"):
        with context.Pool(1) as pool:
            trained = pool.apply(train_in_shards)
        assert_same_training(trained, train_in_shards(processes=1))


def train_in_shards(processes=2):
    return fit(new_training(rnn), shards=2, processes=processes)


def test_a_script_without_a_main_guard_trains_with_workers(tmp_path):
    assert printed_by(TRAINING.format(before=""), tmp_path) == "3\n"


@pytest.mark.skipif(os.name != "posix", reason="limits a process, which Windows cannot do")
def test_no_shared_memory(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
    with survives("no shared memory for the workers"):
        printed = printed_by(TRAINING.format(before=limit), tmp_path)
        assert re.fullmatch(r"\[Errno \d+\] expected \d+ bytes of shared memory, got none: File too large\n", printed)


def test_the_loop_of_a_worker(monkeypatch):
    """The loop runs in this process, with streams in memory in place of the pipes."""
    questions = io.BytesIO(b"".join(map(pickle.dumps, [partial(given, int), "3", "no number"])))
    answers = io.BytesIO()

    class Stream:
        def __init__(self, buffer):
            self.buffer = buffer

    monkeypatch.setattr(sys, "stdin", Stream(questions))
    monkeypatch.setattr(sys, "stdout", Stream(answers))
    monkeypatch.setattr(worker, "_end_with_the_parent", lambda: None)
    monkeypatch.setattr(worker, "_wait_awake", lambda stream: None)
    former = signal.getsignal(signal.SIGINT)
    try:
        worker.serve()
    finally:
        signal.signal(signal.SIGINT, former)
    answers.seek(0)
    assert pickle.load(answers) == 3
    assert isinstance(pickle.load(answers), ValueError)


@NEEDS_SIGNALS
def test_the_end_of_the_pipe_ends_the_process(monkeypatch):
    reading, writing = os.pipe()
    ended: list[int] = []

    class Stream:
        def fileno(self):
            return reading

    monkeypatch.setattr(sys, "stdin", Stream())
    monkeypatch.setattr(os, "_exit", ended.append)
    os.close(writing)
    worker._end_with_the_parent()
    os.close(reading)
    assert ended == [1]


@NEEDS_SIGNALS
def test_waiting_awake_ends_with_the_first_byte_or_in_time(monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setattr(worker, "AWAKE", 0.05)
    begin = time.perf_counter()
    worker._wait_awake(reading)
    assert time.perf_counter() - begin >= 0.05
    monkeypatch.setattr(worker, "AWAKE", 1e9)
    os.write(writing, b"x")
    worker._wait_awake(reading)
    for file in (reading, writing):
        os.close(file)


def test_without_poll_nothing_is_watched(monkeypatch):
    """As on Windows."""
    monkeypatch.delattr(select, "poll", raising=False)
    worker._wait_awake(None)
    worker._end_with_the_parent()

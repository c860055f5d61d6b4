"""Does a worker process answer, report how it ends, and end with the process that has started it?"""

import errno
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
from types import SimpleNamespace

import pytest

from numpy_rnn import rnn, shared_memory, worker
from numpy_rnn.blas_threads import blas_threads, one_blas_thread
from numpy_rnn.worker import Worker
from parity_tests import ROOT
from parity_tests.cases.models import random_model
from parity_tests.cases.trainings import assert_same_training, fit, new_training
from parity_tests.cases.workers import answering, doubling, given, say_and_count, write_nonsense
from parity_tests.comparison import assert_same_bits
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
THREADS = """
from numpy_rnn import parallel
from parity_tests.cases.workers import answering, threads_after_a_product
threads = [threads_after_a_product()]
with parallel.Shards(4, 2):
    threads.append(threads_after_a_product())
    one = answering(threads_after_a_product)
    one.ask(None)
    threads.append(one.answer())
    one.close()
print([*threads, threads_after_a_product()])
"""


def python(code, folder, **environment):
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
    assert python(TRAINING.format(before=""), tmp_path) == "3\n"


@pytest.mark.skipif(os.name != "posix", reason="limits a process, which Windows cannot do")
def test_no_shared_memory(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
    with survives("no shared memory for the workers"):
        printed = python(TRAINING.format(before=limit), tmp_path)
        assert re.fullmatch(r"\[Errno \d+\] expected \d+ bytes of shared memory, got none: File too large\n", printed)


@pytest.mark.skipif(blas_threads() is None, reason="NumPy's BLAS library is neither OpenBLAS nor MKL nor BLIS")
def test_blas_has_one_thread_in_every_process_whatever_was_loaded_before(tmp_path):
    printed = python(THREADS, tmp_path, OPENBLAS_NUM_THREADS="2", MKL_NUM_THREADS="2")
    allowed = 2 if (os.cpu_count() or 1) > 1 else 1
    assert printed == f"[{allowed}, 1, 1, {allowed}]\n"


def test_blas_has_its_former_number_of_threads_after_an_error():
    former = blas_threads()
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        divmod(blas_threads() or 1, 0)
    assert blas_threads() == former


@pytest.mark.parametrize("unknown", [[], ["no such file"]], ids=["no file", "a file that cannot be loaded"])
def test_an_unknown_blas_library_keeps_its_threads(monkeypatch, unknown):
    module = sys.modules["numpy_rnn.blas_threads"]
    module._library.cache_clear()
    monkeypatch.setattr(module, "_files", lambda: iter(unknown))
    try:
        assert module.blas_threads() is None
        with module.one_blas_thread():
            assert module.blas_threads() is None
    finally:
        module._library.cache_clear()


def test_shared_arrays_are_the_same_in_both_processes():
    model = random_model(rnn)
    block, shared = shared_memory.share(model)
    assert_same_bits(shared, model)
    one = Worker(partial(doubling, block), block.files)
    block.close()
    try:
        one.ask(None)
        one.answer()
        assert_same_bits(shared.recurrence[1], 2 * model.recurrence[1])
        assert_same_bits(shared.readout, model.readout)
    finally:
        one.close()


def test_memory_without_memfd_is_a_file_without_a_name(monkeypatch):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    model = random_model(rnn)
    block, shared = shared_memory.share(model)
    assert_same_bits(shared, model)
    block.close()


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


def test_memory_that_the_system_refuses(monkeypatch):
    def refuse(file, size):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    monkeypatch.setattr(os, "ftruncate", refuse)
    with pytest.raises(OSError, match=r"expected \d+ bytes of shared memory, got none: No space left on device"):
        shared_memory.share(random_model(rnn))
    assert before == (len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0)


def test_memory_has_a_name_on_windows(monkeypatch):
    """Windows itself is untried: its `mmap`, which takes a name, is replaced."""
    named: dict[str, bytearray] = {}

    def windows(number, size, tagname):
        assert number == -1
        return named.setdefault(tagname, bytearray(size))

    monkeypatch.setattr(shared_memory, "mmap", SimpleNamespace(mmap=windows))
    monkeypatch.setattr(shared_memory, "os", SimpleNamespace(name="nt"))
    model = random_model(rnn)
    block, shared = shared_memory.share(model)
    assert_same_bits(shared, model)
    assert_same_bits(block.arrays(), model)
    assert block.files == ()
    block.close()
    assert list(named) == [block.name]


@pytest.mark.skipif(blas_threads() is None, reason="NumPy's BLAS library is neither OpenBLAS nor MKL nor BLIS")
def test_a_file_without_the_functions_is_passed_over(monkeypatch):
    module = sys.modules["numpy_rnn.blas_threads"]
    other = sys.modules["numpy.random._common"].__file__
    files = [other, *module._files()]
    module._library.cache_clear()
    monkeypatch.setattr(module, "_files", lambda: iter(files))
    try:
        assert module.blas_threads() == blas_threads() is not None
    finally:
        module._library.cache_clear()

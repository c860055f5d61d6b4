"""Does a process keep the memory that it frees, and give it back afterwards?"""

import platform
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from parity_tests.cases.memory import ARRAYS, BYTES, REPETITIONS, fresh_pages
from parity_tests.cases.workers import answering, printed_by

PAGES = ARRAYS * BYTES // 4096
NEEDS_GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one than glibc")
PRINT = """
from contextlib import nullcontext
from numpy_rnn.kept_memory import kept_memory
from numpy_rnn.parallel import Shards
from parity_tests.cases.memory import allocate_and_free, fresh_pages, resident_pages
"""


@NEEDS_GLIBC
@pytest.mark.parametrize("context", ["kept_memory()", "Shards(1)"])
def test_arrays_reuse_the_memory_of_freed_arrays(tmp_path, context):
    printed = printed_by(f"{PRINT}with {context}: print(fresh_pages())", tmp_path)
    assert int(printed) < PAGES / 10


@NEEDS_GLIBC
@pytest.mark.parametrize("context", ["nullcontext()", "kept_memory(): pass\nwith nullcontext()"])
def test_the_system_gives_fresh_memory_before_and_after(tmp_path, context):
    printed = printed_by(f"{PRINT}with {context}: print(fresh_pages())", tmp_path)
    assert int(printed) > REPETITIONS * PAGES / 2


@NEEDS_GLIBC
def test_arrays_of_a_worker_reuse_the_memory_of_freed_arrays():
    worker = answering(fresh_pages)
    try:
        worker.ask(None)
        assert worker.answer() < PAGES / 10
    finally:
        worker.close()


@NEEDS_GLIBC
def test_the_system_has_the_memory_back_afterwards(tmp_path):
    code = f"{PRINT}with kept_memory(): allocate_and_free(); kept = resident_pages()\nprint(kept - resident_pages())"
    assert int(printed_by(code, tmp_path)) > PAGES / 2


@pytest.mark.parametrize("system", ["posix", "nt"])
def test_another_c_library_runs_the_block(monkeypatch, system):
    module = sys.modules["numpy_rnn.kept_memory"]
    monkeypatch.setattr(module, "os", SimpleNamespace(name=system))
    monkeypatch.setattr(module, "ctypes", SimpleNamespace(CDLL=lambda name: SimpleNamespace(name=name)))
    module._glibc.cache_clear()
    try:
        assert module._glibc() is None
        with module.kept_memory():
            array = np.ones(BYTES)
        assert array.all()
    finally:
        module._glibc.cache_clear()

"""Does BLAS get one thread where it has to, and its former number afterwards?"""

import os
import sys

import pytest

from numpy_rnn.blas_threads import blas_threads, one_blas_thread
from parity_tests.cases.workers import printed_by

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


@pytest.mark.skipif(blas_threads() is None, reason="NumPy's BLAS library is neither OpenBLAS nor MKL nor BLIS")
def test_blas_has_one_thread_in_every_process_whatever_was_loaded_before(tmp_path):
    printed = printed_by(THREADS, tmp_path, OPENBLAS_NUM_THREADS="2", MKL_NUM_THREADS="2")
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

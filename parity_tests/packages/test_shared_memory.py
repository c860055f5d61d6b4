"""Are arrays in shared memory the same in all processes, and is memory that the system refuses reported?"""

import errno
import os
from functools import partial
from types import SimpleNamespace

import pytest

from numpy_rnn import rnn, shared_memory
from numpy_rnn.worker import Worker
from parity_tests.cases.models import random_model
from parity_tests.cases.workers import doubling
from parity_tests.comparison import assert_same_bits


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
